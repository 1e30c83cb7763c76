package dev.oversqlite4j.spi;

import dev.oversqlite4j.RowOperation;
import java.util.Optional;

/**
 * One row of the frozen outbox: its local form (to recognise newer edits) and its wire form (sent
 * as it is, again and again, until the server has it).
 *
 * @param ordinal 0-based position in the bundle
 * @param localPayload local encodings; empty for DELETE
 * @param wirePayload wire encodings; empty for DELETE
 */
public record FrozenRow(
    long ordinal,
    RowKey key,
    String wireKeyJson,
    RowOperation op,
    long baseRowVersion,
    Optional<String> localPayload,
    Optional<String> wirePayload) {
  @Override
  public String toString() {
    return "FrozenRow[" + ordinal + " " + op + " " + key + "]";
  }
}
