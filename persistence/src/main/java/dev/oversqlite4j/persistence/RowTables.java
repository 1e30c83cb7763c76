package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.persistence.TableInspection.ForeignKeyColumn;
import dev.oversqlite4j.spi.DecodedPayload;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.Rows;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** App rows, and their versions in {@code _sync_row_state}. */
final class RowTables implements Rows {

  // What the triggers distinguish; every other value than 0 is apply mode to other clients.
  private static final int CAPTURING = 0;
  private static final int APPLYING = 1;
  private static final int WIPING = 2;

  private static final String BY_KEY = " WHERE schema_name = ? AND table_name = ? AND key_json = ?";

  private final Sql sql;
  private final ManagedSchema schema;
  private final TouchedTable touched;
  private final WaitingRows waiting;
  private boolean authoritative;

  RowTables(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
    this.touched = new TouchedTable(sql, schema);
    this.waiting = new WaitingRows(sql, touched);
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
    applyMode(APPLYING);
    authoritative = true;
    writes.run();
    waiting.settle();
    applyMode(CAPTURING);
    authoritative = false;
  }

  private void applyMode(int mode) {
    sql.update("UPDATE _sync_apply_state SET apply_mode = ? WHERE singleton_key = 1", mode);
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

  /**
   * All at once if that works. If not, whatever stands in the way is taken out and the rest is
   * tried again from the same start, until what is left fits together: a row that gives way may be
   * the one that another needs.
   */
  @Override
  public Set<RowKey> reexecute(Map<RowKey, Optional<String>> localPayloads) {
    requireAuthoritative();
    waiting.settle();
    Set<RowKey> refused = new LinkedHashSet<>();
    while (true) {
      sql.execute("SAVEPOINT reexecute");
      Map<RowKey, Optional<String>> accepted = new LinkedHashMap<>(localPayloads);
      accepted.keySet().removeAll(refused);
      Set<RowKey> contradicting = write(accepted);
      if (contradicting.isEmpty()) {
        sql.execute("RELEASE reexecute");
        return refused;
      }
      waiting.forgetAll();
      sql.execute("ROLLBACK TO reexecute");
      sql.execute("RELEASE reexecute");
      refused.addAll(contradicting);
    }
  }

  private Set<RowKey> write(Map<RowKey, Optional<String>> localPayloads) {
    Set<RowKey> contradicting = new LinkedHashSet<>();
    localPayloads.forEach(
        (key, payload) -> {
          try {
            if (payload.isPresent()) {
              upsertLocal(key, payload.get());
            } else {
              delete(key);
            }
          } catch (LocalWriteFailedException refusal) {
            contradicting.add(key);
          }
        });
    contradicting.addAll(waiting.unsettled());
    if (contradicting.isEmpty()) {
      localPayloads.keySet().stream().filter(key -> !fits(key)).forEach(contradicting::add);
    }
    return contradicting;
  }

  @Override
  public boolean delete(RowKey key) {
    requireAuthoritative();
    TableShape table = schema.get(key.table());
    waiting.forget(key);
    boolean present = sql.update(table.sql().delete(), LocalForm.key(table, key)) > 0;
    touched.forget(key);
    return present;
  }

  @Override
  public List<RowKey> takenAlong() {
    return touched.takenAlong();
  }

  @Override
  public boolean writeIfItFits(RowKey key, Optional<DecodedPayload> payload) {
    requireAuthoritative();
    sql.execute("SAVEPOINT fitting");
    if (payload.isPresent()) {
      upsert(key, payload.get());
    } else {
      delete(key);
    }
    boolean fits = fits(key);
    if (!fits) {
      sql.execute("ROLLBACK TO fitting");
      waiting.forget(key);
    }
    sql.execute("RELEASE fitting");
    return fits;
  }

  private boolean fits(RowKey key) {
    if (waiting.holds(key)) {
      return false;
    }
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
    // Nothing is left that a note could speak of.
    applyMode(WIPING);
    for (String table : tables) {
      sql.update("DELETE FROM " + table);
    }
    applyMode(APPLYING);
    sql.update("DELETE FROM _sync_row_state");
    touched.wipe();
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
