package dev.oversqlite4j;

/**
 * The snapshot limits that the server announces contradict each other or the client's options. The
 * message says what to do first.
 */
public final class SnapshotCapabilitiesException extends OversqliteException {
  private final String reason;

  /**
   * Reports the failure.
   *
   * @param reason which limits, in words of this library
   */
  public SnapshotCapabilitiesException(String reason) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.ACTION_NEEDED,
        "Cannot download a snapshot: "
            + reason
            + ". Change the client's snapshot options or the server's configuration.",
        null);
    this.reason = reason;
  }

  /** Which limits, in words of this library. */
  public String reason() {
    return reason;
  }
}
