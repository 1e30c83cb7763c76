package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.Installation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code open()} prepares. Lives as long as its transaction, like what it found missing. */
final class InstallationRole implements Installation {

  private static final Logger LOG = LoggerFactory.getLogger(InstallationRole.class);

  private static final String ANONYMOUS =
      "binding_state = 'anonymous' AND attached_user_id = '' AND schema_name = ''"
          + " AND last_bundle_seq_seen = 0 AND rebuild_required = 0"
          + " AND pending_initialization_id = ''";

  /** Where rows of the app are named by {@code key_json}. */
  private static final List<String> KEYED =
      List.of("_sync_row_state", "_sync_dirty_rows", "_sync_outbox_rows", "_fsm_quarantine");

  private final Sql sql;
  private final ManagedSchema schema;
  private final IdSource ids;
  private final JournalTable journal;
  private final VanishedRows vanished;
  private final UntrackedRows untracked;
  private final OlderPayloads older;
  private final Set<TableShape> uncaptured = new LinkedHashSet<>();

  InstallationRole(Sql sql, ManagedSchema schema, IdSource ids, JournalTable journal) {
    this.sql = sql;
    this.schema = schema;
    this.ids = ids;
    this.journal = journal;
    this.vanished = new VanishedRows(sql, schema);
    this.untracked = new UntrackedRows(sql, schema);
    this.older = new OlderPayloads(sql, schema);
  }

  private record SchemaObject(String name, String sql, String type, String table) {}

  @Override
  public boolean installed() {
    return new Uninstallation(sql).installed();
  }

  @Override
  public void uninstall(String machine) {
    sql.requireWrite();
    new Uninstallation(sql).dropEverything(machine);
  }

  @Override
  public void install() {
    sql.requireWrite();
    Map<String, String> existing = new LinkedHashMap<>();
    Map<String, List<String>> triggers = new LinkedHashMap<>();
    for (SchemaObject object :
        sql.list(
            "SELECT name, coalesce(sql, ''), type, tbl_name FROM sqlite_schema ORDER BY rowid",
            row ->
                new SchemaObject(
                    row.getString(1), row.getString(2), row.getString(3), row.getString(4)))) {
      existing.put(object.name(), object.sql());
      if (object.type().equals("trigger")) {
        triggers
            .computeIfAbsent(TableInspection.lower(object.table()), table -> new ArrayList<>())
            .add(object.name());
      }
    }
    ControlTables.createMissing(sql, existing);
    MetaTable.createIfMissing(sql, existing, ids);
    DiscardedIntentTable.createIfMissing(sql, existing);
    QuarantineTable.createIfMissing(sql, existing);
    TouchedTable.createIfMissing(sql, existing);
    BundleStageTable.createIfMissing(sql, existing);
    boolean adopting = createJournal();
    if (sql.number("SELECT apply_mode FROM _sync_apply_state WHERE singleton_key = 1") != 0) {
      sql.update("UPDATE _sync_apply_state SET apply_mode = 0 WHERE singleton_key = 1");
    }
    normaliseAttachment();
    for (TableShape table : schema.tables()) {
      List<String> ofTable = triggers.getOrDefault(table.name(), List.of());
      if (!register(table) | !installTriggers(table, existing, ofTable) | adopting) {
        uncaptured.add(table);
      }
      if (table.unique().opaque() > 0) {
        LOG.info(
            "Table {} has a UNIQUE index that is partial, over an expression or over a computed default,"
                + " through which REPLACE deletes rows unseen; every push scans it once",
            table.name());
      }
    }
  }

  @Override
  public void installJournal() {
    sql.requireWrite();
    createJournal();
  }

