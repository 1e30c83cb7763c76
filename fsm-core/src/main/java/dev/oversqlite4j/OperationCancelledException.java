package dev.oversqlite4j;

/**
 * The thread was interrupted, or the client closed, while the operation ran. What is stored is
 * consistent. After an interrupt the thread's flag is set again. Retryable: the same call may
 * succeed later.
 */
public final class OperationCancelledException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public OperationCancelledException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public OperationCancelledException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.CANCELLED,
        Recovery.RETRYABLE,
        "Cancelled while trying to "
            + op.label()
            + ". What was committed so far is kept; call again to continue, after close() with a new client.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
