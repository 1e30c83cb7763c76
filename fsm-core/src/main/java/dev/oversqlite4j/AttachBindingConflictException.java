package dev.oversqlite4j;

/**
 * {@code attach} named one user while the database is attached to another one. Users are never part
 * of the message. The message says what to do first.
 */
public final class AttachBindingConflictException extends OversqliteException {
  private final String attachedUser;
  private final String requestedUser;

  /**
   * Reports the failure.
   *
   * @param attachedUser the user the database belongs to
   * @param requestedUser the user asked for
   */
  public AttachBindingConflictException(String attachedUser, String requestedUser) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot attach: the database is ATTACHED to another user. Call detach() (or syncThenDetach()) first, then attach(userId) again.",
        null);
    this.attachedUser = attachedUser;
    this.requestedUser = requestedUser;
  }

  /** The user the database belongs to. */
  public String attachedUser() {
    return attachedUser;
  }

  /** The user asked for. */
  public String requestedUser() {
    return requestedUser;
  }
}
