package dev.oversqlite4j.spi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RowOperation;
import java.util.Optional;

/**
 * A row as the server sent it, syntactically checked only.
 *
 * @param payload empty exactly for DELETE
 */
public record WireRow(
    String schema,
    String table,
    ObjectNode key,
    RowOperation op,
    long rowVersion,
    Optional<ObjectNode> payload) {
  @Override
  public String toString() {
    return "WireRow[" + op + "]";
  }
}
