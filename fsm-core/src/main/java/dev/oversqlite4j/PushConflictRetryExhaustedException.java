package dev.oversqlite4j;

/**
 * Every attempt of one push met a new conflict. The edits wait to be pushed again. Retryable: the
 * same call may succeed later.
 */
public final class PushConflictRetryExhaustedException extends OversqliteException {
  private final int retryCount;
  private final long remainingDirty;

  /**
   * Reports the failure.
   *
   * @param retryCount automatic retries made
   * @param remainingDirty rows not uploaded
   */
  public PushConflictRetryExhaustedException(int retryCount, long remainingDirty) {
    super(
        ErrorCategory.CONFLICT,
        Recovery.RETRYABLE,
        "Cannot push: still in conflict after "
            + retryCount
            + " retries. "
            + remainingDirty
            + " rows are kept; call sync() later.",
        null);
    this.retryCount = retryCount;
    this.remainingDirty = remainingDirty;
  }

  /** Automatic retries made. */
  public int retryCount() {
    return retryCount;
  }

  /** Rows not uploaded. */
  public long remainingDirty() {
    return remainingDirty;
  }
}
