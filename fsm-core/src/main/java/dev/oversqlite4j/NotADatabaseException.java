package dev.oversqlite4j;

/**
 * The file is not an SQLite database, or its header is damaged. Nothing was changed. The message
 * says what to do first.
 */
public final class NotADatabaseException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public NotADatabaseException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public NotADatabaseException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.STORAGE,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the file is not an SQLite database. Nothing was changed; check the path, or restore the file.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
