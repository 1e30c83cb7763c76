package dev.oversqlite4j.simulator;

/**
 * What a simulation was given cannot be simulated: a schema, a generated row, an invariant or a
 * plan. The message says what is wrong and what would do. It says nothing about the client.
 */
public final class InvalidSimulationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Reports what is wrong. */
  public InvalidSimulationException(String message) {
    super(message);
  }

  /** Reports what is wrong, and who found it. */
  public InvalidSimulationException(String message, Throwable cause) {
    super(message, cause);
  }
}
