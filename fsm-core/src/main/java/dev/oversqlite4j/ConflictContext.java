package dev.oversqlite4j;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * A local edit and the server's row that it collides with. Rows are copies: a resolver may change
 * them and return one as merged. Key and rows stay out of {@link #toString()}.
 *
 * @param schema schema of the row
 * @param table table of the row
 * @param key its key as JSON text, one member named after the key column
 * @param localOp what the local edit does
 * @param localPayload the local row, empty for a delete
 * @param baseRowVersion the server version the edit builds on, 0 if none
 * @param serverRowVersion the server's version now, 0 if it never had the row
 * @param serverRowDeleted whether the server deleted the row
 * @param serverRow the server's row, empty if deleted or unknown
 */
public record ConflictContext(
    String schema,
    String table,
    String key,
    RowOperation localOp,
    Optional<ObjectNode> localPayload,
    long baseRowVersion,
    long serverRowVersion,
    boolean serverRowDeleted,
    Optional<ObjectNode> serverRow) {
  public ConflictContext {
    localPayload = localPayload.map(ObjectNode::deepCopy);
    serverRow = serverRow.map(ObjectNode::deepCopy);
  }

  /** The local row, empty for a delete; a copy. */
  public Optional<ObjectNode> localPayload() {
    return localPayload.map(ObjectNode::deepCopy);
  }

  /** The server's row, empty if deleted or unknown; a copy. */
  public Optional<ObjectNode> serverRow() {
    return serverRow.map(ObjectNode::deepCopy);
  }

  @Override
  public String toString() {
    return "ConflictContext["
        + Redaction.identifier(table)
        + ", "
        + localOp
        + " on "
        + baseRowVersion
        + ", server "
        + serverRowVersion
        + (serverRowDeleted ? " deleted]" : "]");
  }
}
