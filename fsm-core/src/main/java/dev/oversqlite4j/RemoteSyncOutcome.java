package dev.oversqlite4j;

/** What a pull or a rebuild did. */
public enum RemoteSyncOutcome {
  /** Nothing new on the server. */
  ALREADY_AT_TARGET,
  /** New bundles were applied one by one. */
  APPLIED_INCREMENTAL,
  /** A whole snapshot was applied. */
  APPLIED_SNAPSHOT
}
