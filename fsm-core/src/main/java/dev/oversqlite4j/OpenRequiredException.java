package dev.oversqlite4j;

/** An operation was called before {@code open()}. The message says what to do first. */
public final class OpenRequiredException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public OpenRequiredException(SyncOperation op) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot " + op.label() + ": the client is UNOPENED. Call open() first.",
        null);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