  /** Returns whether there was none: whatever wrote the tables, it was not this library. */
  private boolean createJournal() {
    try {
      boolean missing = !journal.exists(sql.connection());
      if (missing) {
        journal.createIfMissing(sql.connection());
      }
      return missing;
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  /**
   * Brings an attachment that another client left half written into a form that I3 and I5 accept
   * (spec 4.1 step 3d and the special repair rules).
   */
  private void normaliseAttachment() {
    boolean attached =
        sql.exists(
            "SELECT 1 FROM _sync_attachment_state, _sync_operation_state"
                + " WHERE binding_state = 'attached' AND trim(attached_user_id) <> ''"
                + " AND kind <> 'remote_replace'");
    if (attached) {
      if (sql.exists(
          "SELECT 1 FROM _sync_attachment_state WHERE schema_name <> ?", schema.name())) {
        sql.update("UPDATE _sync_attachment_state SET schema_name = ?", schema.name());
      }
    } else if (sql.exists("SELECT 1 FROM _sync_attachment_state WHERE NOT (" + ANONYMOUS + ")")) {
      sql.update("UPDATE _sync_attachment_state SET " + AttachmentTable.RESET_TO_ANONYMOUS);
    }
  }

  /** Returns whether it was registered before. */
  private boolean register(TableShape table) {
    boolean known =
        sql.exists(
            "SELECT 1 FROM _sync_managed_tables WHERE schema_name = ? AND table_name = ?",
            schema.name(),
            table.name());
    if (!known) {
      sql.update(
          "INSERT INTO _sync_managed_tables (schema_name, table_name) VALUES (?, ?)",
          schema.name(),
          table.name());
    }
    return known;
  }

  /**
   * Returns whether all of them were in place.
   *
   * <p>Of several triggers of one event SQLite fires the youngest first. What a trigger of the app
   * makes of the row has to be captured after the row itself, so ours have to be the youngest.
   *
   * @param triggers the names of all triggers of the table, oldest first
   */
  private boolean installTriggers(
      TableShape table, Map<String, String> existing, List<String> triggers) {
    Set<String> ours = CaptureTriggers.of(schema.name(), table).keySet();
    int youngest = triggers.size();
    while (youngest > 0 && ours.contains(triggers.get(youngest - 1))) {
      youngest--;
    }
    boolean inPlace = triggers.subList(0, youngest).stream().noneMatch(ours::contains);
    if (!inPlace) {
      existing.keySet().removeAll(ours);
    }
    for (Map.Entry<String, String> wanted : CaptureTriggers.of(schema.name(), table).entrySet()) {
      String installed = existing.get(wanted.getKey());
      if (installed == null || !CaptureTriggers.same(installed, wanted.getValue())) {
        sql.execute("DROP TRIGGER IF EXISTS " + SqlText.identifier(wanted.getKey()));
        sql.execute(wanted.getValue());
        inPlace = false;
      }
    }
    return inPlace;
  }

  @Override
  public long captureAll() {
    for (String table : new String[] {"_sync_row_state", "_sync_dirty_rows", "_sync_outbox_rows"}) {
      if (sql.exists("SELECT 1 FROM " + table + " LIMIT 1")) {
        throw new CorruptLocalStateException(
            table, "existing sync state is present although no source was ever assigned");
      }
    }
    return schema.tables().stream().mapToLong(untracked::capture).sum();
  }

  @Override
  public boolean foundInPlace() {
    return uncaptured.isEmpty();
  }

  @Override
  public long captureUntracked() {
    uncaptured.forEach(this::renameKeys);
    uncaptured.forEach(older::renew);
    return uncaptured.stream()
        .mapToLong(
            table ->
                refreshCapturedRows(table)
                    + untracked.capture(table)
                    + vanished.mark(table)
                    + vanished.markFrozen(table))
        .sum();
  }

  /**
   * Keys hold the name of the key column. Under its former one no row would be found again: each
   * would be deleted at the server and inserted anew (spec 4.9a). What goes out with a frozen
   * bundle stays as it was frozen.
   */
  private void renameKeys(TableShape table) {
    for (String place : KEYED) {
      sql.update(
          "UPDATE "
              + place
              + " SET key_json = json_object(?3, (SELECT k.value FROM json_each(key_json) AS k))"
              + " WHERE schema_name = ?1 AND table_name = ?2 AND json_valid(key_json)"
              + " AND (SELECT count(*) = 1 AND max(k.key) <> ?3 FROM json_each(key_json) AS k)",
          schema.name(),
          table.name(),
          table.key().name());
    }
  }

  /**
   * What was captured before the table changed, or before writes that no trigger saw, is read again
   * from the rows (spec 4.9a); base and ordinal of the first touch stay.
   */
  private long refreshCapturedRows(TableShape table) {
    String key = RowJson.key(table.key(), "");
    return sql.update(
        "UPDATE _sync_dirty_rows AS d SET payload = u.payload, op = CASE WHEN EXISTS"
            + " (SELECT 1 FROM _sync_row_state AS s"
            + " WHERE s.schema_name = ?1 AND s.table_name = ?2 AND s.key_json = d.key_json"
            + " AND s.deleted = 0) THEN 'UPDATE' ELSE 'INSERT' END FROM (SELECT "
            + key
            + " AS key_json, "
            + RowJson.payload(table.columns(), "")
            + " AS payload FROM "
            + table.quoted()
            + ") AS u WHERE d.schema_name = ?1 AND d.table_name = ?2"
            + " AND d.key_json = u.key_json AND d.payload IS NOT u.payload",
        schema.name(),
        table.name());
  }
}
