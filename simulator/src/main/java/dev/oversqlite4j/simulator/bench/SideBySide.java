package dev.oversqlite4j.simulator.bench;

/** One task, done with the library and without it. Used by one thread. */
interface SideBySide extends AutoCloseable {

  /** What is compared, for people. */
  String measure();

  /** How many times the bare work it may take. */
  double bar();

  /** Does the task with the library. */
  void ours();

  /** Does what the task comes to, with a plain driver and plain sockets. */
  void bare();

  @Override
  void close();
}
