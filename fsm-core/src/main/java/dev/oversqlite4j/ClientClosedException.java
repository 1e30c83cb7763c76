package dev.oversqlite4j;

/**
 * The client was closed or uninstalled; it cannot be used again. Terminal: nothing may retry by
 * itself.
 */
public final class ClientClosedException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public ClientClosedException(SyncOperation op) {
    super(
        ErrorCategory.STATE,
        Recovery.TERMINAL,
        "Cannot " + op.label() + ": the client is closed. Build a new client and call open().",
        null);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
