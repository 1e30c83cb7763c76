package dev.oversqlite4j;

/** What {@code detach} did. */
public enum DetachOutcome {
  /** No user is attached any more; the user's synced rows are gone from this device. */
  DETACHED,
  /** Nothing was done, because edits would be lost. */
  BLOCKED_UNSYNCED_DATA
}
