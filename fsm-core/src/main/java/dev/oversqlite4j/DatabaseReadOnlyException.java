package dev.oversqlite4j;

/**
 * The database file or its directory cannot be written. Nothing was changed. The message says what
 * to do first.
 */
public final class DatabaseReadOnlyException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public DatabaseReadOnlyException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public DatabaseReadOnlyException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.STORAGE,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the database is read-only. Nothing was changed; make the file and its directory writable.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
