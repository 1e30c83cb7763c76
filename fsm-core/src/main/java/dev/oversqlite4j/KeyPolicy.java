package dev.oversqlite4j;

/** Which key values a new row may have. */
public enum KeyPolicy {
  /** UUIDs: canonical text in TEXT keys, 16 bytes in BLOB keys. */
  UUID,
  /** Any non-empty text in TEXT keys; BLOB keys stay UUID bytes. */
  ANY_TEXT
}
