package dev.oversqlite4j.simulator.plan;

/** How the app of a device decides conflicts. */
public enum ResolverChoice {
  /** Takes the server's row; what a plan that names no resolver has. */
  SERVER_WINS,
  /** Keeps the local edit wherever that is possible, else takes the server's row. */
  CLIENT_WINS,
  /**
   * Keeps the column that names the write and takes the others from the server; without two rows to
   * merge, like {@link #CLIENT_WINS}.
   */
  MERGE,
  /** Throws the first time a process asks it, and every second time after that (W-44). */
  THROWS
}
