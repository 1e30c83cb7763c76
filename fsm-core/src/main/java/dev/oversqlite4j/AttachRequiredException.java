package dev.oversqlite4j;

/**
 * An operation needs a user, and none is attached in this process. After every {@code open()} the
 * app must attach again; for the user who is already attached that costs no network. The message
 * says what to do first.
 */
public final class AttachRequiredException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public AttachRequiredException(SyncOperation op) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": no user is attached in this process. Call attach(userId) first; after a restart this needs no network.",
        null);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
