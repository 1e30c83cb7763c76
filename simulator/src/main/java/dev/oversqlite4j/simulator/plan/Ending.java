package dev.oversqlite4j.simulator.plan;

/** How a transaction of the app ends. */
public enum Ending {
  /** All of its writes stay. */
  COMMIT,
  /** None of its writes stay. */
  ROLLBACK
}
