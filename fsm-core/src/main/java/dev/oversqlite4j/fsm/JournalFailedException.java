package dev.oversqlite4j.fsm;

/**
 * The journal could not be read or written, so the step did not happen. The cause is the storage's
 * own error; whether trying again helps depends on it.
 */
public final class JournalFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public JournalFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
