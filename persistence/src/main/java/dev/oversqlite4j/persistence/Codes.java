package dev.oversqlite4j.persistence;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Enum constants as the control tables spell them: lower-cased. */
final class Codes {

  private Codes() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** The constant of a stored code; empty if it is none. */
  static <E extends Enum<E>> Optional<E> parse(Class<E> type, String code) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> of(constant).equals(code))
        .findFirst();
  }
}
