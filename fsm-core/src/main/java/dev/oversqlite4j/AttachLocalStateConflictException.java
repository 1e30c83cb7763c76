package dev.oversqlite4j;

/**
 * {@code attach} met a pending remote replace that it cannot finish. The message says what to do
 * first.
 */
public final class AttachLocalStateConflictException extends OversqliteException {
  private final Reason reason;

  /**
   * Reports the failure.
   *
   * @param reason what differs
   */
  public AttachLocalStateConflictException(Reason reason) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot attach: a remote replace is pending for another "
            + (reason == Reason.OTHER_TARGET_USER ? "user" : "source")
            + ". Call attach with the user it was begun for, or detach() to cancel it.",
        null);
    this.reason = reason;
  }

  /** What differs. */
  public Reason reason() {
    return reason;
  }

  /** What the pending remote replace belongs to. */
  public enum Reason {
    /** Another user. */
    OTHER_TARGET_USER,
    /** Another source of this database. */
    OTHER_SOURCE
  }
}
