package dev.oversqlite4j;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Keeps data out of messages (spec 1.4): only what looks like an identifier is printed. */
final class Redaction {
  static final String REDACTED = "<redacted>";
  private static final Pattern PRINTABLE = Pattern.compile("[_\\p{L}][_\\p{L}\\p{Nd}]{0,62}");

  private Redaction() {}

  static String identifier(String name) {
    return name != null && PRINTABLE.matcher(name).matches() ? name : REDACTED;
  }

  static String identifiers(List<String> names) {
    return names.stream().map(Redaction::identifier).collect(Collectors.joining(", ", "[", "]"));
  }
}
