package dev.oversqlite4j.simulator.world;

/** Faults are off and something still does not get done. */
public final class LivenessException extends RuntimeException {
  public LivenessException(String message, Throwable cause) {
    super(message, cause);
  }
}
