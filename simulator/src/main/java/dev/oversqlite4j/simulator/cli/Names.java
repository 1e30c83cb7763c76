package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.plan.Profile;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/** How things are called on the command line. */
final class Names {

  private Names() {}

  static String of(Profile profile) {
    return profile.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Profile profile(String name) {
    return Arrays.stream(Profile.values())
        .filter(profile -> of(profile).equals(name.toLowerCase(Locale.ROOT).replace('_', '-')))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'"
                        + name
                        + "' is none of "
                        + Arrays.stream(Profile.values())
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
