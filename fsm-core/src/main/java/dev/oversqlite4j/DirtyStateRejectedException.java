package dev.oversqlite4j;

/**
 * Local edits are not uploaded yet, and the operation would overwrite them. The message says what
 * to do first.
 */
public final class DirtyStateRejectedException extends OversqliteException {
  private final long count;

  /**
   * Reports the failure.
   *
   * @param count rows not uploaded
   */
  public DirtyStateRejectedException(long count) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot go on: "
            + count
            + " locally edited rows are not uploaded. Call pushPending() or sync() first.",
        null);
    this.count = count;
  }

  /** Rows not uploaded. */
  public long count() {
    return count;
  }
}
