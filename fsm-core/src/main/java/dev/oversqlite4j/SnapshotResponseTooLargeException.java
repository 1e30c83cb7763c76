package dev.oversqlite4j;

/**
 * A snapshot response is longer than its bounded read allows. The message says what to do first.
 */
public final class SnapshotResponseTooLargeException extends OversqliteException {
  private final SyncOperation op;
  private final long limit;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param limit bytes read before giving up
   */
  public SnapshotResponseTooLargeException(SyncOperation op, long limit) {
    super(
        ErrorCategory.NETWORK,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the response is longer than "
            + limit
            + " bytes. Raise snapshotChunkBytes, or check what answers in the server's place.",
        null);
    this.op = op;
    this.limit = limit;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** Bytes read before giving up. */
  public long limit() {
    return limit;
  }
}
