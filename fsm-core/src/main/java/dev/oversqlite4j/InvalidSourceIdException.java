package dev.oversqlite4j;

/**
 * A source id is empty or holds a character outside visible ASCII. The id is never part of the
 * message. Terminal: nothing may retry by itself.
 */
public final class InvalidSourceIdException extends OversqliteException {

  /** Reports the failure. */
  public InvalidSourceIdException() {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.TERMINAL,
        "Cannot use the source id: it is empty or holds a character outside visible ASCII. Nothing was changed; ask whoever runs the server.",
        null);
  }
}
