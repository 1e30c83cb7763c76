package dev.oversqlite4j;

/** Why a local edit was dropped on purpose. */
public enum DiscardCause {
  /** A conflict was resolved in favour of the server. */
  CONFLICT_SERVER_WINS,
  /** The account's state replaced anonymous local rows. */
  REMOTE_REPLACE,
  /** There was nothing to delete: the server never saw the row, or has deleted it, too. */
  NO_OP_DELETE,
  /** The row was deleted here together with a row that it referred to and the server deleted. */
  DELETED_WITH_PARENT,
  /** The app discarded a quarantined row. */
  QUARANTINE_DISCARDED,
  /** The table is no longer registered for sync. */
  TABLE_NOT_REGISTERED
}
