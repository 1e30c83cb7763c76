package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowKey;
import java.util.List;
import java.util.Optional;

/** The frozen bundle in {@code _sync_outbox_bundle} and {@code _sync_outbox_rows}. */
final class OutboxTable implements Outbox {

  private final Sql sql;
  private final ManagedSchema schema;

  OutboxTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  @Override
  public List<FrozenRow> rows() {
    return rows(0, Integer.MAX_VALUE);
  }

  @Override
  public List<FrozenRow> rows(long fromOrdinal, int maxRows) {
    List<FrozenRow> rows =
        sql.list(
            "SELECT row_ordinal, table_name, key_json, wire_key_json, op, base_row_version,"
                + " local_payload, wire_payload FROM _sync_outbox_rows WHERE source_bundle_id ="
                + " (SELECT source_bundle_id FROM _sync_outbox_bundle WHERE singleton_key = 1)"
                + " AND row_ordinal >= ? ORDER BY row_ordinal LIMIT ?",
            row ->
                new FrozenRow(
                    row.getLong(1),
                    new RowKey(row.getString(2), row.getString(3)),
                    row.getString(4),
                    RowOperation.valueOf(row.getString(5)),
                    row.getLong(6),
                    Optional.ofNullable(row.getString(7)),
                    Optional.ofNullable(row.getString(8))),
            fromOrdinal,
            maxRows);
    for (FrozenRow row : rows) {
      boolean delete = row.op() == RowOperation.DELETE;
      if (row.localPayload().isPresent() == delete || row.wirePayload().isPresent() == delete) {
        throw new CorruptLocalStateException(
            "_sync_outbox_rows", "a frozen row has the wrong payload for its operation");
      }
    }
    return rows;
  }

  @Override
  public long rowCount() {
    return sql.number("SELECT count(*) FROM _sync_outbox_rows");
  }

  @Override
  public void prepare(OutboxState.Bundle bundle, List<FrozenRow> rows) {
    long changed =
        sql.update(
            "UPDATE _sync_outbox_bundle SET state = 'prepared', source_id = ?,"
                + " source_bundle_id = ?, initialization_id = ?, canonical_request_hash = ?,"
                + " row_count = ? WHERE singleton_key = 1 AND state = 'none'",
            bundle.sourceId(),
            bundle.sourceBundleId(),
            bundle.lease().orElse(""),
            bundle.requestHash(),
            bundle.rowCount());
    if (changed != 1) {
      throw new IllegalStateException("the outbox holds a bundle already; clear it first");
    }
    sql.updateAll(
        "INSERT INTO _sync_outbox_rows (source_bundle_id, row_ordinal, schema_name, table_name,"
            + " key_json, wire_key_json, op, base_row_version, local_payload, wire_payload)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows.stream()
            .map(
                row ->
                    new Object[] {
                      bundle.sourceBundleId(),
                      row.ordinal(),
                      schema.name(),
                      row.key().table(),
                      row.key().keyJson(),
                      row.wireKeyJson(),
                      row.op().name(),
                      row.baseRowVersion(),
                      row.localPayload().orElse(null),
                      row.wirePayload().orElse(null)
                    })
            .toList());
  }

  @Override
  public void markCommitted(long bundleSeq, String bundleHash) {
    long changed =
        sql.update(
            "UPDATE _sync_outbox_bundle SET state = 'committed_remote', remote_bundle_seq = ?,"
                + " remote_bundle_hash = ? WHERE singleton_key = 1 AND state = 'prepared'",
            bundleSeq,
            bundleHash);
    if (changed != 1) {
      throw new IllegalStateException("the outbox holds no prepared bundle to mark as committed");
    }
  }

  @Override
  public void rebind(String sourceId) {
    long changed =
        sql.update(
            "UPDATE _sync_outbox_bundle SET source_id = ?, source_bundle_id = 1,"
                + " initialization_id = '' WHERE singleton_key = 1 AND state = 'prepared'",
            sourceId);
    if (changed != 1) {
      throw new IllegalStateException("the outbox holds no prepared bundle to rebind");
    }
    sql.update("UPDATE _sync_outbox_rows SET source_bundle_id = 1");
  }

  /**
   * A prepared bundle that is given up gives its id back. Only other clients have raised the next
   * one by then, for the first bundle of a replacement (W-22); the server still expects the first.
   */
  @Override
  public void clear() {
    sql.update(
        "UPDATE _sync_source_state SET next_source_bundle_id = 1 WHERE next_source_bundle_id = 2"
            + " AND EXISTS (SELECT 1 FROM _sync_outbox_bundle AS b WHERE b.state = 'prepared'"
            + " AND b.source_bundle_id = 1 AND b.source_id = _sync_source_state.source_id)");
    sql.update("DELETE FROM _sync_outbox_rows");
    sql.update(
        "UPDATE _sync_outbox_bundle SET state = 'none', source_id = '', source_bundle_id = 0,"
            + " initialization_id = '', canonical_request_hash = '', row_count = 0,"
            + " remote_bundle_hash = '', remote_bundle_seq = 0 WHERE singleton_key = 1");
  }
}
