package dev.oversqlite4j.simulator.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How things are called on the command line. */
final class Names {

  private Names() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Reads what {@link #of} says. */
  static <E extends Enum<E>> ITypeConverter<E> in(Class<E> type) {
    return name -> find(type, name);
  }

  private static <E extends Enum<E>> E find(Class<E> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> of(constant).equals(name.toLowerCase(Locale.ROOT).replace('_', '-')))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'"
                        + name
                        + "' is none of "
                        + Arrays.stream(type.getEnumConstants())
                            .map(Names::of)
                            .collect(Collectors.joining(", "))));
  }

  /** An argument as a shell takes it. */
  static String quoted(String argument) {
    return argument.matches("[A-Za-z0-9_./:@%+=,\\\\-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
