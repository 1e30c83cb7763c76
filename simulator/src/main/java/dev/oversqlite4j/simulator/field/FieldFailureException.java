package dev.oversqlite4j.simulator.field;

/** Something that must hold after a real crash does not. */
public final class FieldFailureException extends RuntimeException {

  FieldFailureException(String message) {
    super(message);
  }

  FieldFailureException(String message, Throwable cause) {
    super(message, cause);
  }
}
