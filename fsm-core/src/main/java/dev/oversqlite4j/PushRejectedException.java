package dev.oversqlite4j;

/**
 * The server keeps failing to commit although nothing was committed, even after isolating single
 * rows. Retryable: the same call may succeed later.
 */
public final class PushRejectedException extends OversqliteException {
  private final SyncOperation op;
  private final int status;
  private final int attempts;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param status HTTP status of the last answer
   * @param attempts commits tried
   */
  public PushRejectedException(SyncOperation op, int status, int attempts) {
    super(
        ErrorCategory.NETWORK,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": the server answered "
            + status
            + " to "
            + attempts
            + " commits and committed nothing. The edits are kept; see quarantined(), then call sync() later.",
        null);
    this.op = op;
    this.status = status;
    this.attempts = attempts;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** HTTP status of the last answer. */
  public int status() {
    return status;
  }

  /** Commits tried. */
  public int attempts() {
    return attempts;
  }
}
