package dev.oversqlite4j;

/**
 * The server already holds another bundle under our sequence number: the database file was restored
 * or copied. The message says what to do first.
 */
public final class SourceSequenceMismatchException extends OversqliteException {
  private final String msg;

  /**
   * Reports the failure.
   *
   * @param msg what differs, in words of this library
   */
  public SourceSequenceMismatchException(String msg) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot push: the server holds another bundle of this source under the same number ("
            + msg
            + "). Was the file restored or copied? Call rebuild(); unsynced edits are kept.",
        null);
    this.msg = msg;
  }

  /** What differs, in words of this library. */
  public String msg() {
    return msg;
  }
}
