package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.erdtman.jcs.NumberToJSON;

/**
 * Turns wire values into stored text the way PostgreSQL's input functions do (spec 4.4, 6.2).
 * Stored text is independent of the protocol revision.
 */
final class StoredValues {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]+");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  private static final int NUMERIC_PRECISION = 30;
  private static final int NUMERIC_SCALE = 4;

  /** Never Z, and no zeros at the end (spec 4.3). */
  private static final DateTimeFormatter TIMESTAMPTZ =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
          .appendOffset("+HH:MM", "+00:00")
          .toFormatter(Locale.ROOT);

  private StoredValues() {}

  /** A literal the column cannot take; fails the whole commit (spec 2.6). */
  static final class DataException extends Exception {
    DataException(String message) {
      super(message);
    }
  }

  static boolean isCanonicalUuid(String text) {
    return UUID_TEXT.matcher(text).matches();
  }

  static boolean isPaddedBase64(String text) {
    try {
      byte[] decoded = Base64.getDecoder().decode(text);
      return Base64.getEncoder().encodeToString(decoded).equals(text);
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
  }

  static Optional<String> store(ColumnKind kind, JsonNode value) throws DataException {
    if (value.isNull()) {
      return Optional.empty();
    }
    if (value.isContainerNode()) {
      throw new DataException("a nested value for a scalar column");
    }
    String text = literal(value);
    return Optional.of(
        switch (kind) {
          case TEXT -> storable(text);
          case BIGINT -> integer(text.strip());
          case DOUBLE -> binary64(text.strip());
          case BOOLEAN -> bool(text.strip().toLowerCase(Locale.ROOT));
          case UUID -> uuid(text.toLowerCase(Locale.ROOT));
          case BYTEA -> text;
          case NUMERIC -> decimal(text.strip());
          case FLOAT4 -> binary32(text.strip());
          case TIMESTAMPTZ -> instant(text.strip());
        });
  }

  private static String decimal(String text) throws DataException {
    if (!DECIMAL.matcher(text).matches()) {
      throw new DataException("not a number");
    }
    try {
      BigDecimal scaled = new BigDecimal(text).setScale(NUMERIC_SCALE, RoundingMode.HALF_UP);
      if (scaled.precision() > NUMERIC_PRECISION) {
        throw new DataException("number out of range");
      }
      return scaled.toPlainString();
    } catch (ArithmeticException | NumberFormatException beyond) {
      throw new DataException("number out of range");
    }
  }

  private static String binary32(String text) throws DataException {
    float value = (float) Double.parseDouble(binary64(text));
    if (Float.isInfinite(value)) {
      throw new DataException("number out of range");
    }
    return Float.toString(value);
  }

  private static String instant(String text) throws DataException {
    try {
      OffsetDateTime instant =
          OffsetDateTime.parse(text.replace(' ', 'T')).withOffsetSameInstant(ZoneOffset.UTC);
      // Half a microsecond more and cut is what rounding is.
      return TIMESTAMPTZ.format(instant.plusNanos(500).truncatedTo(ChronoUnit.MICROS));
    } catch (DateTimeException malformed) {
      throw new DataException("not a time with a zone");
    }
  }

  private static String literal(JsonNode value) throws DataException {
    try {
      return value.isNumber() ? Revision.throughDouble(value.decimalValue()) : value.asText();
    } catch (NumberFormatException beyond) {
      throw new DataException("number out of range");
    }
  }

  private static String storable(String text) throws DataException {
    if (text.indexOf(0) >= 0) {
      throw new DataException("text cannot hold U+0000");
    }
    return text;
  }

  private static String integer(String text) throws DataException {
    if (!INTEGER.matcher(text).matches()) {
      throw new DataException("not an integer");
    }
    try {
      return Long.toString(Long.parseLong(text));
    } catch (NumberFormatException outOfRange) {
      throw new DataException("integer out of range");
    }
  }

  private static String binary64(String text) throws DataException {
    if (!DECIMAL.matcher(text).matches()) {
      throw new DataException("not a finite number");
    }
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw new DataException("number out of range");
    }
    try {
      return NumberToJSON.serializeNumber(value);
    } catch (IOException e) {
      throw new DataException("number has no canonical form");
    }
  }

  private static String bool(String text) throws DataException {
    return switch (text) {
      case "1", "true", "t", "yes", "y", "on" -> "true";
      case "0", "false", "f", "no", "n", "off" -> "false";
      default -> throw new DataException("not a boolean");
    };
  }

  private static String uuid(String text) throws DataException {
    if (!isCanonicalUuid(text)) {
      throw new DataException("not a UUID");
    }
    return text;
  }
}
