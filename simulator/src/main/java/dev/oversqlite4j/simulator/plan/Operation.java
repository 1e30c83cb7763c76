package dev.oversqlite4j.simulator.plan;

/** A call of the client. */
public enum Operation {
  /** Opens the client. */
  OPEN,
  /** Attaches the user of the device. */
  ATTACH,
  /** Tries to attach a user who is not the user of the device. */
  ATTACH_OTHER_USER,
  /** Pushes what is pending. */
  PUSH,
  /** Pulls until nothing is left to pull. */
  PULL,
  /** Pushes, then pulls. */
  SYNC,
  /** Rebuilds from the server's snapshot. */
  REBUILD,
  /** Detaches the user. */
  DETACH,
  /** Syncs, then detaches the user. */
  SYNC_THEN_DETACH,
  /** Asks for the sync status. */
  SYNC_STATUS
}
