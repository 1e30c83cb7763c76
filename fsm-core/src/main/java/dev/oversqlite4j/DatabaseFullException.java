package dev.oversqlite4j;

/**
 * No space is left for the database. Nothing was changed. Retryable: the same call may succeed
 * later.
 */
public final class DatabaseFullException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public DatabaseFullException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public DatabaseFullException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.STORAGE,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": no space is left. Nothing was changed; free disk space and call again.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
