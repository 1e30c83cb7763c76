package dev.oversqlite4j;

/**
 * One row of a snapshot cannot be written to its table: a constraint, or a value its column cannot
 * hold. Values are never part of the message. The message says what to do first.
 */
public final class SnapshotRowApplyFailedException extends OversqliteException {
  private final long ordinal;
  private final String schema;
  private final String table;

  /**
   * Reports the failure.
   *
   * @param ordinal position in the snapshot, from 1
   * @param schema schema of the row
   * @param table table of the row
   */
  public SnapshotRowApplyFailedException(long ordinal, String schema, String table) {
    this(ordinal, schema, table, null);
  }

  /**
   * Reports the failure.
   *
   * @param ordinal position in the snapshot, from 1
   * @param schema schema of the row
   * @param table table of the row
   * @param cause what failed underneath; its text is not repeated
   */
  public SnapshotRowApplyFailedException(
      long ordinal, String schema, String table, Throwable cause) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot apply row "
            + ordinal
            + " of the snapshot to "
            + Redaction.identifier(schema)
            + "."
            + Redaction.identifier(table)
            + ". Nothing was changed. Compare the table's constraints with the server's, then call rebuild().",
        cause);
    this.ordinal = ordinal;
    this.schema = schema;
    this.table = table;
  }

  /** Position in the snapshot, from 1. */
  public long ordinal() {
    return ordinal;
  }

  /** Schema of the row. */
  public String schema() {
    return schema;
  }

  /** Table of the row. */
  public String table() {
    return table;
  }
}
