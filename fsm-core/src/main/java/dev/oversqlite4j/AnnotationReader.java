package dev.oversqlite4j;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Finds marked tables in SQL text. It knows what SQL is made of – comments, quotes, words,
 * statements – and no grammar beyond {@code CREATE TABLE name}, so that it never has to follow what
 * SQLite accepts.
 *
 * <p>An annotation belongs to the statement after it, and that must be a {@code CREATE TABLE}:
 * marking "some later table" by accident would upload data nobody meant to share.
 */
final class AnnotationReader {
  private static final String OPENING = "@@{";
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** The longest way to name a table: create temp table if not exists main . name. */
  private static final int STATEMENT_WORDS_MAX = 9;

  private final String sql;
  private final String textName;
  private final Set<String> marked;
  private final List<SyncTable> tables;

  /** Where the next character is read. */
  private int at;

  /** Where the enableSync that waits for its CREATE TABLE stands. */
  private OptionalInt pendingAt = OptionalInt.empty();

  private boolean pendingValue;

  /** The words of the statement being read, as many as a CREATE TABLE needs to name its table. */
  private final List<Word> statement = new ArrayList<>();

  private AnnotationReader(String sql, String textName, Set<String> marked, List<SyncTable> out) {
    this.sql = sql;
    this.textName = textName;
    this.marked = marked;
    this.tables = out;
  }

  static List<SyncTable> read(List<String> sqlTexts) {
    List<SyncTable> tables = new ArrayList<>();
    Set<String> marked = new LinkedHashSet<>();
    int number = 0;
    for (String sql : sqlTexts) {
      number++;
      String textName = sqlTexts.size() == 1 ? "" : "SQL text " + number + ", ";
      new AnnotationReader(sql, textName, marked, tables).readText();
    }
    return tables;
  }

