package dev.oversqlite4j.simulator.world;

/** How a call of the client ended. */
public sealed interface CallOutcome {

  /** It returned. */
  record Returned(Object value) implements CallOutcome {}

  /** It threw. */
  record Threw(RuntimeException error) implements CallOutcome {}
}
