package dev.oversqlite4j.persistence;

/** Names and literals inside SQL text, quoted so that no name can end them (spec 2.4 rule 10). */
final class SqlText {

  private SqlText() {}

  static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String literal(String text) {
    return '\'' + text.replace("'", "''") + '\'';
  }
}
