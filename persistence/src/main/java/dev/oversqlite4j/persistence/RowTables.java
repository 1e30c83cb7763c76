package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.persistence.TableInspection.ForeignKeyColumn;
import dev.oversqlite4j.spi.DecodedPayload;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.Rows;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** App rows, and their versions in {@code _sync_row_state}. */
final class RowTables implements Rows {

  private static final String BY_KEY = " WHERE schema_name = ? AND table_name = ? AND key_json = ?";

  private final Sql sql;
  private final ManagedSchema schema;
  private final WaitingRows waiting;
  private boolean authoritative;

  RowTables(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
    this.waiting = new WaitingRows(sql);
  }

  /**
   * If {@code writes} throws, apply mode stays on and the transaction cannot commit any more: half
   * of an authoritative write is worse than none.
   */
  @Override
  public void authoritative(Runnable writes) {
    if (authoritative) {
      throw new IllegalStateException("authoritative writes do not nest");
    }
    sql.execute("PRAGMA defer_foreign_keys = ON");
    sql.update("UPDATE _sync_apply_state SET apply_mode = 1 WHERE singleton_key = 1");
    authoritative = true;
    writes.run();
    waiting.settle();
    sql.update("UPDATE _sync_apply_state SET apply_mode = 0 WHERE singleton_key = 1");
    authoritative = false;
  }

  /** Whether an authoritative write is under way. */
  boolean applying() {
    return authoritative;
  }

  /** Called before the commit. */
  void requireComplete() {
    if (authoritative) {
      throw new IllegalStateException(
          "authoritative writes failed; the transaction must not commit");
    }
  }

  @Override
  public Optional<String> live(RowKey key) {
    TableShape table = schema.get(key.table());
    return sql.first(table.sql().live(), row -> row.getString(1), LocalForm.key(table, key));
  }

  @Override
  public Optional<RowAuthority> authority(RowKey key) {
    return sql.first(
        "SELECT row_version, deleted FROM _sync_row_state" + BY_KEY,
        row ->
            new RowAuthority(
                row.getLong(1),
                row.getInt(2) == 0 ? RowAuthority.Liveness.LIVE : RowAuthority.Liveness.TOMBSTONE),
        schema.name(),
        key.table(),
        key.keyJson());
  }

  @Override
  public void setAuthority(RowKey key, RowAuthority authority) {
    sql.update(
        "INSERT INTO _sync_row_state (schema_name, table_name, key_json, row_version, deleted)"
            + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (schema_name, table_name, key_json)"
            + " DO UPDATE SET row_version = excluded.row_version, deleted = excluded.deleted,"
            + " updated_at = excluded.updated_at",
        schema.name(),
        key.table(),
        key.keyJson(),
        authority.rowVersion(),
        authority.live() ? 0 : 1);
  }

  @Override
  public void forgetAuthority(RowKey key) {
    sql.update("DELETE FROM _sync_row_state" + BY_KEY, schema.name(), key.table(), key.keyJson());
  }

  @Override
  public void upsert(RowKey key, DecodedPayload payload) {
    requireAuthoritative();
    waiting.upsert(schema.get(key.table()), key, payload);
  }

  @Override
  public void upsertLocal(RowKey key, String localPayload) {
    DecodedPayload payload =
        LocalForm.payload(schema.get(key.table()), localPayload)
            .orElseThrow(
                () ->
                    new CorruptLocalStateException(
                        "_sync_dirty_rows", "a payload does not have the columns of its table"));
    upsert(key, payload);
  }

  @Override
  public void delete(RowKey key) {
    requireAuthoritative();
    TableShape table = schema.get(key.table());
    waiting.forget(key);
    sql.update(table.sql().delete(), LocalForm.key(table, key));
  }

  @Override
  public boolean referencesHold(RowKey key) {
    TableInspection inspection = new TableInspection(sql);
    TableShape table = schema.get(key.table());
    Object value = LocalForm.key(table, key);
    for (ForeignKeyColumn reference : inspection.foreignKeys(table.realName())) {
      TableShape parent = schema.get(reference.parent());
      String column = SqlText.identifier(reference.column());
      boolean dangling =
          sql.exists(
              "SELECT 1 FROM "
                  + table.quoted()
                  + " AS child WHERE child."
                  + table.key().quoted()
                  + " = ? AND child."
                  + column
                  + " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
                  + parent.quoted()
                  + " AS parent WHERE parent."
                  + reference.parentColumn().map(SqlText::identifier).orElse(parent.key().quoted())
                  + " = child."
                  + column
                  + ")",
              value);
      if (dangling) {
        return false;
      }
    }
    return live(key).isPresent() || !referred(inspection, table, value);
  }

  /** Whether a row of any managed table refers to this key. */
  private boolean referred(TableInspection inspection, TableShape table, Object key) {
    for (TableShape child : schema.tables()) {
      for (ForeignKeyColumn reference : inspection.foreignKeys(child.realName())) {
        boolean toKey =
            reference.parent().equals(table.name())
                && reference.parentColumn().orElse(table.key().name()).equals(table.key().name());
        if (toKey
            && sql.exists(
                "SELECT 1 FROM "
                    + child.quoted()
                    + " WHERE "
                    + SqlText.identifier(reference.column())
                    + " = ? LIMIT 1",
                key)) {
          return true;
        }
      }
    }
    return false;
  }

  /** In any order: deferred foreign keys defer RESTRICT too. */
  @Override
  public long wipeAll() {
    requireAuthoritative();
    waiting.forgetAll();
    List<String> tables = everManaged().stream().map(SqlText::identifier).toList();
    long rows = 0;
    // Counted first, for a delete does not count what it cascades to.
    for (String table : tables) {
      rows += sql.number("SELECT count(*) FROM " + table);
    }
    for (String table : tables) {
      sql.update("DELETE FROM " + table);
    }
    sql.update("DELETE FROM _sync_row_state");
    new TouchedTable(sql, schema).wipe();
    return rows;
  }

  /** Real names of all tables that are or were managed and still exist (W-36, W-37). */
  private List<String> everManaged() {
    TableInspection inspection = new TableInspection(sql);
    Set<String> names = new LinkedHashSet<>();
    schema.tables().forEach(table -> names.add(table.name()));
    names.addAll(
        sql.list(
            "SELECT table_name FROM _sync_managed_tables ORDER BY table_name",
            row -> TableInspection.lower(row.getString(1))));
    return names.stream()
        .map(inspection::find)
        .flatMap(Optional::stream)
        .filter(found -> found.type().equals("table"))
        .map(TableInspection.TableObject::realName)
        .toList();
  }

  @Override
  public boolean anyLiveAuthority() {
    return sql.exists("SELECT 1 FROM _sync_row_state WHERE deleted = 0 LIMIT 1");
  }

  private void requireAuthoritative() {
    if (!authoritative) {
      throw new IllegalStateException("app rows are written inside Rows.authoritative only");
    }
  }
}
