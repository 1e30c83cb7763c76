package dev.oversqlite4j.fsm;

/**
 * An effect threw a checked exception, which is the cause; the step was rolled back. Unchecked
 * exceptions of an effect pass through as they are.
 */
public final class EffectFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  EffectFailedException(String machine, String trigger, Throwable cause) {
    super(
        "The effect of "
            + trigger
            + " on machine "
            + machine
            + " failed; the step was rolled back. See the cause.",
        cause);
  }
}
