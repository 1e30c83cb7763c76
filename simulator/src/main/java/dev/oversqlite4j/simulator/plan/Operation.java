package dev.oversqlite4j.simulator.plan;

import java.util.EnumSet;
import java.util.Set;

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
  SYNC_STATUS,
  /** Asks for the source. */
  SOURCE_INFO,
  /** Pauses uploads and downloads, and resumes both. */
  PAUSE_RESUME,
  /** One round of automatic downloads. */
  AUTO_TICK,
  /** Automatic downloads for a while, on a thread of their own beside what follows. */
  AUTO_DOWNLOADS,
  /** Makes the edits pending again that were set aside. */
  RETRY_QUARANTINED,
  /** Gives the edits up that were set aside. */
  DISCARD_QUARANTINED,
  /** Closes the client; its process lives on. */
  CLOSE,
  /** Takes everything of sync out of the file, and keeps the app's rows. */
  UNINSTALL;

  private static final Set<Operation> SYNCING =
      EnumSet.of(ATTACH, PUSH, PULL, SYNC, REBUILD, DETACH, SYNC_THEN_DETACH);

  /** Whether it is one of those for which the client is there. */
  public boolean syncs() {
    return SYNCING.contains(this);
  }
}
