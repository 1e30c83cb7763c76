package dev.oversqlite4j.persistence;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Local intent whose tables are damaged (W-34), told again from what is left of them and from the
 * app's rows. A frozen update whose outbox row is missing leaves no trace and cannot be told.
 */
final class SalvagedIntent {

  /** A dirty row that breaks I11. */
  static final String MALFORMED = "((payload IS NULL) <> (op = 'DELETE') OR dirty_ordinal < 1)";

  private final Sql sql;
  private final ManagedSchema schema;

  SalvagedIntent(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  void recover() {
    Map<RowKey, Long> bases = new LinkedHashMap<>();
    // The outbox first: the base of a frozen row is that of the edits after it.
    gather(bases, "FROM _sync_outbox_rows WHERE schema_name = ? ORDER BY row_ordinal");
    gather(
        bases,
        "FROM _sync_dirty_rows WHERE schema_name = ? AND "
            + MALFORMED
            + " ORDER BY dirty_ordinal, table_name, key_json");
    // What the server has under this id must not be sent again under it.
    sql.update(
        "UPDATE _sync_source_state SET next_source_bundle_id = next_source_bundle_id + 1"
            + " WHERE EXISTS (SELECT 1 FROM _sync_outbox_bundle AS b"
            + " WHERE b.state = 'committed_remote' AND b.source_id = _sync_source_state.source_id"
            + " AND b.source_bundle_id = next_source_bundle_id)");
    new OutboxTable(sql, schema).clear();
    sql.update("DELETE FROM _sync_dirty_rows WHERE " + MALFORMED);
    bases.forEach(this::put);
    UntrackedRows untracked = new UntrackedRows(sql, schema);
    schema.tables().forEach(untracked::capture);
  }

  /** Rows of tables that are not registered wait for nobody (spec 4.9a). */
  private void gather(Map<RowKey, Long> bases, String from) {
    record Named(RowKey key, long base) {}
    for (Named named :
        sql.list(
            "SELECT table_name, key_json, base_row_version " + from,
            row -> new Named(new RowKey(row.getString(1), row.getString(2)), row.getLong(3)),
            schema.name())) {
      boolean findable =
          schema
              .find(named.key().table())
              .filter(table -> LocalForm.isKey(table, named.key()))
              .isPresent();
      if (findable) {
        bases.putIfAbsent(named.key(), named.base());
      }
    }
  }

  /** Rule 4 of spec 2.4, with the base that was known. */
  private void put(RowKey key, long base) {
    RowTables rows = new RowTables(sql, schema);
    Optional<String> live = rows.live(key);
    RowOperation written =
        rows.authority(key).filter(RowAuthority::live).isPresent()
            ? RowOperation.UPDATE
            : RowOperation.INSERT;
    new DirtyRowTable(sql, schema)
        .put(key, live.isPresent() ? written : RowOperation.DELETE, Math.max(0, base), live);
  }
}
