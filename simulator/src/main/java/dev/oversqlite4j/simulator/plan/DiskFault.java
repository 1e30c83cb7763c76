package dev.oversqlite4j.simulator.plan;

/** How a file system may fail a device. Real result codes of SQLite come of it. */
public enum DiskFault {
  /** Somebody else holds the write lock until that many waits are over, or the step is. */
  BUSY,
  /** The file cannot grow until the step is over. */
  FULL,
  /** The file cannot be written until the step is over. */
  READ_ONLY,
  /** One statement is interrupted after that many further instructions of SQLite's machine. */
  INTERRUPTED
}
