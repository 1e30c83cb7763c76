package dev.oversqlite4j.simulator.plan;

/** What may go wrong in a generated plan. */
public enum Profile {
  /** Crashes, lost requests and lost responses, and disturbances of servers and files. */
  DEFAULT,
  /** The same, with three devices in every plan. */
  THREE_DEVICES,
  /** Crashes, on a network that loses nothing. */
  CRASHES_ONLY,
  /** Nothing goes wrong; only the schedule varies. */
  CALM;

  boolean losesMessages() {
    return this == DEFAULT || this == THREE_DEVICES;
  }
}
