package dev.oversqlite4j;

/** Why a row cannot be sent (spec 4.4.7, 4.4.8). */
public enum QuarantineCause {
  /** Its key does not fit the {@link KeyPolicy}. */
  KEY_POLICY,
  /** A value cannot be encoded for the server. */
  VALUE_NOT_ENCODABLE,
  /** A text holds the character NUL, which the server's database refuses. */
  NUL_IN_TEXT,
  /** The server failed to commit exactly this row. */
  REJECTED_BY_SERVER,
  /** It refers to a quarantined row. */
  DEPENDS_ON_QUARANTINED,
  /**
   * After a rebuild it does not fit beside the rows the server has: a unique value is taken, or a
   * row it refers to is gone. The app's row is the server's until the edit is retried.
   */
  CONTRADICTS_SERVER_ROWS
}
