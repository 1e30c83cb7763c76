package dev.oversqlite4j;

/**
 * SQLite refused a write of ours: a constraint, or an app trigger that raised an error. It was
 * rolled back. The message of SQLite stays in the cause, because a trigger can put data into it.
 * The message says what to do first.
 */
public final class LocalWriteFailedException extends OversqliteException {
  private final SyncOperation op;
  private final int sqliteCode;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param sqliteCode SQLite's extended result code
   */
  public LocalWriteFailedException(SyncOperation op, int sqliteCode) {
    this(op, sqliteCode, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param sqliteCode SQLite's extended result code
   * @param cause what failed underneath; its text is not repeated
   */
  public LocalWriteFailedException(SyncOperation op, int sqliteCode, Throwable cause) {
    super(
        ErrorCategory.STORAGE,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": SQLite refused a write (code "
            + sqliteCode
            + "). Nothing was changed; look at the constraints and triggers of the managed tables.",
        cause);
    this.op = op;
    this.sqliteCode = sqliteCode;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** SQLite's extended result code. */
  public int sqliteCode() {
    return sqliteCode;
  }
}
