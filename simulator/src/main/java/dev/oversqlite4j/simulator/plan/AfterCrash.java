package dev.oversqlite4j.simulator.plan;

/** What a device does about an interrupted step once its process runs again. */
public enum AfterCrash {
  /** The same command again, until it ends or the next crash of the step comes. */
  RETRY,
  /** The next step of the device. */
  MOVE_ON
}
