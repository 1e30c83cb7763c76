package dev.oversqlite4j;

/**
 * {@code snapshotChunkBytes} is smaller than the largest row the server may send. The message says
 * what to do first.
 */
public final class SnapshotChunkTooSmallException extends OversqliteException {
  private final long configured;
  private final long required;

  /**
   * Reports the failure.
   *
   * @param configured the option, in bytes
   * @param required what the server may send, in bytes
   */
  public SnapshotChunkTooSmallException(long configured, long required) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.ACTION_NEEDED,
        "Cannot download a snapshot: snapshotChunkBytes is "
            + configured
            + ", the server may send rows of "
            + required
            + " bytes. Raise the option to at least that.",
        null);
    this.configured = configured;
    this.required = required;
  }

  /** The option, in bytes. */
  public long configured() {
    return configured;
  }

  /** What the server may send, in bytes. */
  public long required() {
    return required;
  }
}
