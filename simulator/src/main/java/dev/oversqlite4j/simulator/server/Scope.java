package dev.oversqlite4j.simulator.server;

/** Initialisation state of one user's data (spec 3.2). */
public sealed interface Scope {

  /** Nobody has connected successfully, or the last lease ran out. */
  record Uninitialized() implements Scope {}

  /**
   * One source holds the lease and will push the first bundle.
   *
   * @param leaseExpiresAt milliseconds of virtual time; from that moment on the lease counts as
   *     lost
   */
  record Initializing(String sourceId, String initializationId, long leaseExpiresAt)
      implements Scope {}

  /**
   * Terminal.
   *
   * @param sourceId who did it
   */
  record Initialized(String sourceId) implements Scope {}
}
