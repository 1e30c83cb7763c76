package dev.oversqlite4j;

/** What an operation is doing right now. */
public enum ProgressPhase {
  /** Asking the server about the account. */
  ATTACHING,
  /** Uploading the first state of an account. */
  SEEDING,
  /** Uploading edits. */
  PUSHING,
  /** Downloading and applying bundles. */
  PULLING,
  /** Downloading a snapshot. */
  STAGING_REMOTE_STATE,
  /** Writing a snapshot to the tables. */
  APPLYING_REMOTE_STATE,
  /** The operation is over, whether it succeeded or not; always the last report. */
  IDLE
}
