package dev.oversqlite4j;

/**
 * A response of the server is well-formed and contradicts the protocol. The message says what to do
 * first.
 */
public final class RemoteResponseSemanticException extends OversqliteException {
  private final SyncOperation op;
  private final String reason;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param reason which rule, in words of this library
   */
  public RemoteResponseSemanticException(SyncOperation op, String reason) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the server's answer contradicts the protocol ("
            + reason
            + "). Nothing was changed; report this to whoever runs the server.",
        null);
    this.op = op;
    this.reason = reason;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** Which rule, in words of this library. */
  public String reason() {
    return reason;
  }
}
