package dev.oversqlite4j;

/**
 * The server no longer knows the account this database is attached to. Terminal: nothing may retry
 * by itself.
 */
public final class ServerScopeResetException extends OversqliteException {

  /** Reports the failure. */
  public ServerScopeResetException() {
    super(
        ErrorCategory.STATE,
        Recovery.TERMINAL,
        "Cannot sync: the server holds no data for the attached account any more. Local rows are unchanged; call detach(), then attach(userId).",
        null);
  }
}
