package dev.oversqlite4j.simulator.plan;

/** What a device does about an interrupted step once its process runs again. */
public enum AfterCrash {
  /** The same command again, until it ends or the next crash of the step comes. */
  RETRY,
  /** It opens and attaches whoever was signed in, and goes on with its next step. */
  MOVE_ON,
  /** Nothing: its next step is the first thing the new process does. */
  DO_NOTHING
}
