package dev.oversqlite4j;

/**
 * The lease to seed the account is gone; another device may have seeded it. Local rows are kept.
 * The message says what to do first.
 */
public final class InitializationLeaseInvalidException extends OversqliteException {
  private final Code code;

  /**
   * Reports the failure.
   *
   * @param code what the server said
   */
  public InitializationLeaseInvalidException(Code code) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot seed the account: the lease is no longer valid ("
            + code.wireName()
            + "). Local rows are kept; call attach(userId) again.",
        null);
    this.code = code;
  }

  /** What the server said. */
  public Code code() {
    return code;
  }

  /** The server's code. */
  public enum Code {
    /** Another initialisation took its place. */
    INITIALIZATION_STALE("initialization_stale"),
    /** Its time ran out. */
    INITIALIZATION_EXPIRED("initialization_expired");

    private final String wireName;

    Code(String wireName) {
      this.wireName = wireName;
    }

    /** The code as the protocol spells it. */
    public String wireName() {
      return wireName;
    }
  }
}
