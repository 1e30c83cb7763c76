package dev.oversqlite4j.persistence;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Arrays;

/**
 * What a PostgreSQL server may make of a value it was sent, without the value being another one
 * (wire-protocol 4.3, 4.4).
 */
final class ServerMade {

  /** PostgreSQL keeps timestamps to the microsecond and rounds. */
  private static final Duration TIMESTAMP_ROUNDING_MAX = Duration.ofNanos(999);

  private ServerMade() {}

  /** Both as {@link WireForm#decode} gives them for one column. */
  static boolean of(Object sent, Object committed) {
    if (sent instanceof byte[] bytes && committed instanceof byte[] others) {
      return Arrays.equals(bytes, others);
    }
    if (sent instanceof Long number && committed instanceof Long other) {
      // The June server reads and writes through a double.
      return number.doubleValue() == other.doubleValue();
    }
    if (sent instanceof Double number && committed instanceof Double other) {
      return number.doubleValue() == other.doubleValue()
          || Float.isFinite(number.floatValue()) && number.floatValue() == other.floatValue();
    }
    if (sent instanceof String text && committed instanceof String other) {
      return text.equals(other) || sameInstant(text, other) || sameDecimal(text, other);
    }
    return sent == null && committed == null;
  }

  /** Spec 5.3: the server renders a timestamp with an offset of its own. */
  private static boolean sameInstant(String one, String other) {
    try {
      return Duration.between(OffsetDateTime.parse(one), OffsetDateTime.parse(other))
              .abs()
              .compareTo(TIMESTAMP_ROUNDING_MAX)
          <= 0;
    } catch (DateTimeException | ArithmeticException noTimestamps) {
      return false;
    }
  }

  /** A NUMERIC comes back with the scale of its column, or in another notation. */
  private static boolean sameDecimal(String one, String other) {
    try {
      return new BigDecimal(one).compareTo(new BigDecimal(other)) == 0;
    } catch (NumberFormatException | ArithmeticException noDecimals) {
      return false;
    }
  }
}
