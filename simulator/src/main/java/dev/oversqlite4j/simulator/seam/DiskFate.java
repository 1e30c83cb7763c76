package dev.oversqlite4j.simulator.seam;

/** What the file system does about one SQL statement. */
public sealed interface DiskFate {

  /** It works. */
  DiskFate WORK = new Work();

  /** See {@link #WORK}. */
  record Work() implements DiskFate {}

  /** The file cannot grow. */
  record Full() implements DiskFate {}

  /** The file cannot be written. */
  record ReadOnly() implements DiskFate {}

  /**
   * The statement is interrupted.
   *
   * @param after how many instructions of SQLite's machine it may execute, at least 1
   */
  record Interrupt(int after) implements DiskFate {}
}
