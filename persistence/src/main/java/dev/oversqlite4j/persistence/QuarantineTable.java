package dev.oversqlite4j.persistence;

import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.persistence.TableInspection.ForeignKeyColumn;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.Quarantine;
import dev.oversqlite4j.spi.RowKey;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Intent that cannot be sent, in {@code _fsm_quarantine}. */
final class QuarantineTable implements Quarantine {

  private static final String NAME = "_fsm_quarantine";

  private static final String CREATE =
      """
      CREATE TABLE _fsm_quarantine (
        schema_name TEXT NOT NULL,
        table_name TEXT NOT NULL,
        key_json TEXT NOT NULL,
        op TEXT NOT NULL,
        base_row_version INTEGER NOT NULL,
        payload TEXT,
        dirty_ordinal INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        cause TEXT NOT NULL,
        PRIMARY KEY (schema_name, table_name, key_json)
      ) STRICT""";

  private static final String BY_KEY = " WHERE schema_name = ? AND table_name = ? AND key_json = ?";

  private final Sql sql;
  private final ManagedSchema schema;

  QuarantineTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  static void createIfMissing(Sql sql, Map<String, String> existing) {
    if (!existing.containsKey(NAME)) {
      sql.execute(CREATE);
    }
  }

  @Override
  public long count() {
    return sql.number("SELECT count(*) FROM _fsm_quarantine");
  }

  @Override
  public void add(DirtyRow row, QuarantineCause cause) {
    Object[] key = {schema.name(), row.key().table(), row.key().keyJson()};
    sql.update("DELETE FROM _fsm_quarantine" + BY_KEY, key);
    long moved =
        sql.update(
            "INSERT INTO _fsm_quarantine (schema_name, table_name, key_json, op,"
                + " base_row_version, payload, dirty_ordinal, updated_at, cause)"
                + " SELECT schema_name, table_name, key_json, op, base_row_version, payload,"
                + " dirty_ordinal, updated_at, ?4 FROM _sync_dirty_rows"
                + " WHERE schema_name = ?1 AND table_name = ?2 AND key_json = ?3",
            schema.name(),
            row.key().table(),
            row.key().keyJson(),
            cause.name());
    if (moved != 1) {
      throw new IllegalStateException("only a dirty row can be quarantined");
    }
    sql.update("DELETE FROM _sync_dirty_rows" + BY_KEY, key);
  }

  @Override
  public boolean contains(RowKey key) {
    return sql.exists(
        "SELECT 1 FROM _fsm_quarantine" + BY_KEY, schema.name(), key.table(), key.keyJson());
  }

  @Override
  public void dropSuperseded() {
    sql.update(
        "UPDATE _sync_dirty_rows SET base_row_version = q.base_row_version"
            + " FROM _fsm_quarantine AS q WHERE q.schema_name = _sync_dirty_rows.schema_name"
            + " AND q.table_name = _sync_dirty_rows.table_name"
            + " AND q.key_json = _sync_dirty_rows.key_json");
    sql.update(
        "DELETE FROM _fsm_quarantine WHERE EXISTS (SELECT 1 FROM _sync_dirty_rows AS d"
            + " WHERE d.schema_name = _fsm_quarantine.schema_name"
            + " AND d.table_name = _fsm_quarantine.table_name"
            + " AND d.key_json = _fsm_quarantine.key_json)");
  }

  @Override
  public void restoreAll() {
    restore("true");
  }

  @Override
  public void restoreDependants() {
    restore("cause = " + SqlText.literal(QuarantineCause.DEPENDS_ON_QUARANTINED.name()));
  }

  private void restore(String which) {
    dropSuperseded();
    sql.update(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal, updated_at) SELECT schema_name, table_name, key_json, op,"
            + " base_row_version, payload, dirty_ordinal, updated_at FROM _fsm_quarantine WHERE "
            + which);
    sql.update("DELETE FROM _fsm_quarantine WHERE " + which);
  }

  @Override
  public void remove(RowKey key) {
    sql.update("DELETE FROM _fsm_quarantine" + BY_KEY, schema.name(), key.table(), key.keyJson());
  }

  @Override
  public List<RowKey> dependants(Collection<RowKey> keys) {
    TableInspection inspection = new TableInspection(sql);
    Set<RowKey> found = new LinkedHashSet<>();
    Deque<RowKey> open = new ArrayDeque<>(keys);
    while (!open.isEmpty()) {
      RowKey parent = open.remove();
      if (schema.find(parent.table()).isEmpty() || onServer(parent)) {
        continue;
      }
      for (TableShape child : schema.tables()) {
        for (ForeignKeyColumn reference : inspection.foreignKeys(child.realName())) {
          if (reference.parent().equals(parent.table())) {
            for (RowKey referring : referring(child, reference, parent)) {
              if (!keys.contains(referring) && found.add(referring)) {
                open.add(referring);
              }
            }
          }
        }
      }
    }
    return List.copyOf(found);
  }

  private boolean onServer(RowKey key) {
    return sql.exists(
        "SELECT 1 FROM _sync_row_state" + BY_KEY + " AND deleted = 0",
        schema.name(),
        key.table(),
        key.keyJson());
  }

  private List<RowKey> referring(TableShape child, ForeignKeyColumn reference, RowKey parent) {
    TableShape table = schema.get(parent.table());
    return sql.list(
        "SELECT d.key_json FROM "
            + child.quoted()
            + " AS c JOIN _sync_dirty_rows AS d ON d.schema_name = ?1 AND d.table_name = ?2"
            + " AND d.op <> 'DELETE' AND d.key_json = "
            + RowJson.key(child.key(), "c.")
            + " WHERE c."
            + SqlText.identifier(reference.column())
            + " = (SELECT p."
            + reference.parentColumn().map(SqlText::identifier).orElse(table.key().quoted())
            + " FROM "
            + table.quoted()
            + " AS p WHERE p."
            + table.key().quoted()
            + " = ?3) ORDER BY d.dirty_ordinal",
        row -> new RowKey(child.name(), row.getString(1)),
        schema.name(),
        child.name(),
        LocalForm.key(table, parent));
  }

  @Override
  public List<QuarantinedRow> all() {
    return sql.list(
        "SELECT schema_name, table_name, key_json, op, base_row_version, payload, cause,"
            + " updated_at FROM _fsm_quarantine ORDER BY dirty_ordinal, table_name, key_json",
        row ->
            new QuarantinedRow(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                RowOperation.valueOf(row.getString(4)),
                row.getLong(5),
                Optional.ofNullable(row.getString(6)),
                QuarantineCause.valueOf(row.getString(7)),
                Instant.parse(row.getString(8))));
  }

  @Override
  public void wipe() {
    sql.update("DELETE FROM _fsm_quarantine");
  }
}
