package dev.oversqlite4j.spi;

import dev.oversqlite4j.RowOperation;
import java.util.Optional;

/**
 * Captured local intent that is not frozen yet.
 *
 * @param payload the row in local encodings as JSON text; empty exactly for DELETE (I11)
 * @param ordinal position of the first touch
 */
public record DirtyRow(
    RowKey key, RowOperation op, long baseRowVersion, Optional<String> payload, long ordinal) {
  @Override
  public String toString() {
    return "DirtyRow[" + op + " " + key + "]";
  }
}
