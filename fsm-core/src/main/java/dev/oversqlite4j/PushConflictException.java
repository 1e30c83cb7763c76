package dev.oversqlite4j;

/**
 * The server reports a conflict about a row that is not in the bundle we sent. The message says
 * what to do first.
 */
public final class PushConflictException extends OversqliteException {
  private final ConflictContext details;

  /**
   * Reports the failure.
   *
   * @param details the conflict; it holds row data, the message does not
   */
  public PushConflictException(ConflictContext details) {
    super(
        ErrorCategory.CONFLICT,
        Recovery.ACTION_NEEDED,
        "Cannot push: the server reports a conflict in table "
            + Redaction.identifier(details.table())
            + " about a row that was not sent. Nothing was lost; report this to whoever runs the server.",
        null);
    this.details = details;
  }

  /** The conflict; it holds row data, the message does not. */
  public ConflictContext details() {
    return details;
  }
}
