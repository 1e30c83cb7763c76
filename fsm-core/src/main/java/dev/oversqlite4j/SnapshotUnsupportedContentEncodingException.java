package dev.oversqlite4j;

/**
 * A snapshot response uses a content encoding whose size cannot be bounded. The message says what
 * to do first.
 */
public final class SnapshotUnsupportedContentEncodingException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public SnapshotUnsupportedContentEncodingException(SyncOperation op) {
    super(
        ErrorCategory.NETWORK,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the response has an unsupported content encoding. Turn compression of snapshot responses off on the server or the proxy.",
        null);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
