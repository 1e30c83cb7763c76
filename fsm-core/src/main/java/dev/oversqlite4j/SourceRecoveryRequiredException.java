package dev.oversqlite4j;

/**
 * The server no longer accepts this source; only a rebuild, which rotates to a new one, helps.
 * Local edits are kept. The message says what to do first.
 */
public final class SourceRecoveryRequiredException extends OversqliteException {
  private final SourceRecoveryReason reason;

  /**
   * Reports the failure.
   *
   * @param reason what the server said
   */
  public SourceRecoveryRequiredException(SourceRecoveryReason reason) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot sync: the source must be replaced ("
            + reason
            + ", state REBUILD_REQUIRED). Call rebuild(); unsynced edits are kept.",
        null);
    this.reason = reason;
  }

  /** What the server said. */
  public SourceRecoveryReason reason() {
    return reason;
  }
}
