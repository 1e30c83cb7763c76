package dev.oversqlite4j;

/** A response of the server cannot be decoded. The message says what to do first. */
public final class RemoteResponseDecodeException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public RemoteResponseDecodeException(SyncOperation op) {
    this(op, null);
  }

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param cause what failed underneath; its text is not repeated
   */
  public RemoteResponseDecodeException(SyncOperation op, Throwable cause) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the server's answer is not what the protocol describes and cannot be decoded. Nothing was changed; check what answers in the server's place.",
        cause);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
