package dev.oversqlite4j;

import java.util.Optional;

/**
 * The schema or an option cannot work. Found before anything is written. Terminal: nothing may
 * retry by itself.
 */
public final class InvalidConfigurationException extends OversqliteException {
  private final String rule;
  private final Optional<String> table;
  private final Optional<String> column;
  private final String message;

  /**
   * Reports what is wrong.
   *
   * @param rule short stable name of the broken rule, such as {@code V7}, {@code annotation} or the
   *     name of an option
   * @param table the table, if it is about one
   * @param column the column, if it is about one
   * @param message what is wrong and how to put it right, in words of this library
   */
  public InvalidConfigurationException(
      String rule, Optional<String> table, Optional<String> column, String message) {
    super(ErrorCategory.STATE, Recovery.TERMINAL, text(rule, table, column, message), null);
    this.rule = rule;
    this.table = table;
    this.column = column;
    this.message = message;
  }

  private static String text(
      String rule, Optional<String> table, Optional<String> column, String message) {
    String where =
        table.map(name -> ", table " + Redaction.identifier(name)).orElse("")
            + column.map(name -> ", column " + Redaction.identifier(name)).orElse("");
    return "Invalid configuration (" + rule + where + "): " + message;
  }

  /** Short stable name of the broken rule. */
  public String rule() {
    return rule;
  }

  /** The table, if it is about one. */
  public Optional<String> table() {
    return table;
  }

  /** The column, if it is about one. */
  public Optional<String> column() {
    return column;
  }

  /** What is wrong and how to put it right, without rule, table and column. */
  public String message() {
    return message;
  }
}
