package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Frozen rows of one user (spec 2.10). */
record SnapshotSession(
    String snapshotId,
    String user,
    long bundleSeq,
    long byteCount,
    long expiresAt,
    List<SnapshotRow> rows) {

  /** One frozen row; shares its image with the row it was frozen from. */
  record SnapshotRow(ServerSchema.Table table, String key, StoredRow stored) {

    ObjectNode wire(ServerSchema schema, Revision revision) {
      ObjectNode row = Json.object().put("schema", schema.name()).put("table", table.name());
      row.putObject("key").put(table.key(), key);
      row.put("row_version", stored.version());
      row.set(
          "payload", revision.payload(table, stored.image().orElseThrow(), Revision.Rendering.ROW));
      return row;
    }
  }
}
