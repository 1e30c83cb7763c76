package dev.oversqlite4j;

/**
 * Another client, of this process or of another one, has the database open. Retryable: the same
 * call may succeed later.
 */
public final class DatabaseAlreadyOwnedException extends OversqliteException {
  private final String db;

  /**
   * Reports the failure.
   *
   * @param db the database as the ownership lock names it; not part of the message
   */
  public DatabaseAlreadyOwnedException(String db) {
    super(
        ErrorCategory.STATE,
        Recovery.RETRYABLE,
        "Cannot open the database: another client owns it. Close that client, then call open() again; db() names the database.",
        null);
    this.db = db;
  }

  /** The database as the ownership lock names it; not part of the message. */
  public String db() {
    return db;
  }
}
