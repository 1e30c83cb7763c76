package dev.oversqlite4j;

/**
 * Another connection holds the lock that SQLite needs. Nothing was changed. Retryable: the same
 * call may succeed later.
 */
public final class DatabaseBusyException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public DatabaseBusyException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public DatabaseBusyException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.STORAGE,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": the database is locked by another connection. Nothing was changed; end that transaction and call again.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
