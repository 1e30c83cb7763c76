package dev.oversqlite4j;

/**
 * The server has no capacity for a snapshot, and the longest wait is over. Retryable: the same call
 * may succeed later.
 */
public final class SnapshotCapacityExhaustedException extends OversqliteException {
  private final SyncOperation op;
  private final Code code;
  private final long waitedMs;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param code what the server said
   * @param waitedMs time waited, in milliseconds
   */
  public SnapshotCapacityExhaustedException(SyncOperation op, Code code, long waitedMs) {
    super(
        ErrorCategory.NETWORK,
        Recovery.RETRYABLE,
        "Cannot "
            + op.label()
            + ": the server has no capacity ("
            + code.wireName()
            + ") after "
            + waitedMs
            + " ms of waiting. Nothing was changed; call again later.",
        null);
    this.op = op;
    this.code = code;
    this.waitedMs = waitedMs;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** What the server said. */
  public Code code() {
    return code;
  }

  /** Time waited, in milliseconds. */
  public long waitedMs() {
    return waitedMs;
  }

  /** The server's code. */
  public enum Code {
    /** No capacity to build a snapshot. */
    SNAPSHOT_BUILD_CAPACITY("snapshot_build_capacity"),
    /** No capacity to send a chunk. */
    SNAPSHOT_CHUNK_CAPACITY("snapshot_chunk_capacity");

    private final String wireName;

    Code(String wireName) {
      this.wireName = wireName;
    }

    /** The code as the protocol spells it. */
    public String wireName() {
      return wireName;
    }
  }
}
