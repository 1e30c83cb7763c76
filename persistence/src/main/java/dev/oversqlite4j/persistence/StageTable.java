package dev.oversqlite4j.persistence;

import dev.oversqlite4j.SnapshotApplyRowTooLargeException;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.Stage;
import dev.oversqlite4j.spi.StagedRow;
import java.util.List;

/** Snapshot rows in {@code _sync_snapshot_stage}. */
final class StageTable implements Stage {

  private final Sql sql;
  private final ManagedSchema schema;

  StageTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  @Override
  public void clear() {
    sql.update("DELETE FROM _sync_snapshot_stage");
  }

  @Override
  public void append(String snapshotId, List<StagedRow> rows) {
    sql.updateAll(
        "INSERT INTO _sync_snapshot_stage (snapshot_id, row_ordinal, schema_name, table_name,"
            + " key_json, row_version, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows.stream()
            .map(
                row ->
                    new Object[] {
                      snapshotId,
                      row.ordinal(),
                      schema.name(),
                      row.key().table(),
                      row.key().keyJson(),
                      row.rowVersion(),
                      row.wirePayload()
                    })
            .toList());
  }

  @Override
  public long count(String snapshotId) {
    return sql.number(
        "SELECT count(*) FROM _sync_snapshot_stage WHERE snapshot_id = ?", snapshotId);
  }

  @Override
  public List<StagedRow> page(String snapshotId, long afterOrdinal, int maxRows, long maxBytes) {
    List<Size> sizes =
        sql.list(
            "SELECT row_ordinal, octet_length(payload) FROM _sync_snapshot_stage"
                + " WHERE snapshot_id = ? AND row_ordinal > ? ORDER BY row_ordinal LIMIT ?",
            row -> new Size(row.getLong(1), row.getLong(2)),
            snapshotId,
            afterOrdinal,
            maxRows);
    long bytes = 0;
    long lastOrdinal = afterOrdinal;
    for (Size size : sizes) {
      if (size.bytes > maxBytes && lastOrdinal == afterOrdinal) {
        throw new SnapshotApplyRowTooLargeException(size.ordinal, size.bytes, maxBytes);
      }
      bytes += size.bytes;
      if (bytes > maxBytes) {
        break;
      }
      lastOrdinal = size.ordinal;
    }
    return sql.list(
        "SELECT row_ordinal, table_name, key_json, row_version, payload FROM _sync_snapshot_stage"
            + " WHERE snapshot_id = ? AND row_ordinal > ? AND row_ordinal <= ?"
            + " ORDER BY row_ordinal",
        row ->
            new StagedRow(
                row.getLong(1),
                new RowKey(row.getString(2), row.getString(3)),
                row.getLong(4),
                row.getString(5)),
        snapshotId,
        afterOrdinal,
        lastOrdinal);
  }

  private record Size(long ordinal, long bytes) {}
}
