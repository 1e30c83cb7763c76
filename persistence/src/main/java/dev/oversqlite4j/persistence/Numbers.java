package dev.oversqlite4j.persistence;

import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.erdtman.jcs.NumberToJSON;

/** The canonical texts of numbers (spec 6). */
final class Numbers {

  private static final Pattern INT64 = Pattern.compile("-?(0|[1-9][0-9]{0,18})");

  private static final Pattern REAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private Numbers() {}

  /** The number a canonical int64 text spells. */
  static Optional<Long> int64(String text) {
    if (!INT64.matcher(text).matches() || text.equals("-0")) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(text));
    } catch (NumberFormatException outOfRange) {
      return Optional.empty();
    }
  }

  /** The finite number a decimal text spells, in any spelling. */
  static Optional<Double> real(String text) {
    if (!REAL.matcher(text).matches()) {
      return Optional.empty();
    }
    double number = Double.parseDouble(text);
    return Double.isInfinite(number) ? Optional.empty() : Optional.of(number);
  }

  /** The number a canonical binary64 text spells. */
  static Optional<Double> canonicalReal(String text) {
    return real(text).filter(number -> canonical(number).equals(text));
  }

  /**
   * The shortest text of a finite number as ECMAScript spells it; zero has no sign. {@code
   * Double.toString} of Java 17 is not the shortest.
   */
  static String canonical(double number) {
    try {
      return NumberToJSON.serializeNumber(number);
    } catch (IOException notFinite) {
      throw new IllegalArgumentException("not a finite number", notFinite);
    }
  }
}
