package dev.oversqlite4j.persistence;

/** Finds by a scan what no trigger reported: rows that were captured or known and are gone. */
final class VanishedRows {

  private final Sql sql;
  private final ManagedSchema schema;

  VanishedRows(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  /** Leaves a DELETE marker for each and returns how many there are. */
  long mark(TableShape table) {
    return markCaptured(table) + markKnown(table);
  }

  private long markCaptured(TableShape table) {
    return sql.update(
        "UPDATE _sync_dirty_rows AS d SET payload = NULL, op = 'DELETE'"
            + " WHERE d.schema_name = ?1 AND d.table_name = ?2"
            + " AND d.payload IS NOT NULL AND d.key_json NOT IN (SELECT "
            + RowJson.key(table.key(), "")
            + " FROM "
            + table.quoted()
            + ")",
        schema.name(),
        table.name());
  }

  private long markKnown(TableShape table) {
    return sql.update(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal)"
            + " SELECT ?1, ?2, s.key_json, 'DELETE', s.row_version, NULL,"
            + " coalesce((SELECT max(dirty_ordinal) FROM _sync_dirty_rows), 0)"
            + " + row_number() OVER (ORDER BY s.key_json)"
            + " FROM _sync_row_state AS s"
            + " WHERE s.schema_name = ?1 AND s.table_name = ?2 AND s.deleted = 0"
            + " AND s.key_json NOT IN (SELECT "
            + RowJson.key(table.key(), "")
            + " FROM "
            + table.quoted()
            + ") AND "
            + hasNoIntent("s.key_json")
            + " ORDER BY s.key_json",
        schema.name(),
        table.name());
  }

  /**
   * Rows that went after they were frozen, while nothing captured. What others delete is not
   * applied before the bundle has been replayed.
   */
  long markFrozen(TableShape table) {
    return sql.update(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal)"
            + " SELECT ?1, ?2, o.key_json, 'DELETE', o.base_row_version, NULL,"
            + " coalesce((SELECT max(dirty_ordinal) FROM _sync_dirty_rows), 0)"
            + " + row_number() OVER (ORDER BY o.row_ordinal)"
            + " FROM _sync_outbox_rows AS o"
            + " WHERE o.schema_name = ?1 AND o.table_name = ?2 AND o.op <> 'DELETE'"
            + " AND o.key_json NOT IN (SELECT "
            + RowJson.key(table.key(), "")
            + " FROM "
            + table.quoted()
            + ") AND NOT EXISTS (SELECT 1 FROM _sync_dirty_rows AS d WHERE d.schema_name = ?1"
            + " AND d.table_name = ?2 AND d.key_json = o.key_json)",
        schema.name(),
        table.name());
  }

  /** A condition over schema {@code ?1} and table {@code ?2}. */
  static String hasNoIntent(String key) {
    StringBuilder condition = new StringBuilder("true");
    for (String intent :
        new String[] {"_sync_dirty_rows", "_sync_outbox_rows", "_fsm_quarantine"}) {
      condition
          .append(" AND NOT EXISTS (SELECT 1 FROM ")
          .append(intent)
          .append(" AS i WHERE i.schema_name = ?1 AND i.table_name = ?2 AND i.key_json = ")
          .append(key)
          .append(")");
    }
    return condition.toString();
  }
}
