package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.RowKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Captured intent in {@code _sync_dirty_rows}. */
final class DirtyRowTable implements DirtyRows {

  private static final String SELECT =
      "SELECT table_name, key_json, op, base_row_version, payload, dirty_ordinal"
          + " FROM _sync_dirty_rows";

  private static final String BY_KEY = " WHERE schema_name = ? AND table_name = ? AND key_json = ?";

  private final Sql sql;
  private final ManagedSchema schema;

  DirtyRowTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  @Override
  public long count() {
    return sql.number("SELECT count(*) FROM _sync_dirty_rows");
  }

  @Override
  public List<DirtyRow> all() {
    return sql.list(SELECT + " ORDER BY dirty_ordinal, table_name, key_json", DirtyRowTable::read);
  }

  @Override
  public Optional<DirtyRow> find(RowKey key) {
    return sql.first(
        SELECT + BY_KEY, DirtyRowTable::read, schema.name(), key.table(), key.keyJson());
  }

  @Override
  public void remove(RowKey key) {
    sql.update("DELETE FROM _sync_dirty_rows" + BY_KEY, schema.name(), key.table(), key.keyJson());
  }

  @Override
  public void put(RowKey key, RowOperation op, long baseRowVersion, Optional<String> payload) {
    sql.update(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal) VALUES (?, ?, ?, ?, ?, ?,"
            + " coalesce((SELECT max(dirty_ordinal) FROM _sync_dirty_rows), 0) + 1)"
            + " ON CONFLICT (schema_name, table_name, key_json) DO UPDATE SET op = excluded.op,"
            + " base_row_version = excluded.base_row_version, payload = excluded.payload,"
            + " updated_at = excluded.updated_at",
        schema.name(),
        key.table(),
        key.keyJson(),
        op.name(),
        baseRowVersion,
        payload.orElse(null));
  }

  @Override
  public void judgeTouched() {
    new TouchedTable(sql, schema).judge();
  }

  @Override
  public void judgeVanished() {
    VanishedRows vanished = new VanishedRows(sql, schema);
    schema.tables().forEach(vanished::mark);
  }

  @Override
  public void judgeScanned() {
    VanishedRows vanished = new VanishedRows(sql, schema);
    schema.tables().stream().filter(table -> table.unique().opaque() > 0).forEach(vanished::mark);
  }

  @Override
  public boolean wellFormed() {
    return !sql.exists("SELECT 1 FROM _sync_dirty_rows WHERE " + SalvagedIntent.MALFORMED);
  }

  @Override
  public void salvage() {
    new SalvagedIntent(sql, schema).recover();
  }

  private static DirtyRow read(ResultSet row) throws SQLException {
    RowOperation op = RowOperation.valueOf(row.getString(3));
    Optional<String> payload = Optional.ofNullable(row.getString(5));
    long ordinal = row.getLong(6);
    if (payload.isPresent() == (op == RowOperation.DELETE) || ordinal < 1) {
      throw new CorruptLocalStateException(
          "_sync_dirty_rows", "a row has the wrong payload for its operation or no ordinal (I11)");
    }
    return new DirtyRow(
        new RowKey(row.getString(1), row.getString(2)), op, row.getLong(4), payload, ordinal);
  }
}
