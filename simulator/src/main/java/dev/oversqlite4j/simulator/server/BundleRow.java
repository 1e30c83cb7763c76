package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * One row effect of a committed bundle. The payload keeps the text of commit time (spec trap 19).
 *
 * @param table table name without schema
 * @param key key as on the wire
 * @param payload canonical JSON of the wire payload; empty for DELETE
 * @param rowVersion sequence of the bundle
 */
public record BundleRow(
    String table, String key, Op op, Optional<String> payload, long rowVersion) {

  /** The row as pulls and committed-bundle pages carry it (spec 2.8). */
  ObjectNode wire(ServerSchema schema) {
    ObjectNode row = Json.object().put("schema", schema.name()).put("table", table);
    row.putObject("key").put(schema.registered(table).key(), key);
    row.put("op", op.name()).put("row_version", rowVersion);
    payload.ifPresent(text -> row.set("payload", Json.parse(text)));
    return row;
  }
}