  private void readText() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (isBlank(c)) {
        at++;
      } else if (sql.startsWith("--", at) || sql.startsWith("/*", at)) {
        readComments();
      } else if (c == ';') {
        endStatement(at);
        at++;
      } else {
        addWord(readWord());
      }
    }
    endStatement(sql.length());
    if (pendingAt.isPresent() && pendingValue) {
      throw error(pendingAt.getAsInt(), "enableSync=true has no CREATE TABLE after it");
    }
  }

  private void addWord(Word word) {
    if (statement.size() < STATEMENT_WORDS_MAX) {
      statement.add(word);
    }
  }

  private void endStatement(int end) {
    if (pendingAt.isPresent() && !statement.isEmpty()) {
      if (pendingValue) {
        mark(end);
      }
      pendingAt = OptionalInt.empty();
    }
    statement.clear();
  }

  private void mark(int end) {
    int next = 0;
    next = isKeyword(next, "create") ? next + 1 : -1;
    if (next > 0 && (isKeyword(next, "temp") || isKeyword(next, "temporary"))) {
      next++;
    }
    if (next < 0 || !isKeyword(next, "table")) {
      throw error(
          pendingAt.getAsInt(),
          "enableSync=true must stand directly before a CREATE TABLE; the next statement is "
              + "another one");
    }
    next++;
    if (isKeyword(next, "if") && isKeyword(next + 1, "not") && isKeyword(next + 2, "exists")) {
      next += 3;
    }
    if (isSymbol(next + 1, ".")) {
      next += 2;
    }
    if (next >= statement.size() || statement.get(next).kind == Kind.SYMBOL) {
      int where = next < statement.size() ? statement.get(next).start : end;
      throw error(where, "the CREATE TABLE marked with enableSync=true names no table");
    }
    Word name = statement.get(next);
    if (!marked.add(name.text.toLowerCase(Locale.ROOT))) {
      throw error(
          name.start,
          "the table " + Redaction.identifier(name.text) + " is marked with enableSync=true twice");
    }
    tables.add(new SyncTable(name.text, Optional.empty()));
  }

  private boolean isKeyword(int index, String keyword) {
    return index < statement.size()
        && statement.get(index).kind == Kind.BARE
        && statement.get(index).text.equalsIgnoreCase(keyword);
  }

  private boolean isSymbol(int index, String symbol) {
    return index < statement.size()
        && statement.get(index).kind == Kind.SYMBOL
        && statement.get(index).text.equals(symbol);
  }

  // Words

  private enum Kind {
    BARE,
    QUOTED,
    SYMBOL
  }

  private record Word(Kind kind, String text, int start) {}

  private Word readWord() {
    int start = at;
    char c = sql.charAt(at);
    switch (c) {
      case '"', '`', '\'':
        return new Word(Kind.QUOTED, readQuoted(c), start);
      case '[':
        int close = sql.indexOf(']', at);
        if (close < 0) {
          throw error(start, "the [ has no ] after it");
        }
        at = close + 1;
        return new Word(Kind.QUOTED, sql.substring(start + 1, close), start);
      default:
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
          at++;
        }
        if (at > start) {
          return new Word(Kind.BARE, sql.substring(start, at), start);
        }
        at++;
        return new Word(Kind.SYMBOL, sql.substring(start, at), start);
    }
  }

  /** A quote is escaped by writing it twice. */
  private String readQuoted(char quote) {
    int start = at;
    StringBuilder text = new StringBuilder();
    at++;
    while (at < sql.length()) {
      char c = sql.charAt(at++);
      if (c != quote) {
        text.append(c);
      } else if (at < sql.length() && sql.charAt(at) == quote) {
        text.append(quote);
        at++;
      } else {
        return text.toString();
      }
    }
    throw error(start, "the quote " + quote + " has no end");
  }

  /** SQLite's rule: letters, digits, _ and $, and everything beyond ASCII. */
  private static boolean isWordPart(char c) {
    return c == '_'
        || c == '$'
        || (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c > 0x7f && c != BYTE_ORDER_MARK);
  }

  /** Some editors put a byte order mark at the start of a file; SQLite skips it too. */
  private static boolean isBlank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == BYTE_ORDER_MARK;
  }

  // Comments

  /**
   * Reads one block comment, or all line comments that follow each other: an annotation may go over
   * several lines. The comment signs are blanked instead of cut out, so that positions stay true.
   */
  private void readComments() {
    int start = at;
    StringBuilder text = new StringBuilder();
    if (sql.startsWith("/*", at)) {
      int close = sql.indexOf("*/", at + 2);
      if (close < 0) {
        throw error(start, "the comment has no */ after it");
      }
      text.append("  ").append(sql, at + 2, close);
      blankLeadingStars(text);
      at = close + 2;
    } else {
      while (sql.startsWith("--", at)) {
        int lineEnd = sql.indexOf('\n', at);
        lineEnd = lineEnd < 0 ? sql.length() : lineEnd;
        text.append("  ").append(sql, at + 2, lineEnd);
        at = lineEnd;
        while (at < sql.length() && isBlank(sql.charAt(at))) {
          text.append(sql.charAt(at++));
        }
      }
    }
    readAnnotations(text.toString(), start);
  }

  private static void blankLeadingStars(StringBuilder text) {
    boolean lineStart = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '*' && lineStart) {
        text.setCharAt(i, ' ');
      }
      lineStart = c == '\n' || (lineStart && isBlank(c));
    }
  }

  // Annotations: @@{ key=value, key=value }

  private void readAnnotations(String comment, int offset) {
    int from = comment.indexOf(OPENING);
    while (from >= 0) {
      int end = readAnnotation(comment, from + OPENING.length(), offset);
      if (end < 0) {
        throw error(offset + from, "the annotation @@{ has no } after it");
      }
      from = comment.indexOf(OPENING, end);
    }
  }

  /** Returns the position after the closing brace, or -1 if there is none. */
  private int readAnnotation(String comment, int from, int offset) {
    int next = from;
    int start = from;
    while (next < comment.length()) {
      char c = comment.charAt(next);
      if (c == ',' || c == '\n' || c == '}') {
        readAttribute(comment.substring(start, next), offset + start);
        next++;
        if (c == '}') {
          return next;
        }
        start = next;
      } else {
        next = skipValuePart(comment, next);
      }
    }
    return -1;
  }

  /**
   * Steps over one character, or over a whole quoted or bracketed value, in which , and } mean
   * nothing. Only the start of a value counts: the apostrophe of "it's" opens nothing.
   */
  private static int skipValuePart(String comment, int from) {
    if (!comment.substring(0, from).stripTrailing().endsWith("=")) {
      return from + 1;
    }
    char open = comment.charAt(from);
    char close =
        switch (open) {
          case '"', '\'' -> open;
          case '{' -> '}';
          case '[' -> ']';
          case '(' -> ')';
          default -> 0;
        };
    if (close == 0) {
      return from + 1;
    }
    int depth = 1;
    for (int i = from + 1; i < comment.length(); i++) {
      char c = comment.charAt(i);
      depth += c == close ? -1 : c == open ? 1 : 0;
      if (depth == 0) {
        return i + 1;
      }
    }
    return from + 1;
  }

  private void readAttribute(String attribute, int start) {
    int equals = attribute.indexOf('=');
    String key = (equals < 0 ? attribute : attribute.substring(0, equals)).strip();
    String value = equals < 0 ? "" : attribute.substring(equals + 1).strip();
    int keyAt = start + Math.max(0, attribute.indexOf(key));
    if (key.equals("enableSync")) {
      enableSync(value, keyAt);
      return;
    }
    String lower = key.toLowerCase(Locale.ROOT);
    if (lower.startsWith("sync") || lower.startsWith("enablesync")) {
      throw error(
          keyAt,
          "unknown attribute "
              + Redaction.identifier(key)
              + "; the only one for sync is enableSync=true|false");
    }
  }

  private void enableSync(String value, int keyAt) {
    if (!value.equals("true") && !value.equals("false")) {
      throw error(keyAt, "enableSync must be enableSync=true or enableSync=false");
    }
    if (!statement.isEmpty()) {
      throw error(keyAt, "enableSync stands inside a statement; put it before its CREATE TABLE");
    }
    if (pendingAt.isPresent()) {
      throw error(keyAt, "enableSync is given twice for the same table");
    }
    pendingAt = OptionalInt.of(keyAt);
    pendingValue = value.equals("true");
  }

  private InvalidConfigurationException error(int position, String problem) {
    String before = sql.substring(0, Math.min(position, sql.length()));
    long line = before.chars().filter(c -> c == '\n').count() + 1;
    int column = before.length() - (before.lastIndexOf('\n') + 1) + 1;
    return new InvalidConfigurationException(
        "annotation",
        Optional.empty(),
        Optional.empty(),
        textName + "line " + line + ", column " + column + ": " + problem + ".");
  }
}
