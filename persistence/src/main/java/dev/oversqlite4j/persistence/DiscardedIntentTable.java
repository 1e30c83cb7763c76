package dev.oversqlite4j.persistence;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DiscardedIntents;
import dev.oversqlite4j.spi.RowKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The audit in {@code _fsm_discarded_intent}. Held rows carry {@code pending = 1} and all of their
 * dirty row, so that a cancelled remote replace can put them back exactly (W-13).
 */
final class DiscardedIntentTable implements DiscardedIntents {

  private static final String NAME = "_fsm_discarded_intent";

  private static final String CREATE =
      """
      CREATE TABLE _fsm_discarded_intent (
        id INTEGER NOT NULL PRIMARY KEY,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        op_id TEXT NOT NULL,
        cause TEXT NOT NULL,
        schema_name TEXT NOT NULL,
        table_name TEXT NOT NULL,
        key_json TEXT NOT NULL,
        op TEXT NOT NULL,
        payload TEXT,
        pending INTEGER NOT NULL DEFAULT 0,
        base_row_version INTEGER NOT NULL DEFAULT 0,
        dirty_ordinal INTEGER NOT NULL DEFAULT 0,
        dirty_updated_at TEXT NOT NULL DEFAULT ''
      ) STRICT""";

  private final Sql sql;
  private final ManagedSchema schema;

  DiscardedIntentTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  static void createIfMissing(Sql sql, Map<String, String> existing) {
    if (!existing.containsKey(NAME)) {
      sql.execute(CREATE);
    }
  }

  @Override
  public void record(
      String opId, DiscardCause cause, RowKey key, RowOperation op, Optional<String> localPayload) {
    sql.update(
        "INSERT INTO _fsm_discarded_intent (op_id, cause, schema_name, table_name, key_json, op,"
            + " payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
        opId,
        cause.name(),
        schema.name(),
        key.table(),
        key.keyJson(),
        op.name(),
        localPayload.orElse(null));
  }

  @Override
  public long holdDirtyRows(String opId) {
    sql.update(
        "INSERT INTO _fsm_discarded_intent (op_id, cause, schema_name, table_name, key_json, op,"
            + " payload, pending, base_row_version, dirty_ordinal, dirty_updated_at)"
            + " SELECT ?, ?, schema_name, table_name, key_json, op, payload, 1, base_row_version,"
            + " dirty_ordinal, updated_at FROM _sync_dirty_rows ORDER BY dirty_ordinal",
        opId,
        DiscardCause.REMOTE_REPLACE.name());
    return sql.update("DELETE FROM _sync_dirty_rows");
  }

  @Override
  public long restoreHeld() {
    sql.update(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal, updated_at) SELECT schema_name, table_name, key_json, op,"
            + " base_row_version, payload, dirty_ordinal, dirty_updated_at"
            + " FROM _fsm_discarded_intent WHERE pending = 1"
            // What was captured although nothing should have been is newer.
            + " ORDER BY id ON CONFLICT (schema_name, table_name, key_json) DO NOTHING");
    return sql.update("DELETE FROM _fsm_discarded_intent WHERE pending = 1");
  }

  /** They get new ids: a reader of the audit may be past the ids they were held under. */
  @Override
  public long discardHeld() {
    long last = sql.number("SELECT coalesce(max(id), 0) FROM _fsm_discarded_intent");
    return sql.update(
        "UPDATE _fsm_discarded_intent SET pending = 0, id = id + ?,"
            + " at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE pending = 1",
        last);
  }

  @Override
  public List<DiscardedIntent> list(long afterId, int limit) {
    return sql.list(
        "SELECT id, at, op_id, cause, schema_name, table_name, key_json, op, payload"
            + " FROM _fsm_discarded_intent WHERE id > ? AND pending = 0 ORDER BY id LIMIT ?",
        row ->
            new DiscardedIntent(
                row.getLong(1),
                Instant.parse(row.getString(2)),
                row.getString(3),
                DiscardCause.valueOf(row.getString(4)),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                RowOperation.valueOf(row.getString(8)),
                Optional.ofNullable(row.getString(9))),
        afterId,
        limit);
  }

  @Override
  public void wipe() {
    sql.update("DELETE FROM _fsm_discarded_intent");
  }
}
