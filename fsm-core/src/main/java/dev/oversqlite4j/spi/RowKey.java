package dev.oversqlite4j.spi;

/**
 * A local row's identity.
 *
 * @param table the managed table's lower-cased name
 * @param keyJson the local {@code key_json}: {@code {"<key column>":"<text or lower hex>"}}
 */
public record RowKey(String table, String keyJson) {
  /** Keys are user data and never printed. */
  @Override
  public String toString() {
    return "RowKey[" + table + "]";
  }
}
