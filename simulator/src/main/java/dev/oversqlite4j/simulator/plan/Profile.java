package dev.oversqlite4j.simulator.plan;

/** What may go wrong in a generated plan. */
public enum Profile {
  /** Crashes, lost requests and lost responses. */
  DEFAULT,
  /** Crashes, on a network that loses nothing. */
  CRASHES_ONLY,
  /** Nothing goes wrong; only the schedule varies. */
  CALM
}
