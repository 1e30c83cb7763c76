package dev.oversqlite4j;

/**
 * Another operation of this client runs. Operations never queue; this is expected contention. A
 * listener or resolver that calls its own client gets it too. Retryable: the same call may succeed
 * later.
 */
public final class SyncOperationInProgressException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public SyncOperationInProgressException(SyncOperation op) {
    super(
        ErrorCategory.STATE,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": another operation of this client is running. Nothing was done; call again when it has returned.",
        null);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
