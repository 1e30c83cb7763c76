package dev.oversqlite4j;

/** What an edit does to its row. */
public enum RowOperation {
  /** The row is new. */
  INSERT,
  /** The row changed. */
  UPDATE,
  /** The row is gone; there is no payload. */
  DELETE
}
