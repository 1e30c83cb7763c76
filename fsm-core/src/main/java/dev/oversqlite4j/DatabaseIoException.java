package dev.oversqlite4j;

/** The disk reports an error. Nothing was changed. Retryable: the same call may succeed later. */
public final class DatabaseIoException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public DatabaseIoException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public DatabaseIoException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.STORAGE,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": the disk reports an error. Nothing was changed; check the disk and call again.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
