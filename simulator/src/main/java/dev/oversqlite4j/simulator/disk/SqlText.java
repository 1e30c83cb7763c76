package dev.oversqlite4j.simulator.disk;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The little that the seam must know about a SQL text. */
final class SqlText {

  private static final int LABEL_LENGTH_MAX = 100;
  private static final Pattern SKIPPED =
      Pattern.compile("\\A(?:\\s|;|--[^\\n]*(?:\\n|\\z)|/\\*.*?(?:\\*/|\\z))+", Pattern.DOTALL);
  private static final Pattern COMMIT =
      Pattern.compile("\\A(?:COMMIT|END)\\b", Pattern.CASE_INSENSITIVE);
  private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");

  private static final Map<String, String> LABELS = new ConcurrentHashMap<>();

  private SqlText() {}

  static boolean isCommit(String sql) {
    return COMMIT.matcher(withoutLeadingComment(sql)).find();
  }

  /** Labels are asked for at every seam, and a program has few statement texts. */
  static String label(String sql) {
    return LABELS.computeIfAbsent(sql, SqlText::newLabel);
  }

  private static String newLabel(String sql) {
    String line = WHITE_SPACE.matcher(withoutLeadingComment(sql)).replaceAll(" ").strip();
    return line.length() <= LABEL_LENGTH_MAX ? line : line.substring(0, LABEL_LENGTH_MAX) + "…";
  }

  static String withoutLeadingComment(String sql) {
    Matcher skipped = SKIPPED.matcher(sql);
    return skipped.find() ? sql.substring(skipped.end()) : sql;
  }
}
