package dev.oversqlite4j;

/** Why a local edit was dropped on purpose. */
public enum DiscardCause {
  /** A conflict was resolved in favour of the server. */
  CONFLICT_SERVER_WINS,
  /** The account's state replaced anonymous local rows. */
  REMOTE_REPLACE,
  /** A row was inserted and deleted before the server ever saw it. */
  NO_OP_DELETE,
  /** The app discarded a quarantined row. */
  QUARANTINE_DISCARDED,
  /** The table is no longer registered for sync. */
  TABLE_NOT_REGISTERED
}
