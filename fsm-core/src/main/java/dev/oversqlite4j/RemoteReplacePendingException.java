package dev.oversqlite4j;

/**
 * The account's state is being downloaded to replace the local one; until it is there, nothing else
 * can sync. The user is never part of the message. The message says what to do first.
 */
public final class RemoteReplacePendingException extends OversqliteException {
  private final String targetUser;

  /**
   * Reports the failure.
   *
   * @param targetUser the user the replace was begun for
   */
  public RemoteReplacePendingException(String targetUser) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot sync: a remote replace is pending (state OPENED). Call attach with the user it was begun for, or detach() to cancel it.",
        null);
    this.targetUser = targetUser;
  }

  /** The user the replace was begun for. */
  public String targetUser() {
    return targetUser;
  }
}
