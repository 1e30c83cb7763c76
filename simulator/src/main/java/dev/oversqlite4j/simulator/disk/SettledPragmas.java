package dev.oversqlite4j.simulator.disk;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The two pragmas that the simulated disk settles itself: what a program sets is remembered and
 * reported back, and has no effect.
 *
 * <ul>
 *   <li>{@code synchronous} stays OFF. A process crash keeps the page cache, so fsync changes
 *       nothing that it can observe; a power cut is simulated by cutting the copied WAL, not by
 *       what happened to reach the real disk. OFF makes a commit about ten times cheaper.
 *   <li>{@code busy_timeout} stays 0. Nothing waits in real time; the seam hands the turn to the
 *       holder of the lock instead.
 * </ul>
 */
final class SettledPragmas {

  private static final Pattern PRAGMA =
      Pattern.compile(
          "\\A PRAGMA \\s+ (?:\\w+\\s*\\.\\s*)? (synchronous|busy_timeout) \\s*"
              + "(?: (?: = \\s* | \\( \\s* ) ['\"]? (-?\\w+) ['\"]? \\s* \\)? )? \\s* ;? \\s* \\z",
          Pattern.CASE_INSENSITIVE | Pattern.COMMENTS);
  private static final Map<String, Integer> SYNCHRONOUS =
      Map.of(
          "off", 0, "false", 0, "no", 0, "normal", 1, "true", 1, "yes", 1, "on", 1, "full", 2,
          "extra", 3);

  private final Map<String, Long> reported = new TreeMap<>();

  SettledPragmas() {
    // What SQLite and the driver report on a fresh connection.
    reported.put("synchronous", 2L);
    reported.put("busy_timeout", 3000L);
  }

  /** What to execute instead of {@code sql}: most often {@code sql} itself. */
  String effective(String sql) {
    Matcher pragma = PRAGMA.matcher(SqlText.withoutLeadingComment(sql));
    if (!pragma.matches()) {
      return sql;
    }
    String name = pragma.group(1).toLowerCase(Locale.ROOT);
    String value = pragma.group(2);
    if (value != null) {
      reported.put(name, number(name, value.toLowerCase(Locale.ROOT)));
      if (name.equals("synchronous")) {
        // Not left out: it answers no row, and fails inside a transaction, as the real one does.
        return "PRAGMA synchronous = OFF";
      }
    }
    String column = name.equals("busy_timeout") ? "timeout" : name;
    return "SELECT " + reported.get(name) + " AS " + column;
  }

  private long number(String name, String value) {
    Integer level = name.equals("synchronous") ? SYNCHRONOUS.get(value) : null;
    if (level != null) {
      return level;
    }
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      return reported.get(name);
    }
  }
}
