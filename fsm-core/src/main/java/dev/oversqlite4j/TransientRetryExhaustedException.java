package dev.oversqlite4j;

/** The network failed on every attempt. Retryable: the same call may succeed later. */
public final class TransientRetryExhaustedException extends OversqliteException {
  private final SyncOperation op;
  private final int attempts;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param attempts attempts made
   */
  public TransientRetryExhaustedException(SyncOperation op, int attempts) {
    this(op, attempts, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param attempts attempts made
   * @param cause what failed underneath; its text is not repeated
   */
  public TransientRetryExhaustedException(SyncOperation op, int attempts, Throwable cause) {
    super(
        ErrorCategory.NETWORK,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": the network failed on all "
            + attempts
            + " attempts. Nothing was lost; call again when the network is back.",
        cause);
    this.op = op;
    this.attempts = attempts;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** Attempts made. */
  public int attempts() {
    return attempts;
  }
}
