package dev.oversqlite4j.simulator.campaign;

/** A run ended in a way that says nothing about the client: the simulator itself failed. */
public final class BrokenRunException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  BrokenRunException(long seed, Throwable cause) {
    super("The simulator could not finish seed " + seed + ": " + cause, cause);
  }
}
