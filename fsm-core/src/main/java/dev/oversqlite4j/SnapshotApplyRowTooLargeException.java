package dev.oversqlite4j;

/**
 * One staged row alone exceeds {@code snapshotApplyBatchBytes}. The message says what to do first.
 */
public final class SnapshotApplyRowTooLargeException extends OversqliteException {
  private final long ordinal;
  private final long bytes;
  private final long limit;

  /**
   * Reports the failure.
   *
   * @param ordinal position in the snapshot, from 1
   * @param bytes size of the row
   * @param limit the limit, in bytes
   */
  public SnapshotApplyRowTooLargeException(long ordinal, long bytes, long limit) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot apply row "
            + ordinal
            + " of the snapshot: it has "
            + bytes
            + " bytes, snapshotApplyBatchBytes is "
            + limit
            + ". Raise that option, then call the operation again.",
        null);
    this.ordinal = ordinal;
    this.bytes = bytes;
    this.limit = limit;
  }

  /** Position in the snapshot, from 1. */
  public long ordinal() {
    return ordinal;
  }

  /** Size of the row. */
  public long bytes() {
    return bytes;
  }

  /** The limit, in bytes. */
  public long limit() {
    return limit;
  }
}
