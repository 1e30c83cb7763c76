package dev.oversqlite4j.simulator.plan;

/** A managed table of the simulated app. */
public enum Table {
  /** The parents. */
  PERSON,
  /** Children of a person. */
  NOTE,
  /** Rows of numbers. */
  MEASURE
}
