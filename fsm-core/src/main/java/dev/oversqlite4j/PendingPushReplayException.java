package dev.oversqlite4j;

/**
 * A frozen bundle waits to be pushed or replayed, and the operation would overtake it. The message
 * says what to do first.
 */
public final class PendingPushReplayException extends OversqliteException {
  private final long count;

  /**
   * Reports the failure.
   *
   * @param count rows in the outbox
   */
  public PendingPushReplayException(long count) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot go on: "
            + count
            + " frozen rows wait to be pushed or replayed. Call pushPending() or sync() first.",
        null);
    this.count = count;
  }

  /** Rows in the outbox. */
  public long count() {
    return count;
  }
}
