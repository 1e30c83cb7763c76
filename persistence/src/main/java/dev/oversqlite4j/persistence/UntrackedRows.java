package dev.oversqlite4j.persistence;

/**
 * Finds by a scan the rows that nobody tracks: neither a live row state, nor captured or frozen
 * intent, nor the quarantine (I13).
 */
final class UntrackedRows {

  /** Inserted again since its deletion was frozen. */
  private static final String BACK =
      "EXISTS (SELECT 1 FROM _sync_outbox_rows AS o WHERE o.schema_name = ?1"
          + " AND o.table_name = ?2 AND o.key_json = u.key_json AND o.op = 'DELETE')"
          + " AND NOT EXISTS (SELECT 1 FROM _sync_dirty_rows AS d WHERE d.schema_name = ?1"
          + " AND d.table_name = ?2 AND d.key_json = u.key_json)";

  private final Sql sql;
  private final ManagedSchema schema;

  UntrackedRows(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  /** Captures each as an INSERT and returns how many there are. */
  long capture(TableShape table) {
    return sql.update(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal)"
            + " SELECT ?1, ?2, u.key_json, 'INSERT', coalesce(s.row_version, 0), u.payload,"
            + " coalesce((SELECT max(dirty_ordinal) FROM _sync_dirty_rows), 0)"
            + " + row_number() OVER (ORDER BY u.sort_key)"
            + " FROM (SELECT "
            + table.key().quoted()
            + " AS sort_key, "
            + RowJson.key(table.key(), "")
            + " AS key_json, "
            + RowJson.payload(table.columns(), "")
            + " AS payload FROM "
            + table.quoted()
            + ") AS u"
            + " LEFT JOIN _sync_row_state AS s ON s.schema_name = ?1 AND s.table_name = ?2"
            + " AND s.key_json = u.key_json"
            + " WHERE (coalesce(s.deleted, 1) <> 0 AND "
            + VanishedRows.hasNoIntent("u.key_json")
            + ") OR ("
            + BACK
            + ")"
            + " ORDER BY u.sort_key",
        schema.name(),
        table.name());
  }
}
