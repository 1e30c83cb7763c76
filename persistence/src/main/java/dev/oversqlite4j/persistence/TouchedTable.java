package dev.oversqlite4j.persistence;

import dev.oversqlite4j.spi.RowKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Keys of rows to be looked at again, in {@code _fsm_touched}; the triggers note them. Those that a
 * statement of the app may have deleted without a delete trigger (spec 2.4 rule 8, W-27) wait for
 * the next look; those that foreign keys took along with authoritative rows (W-38) are looked at in
 * the same transaction.
 */
final class TouchedTable {

  private static final String NAME = "_fsm_touched";

  private static final String CREATE =
      """
      CREATE TABLE _fsm_touched (
        schema_name TEXT NOT NULL,
        table_name TEXT NOT NULL,
        key_json TEXT NOT NULL,
        PRIMARY KEY (schema_name, table_name, key_json)
      ) STRICT, WITHOUT ROWID""";

  /**
   * What the delete trigger would have written, but nothing for rows that only this file ever knew
   * and that left no intent.
   */
  private static final String MARK =
      "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
          + " payload, dirty_ordinal)"
          + " SELECT k.schema_name, k.table_name, k.key_json, 'DELETE', coalesce(s.row_version, 0),"
          + " NULL, coalesce((SELECT max(dirty_ordinal) FROM _sync_dirty_rows), 0) + 1"
          + " FROM (SELECT ?1 AS schema_name, ?2 AS table_name, ?3 AS key_json) AS k"
          + " LEFT JOIN _sync_row_state AS s ON s.schema_name = ?1 AND s.table_name = ?2"
          + " AND s.key_json = ?3"
          + " WHERE s.deleted = 0 OR NOT ("
          + VanishedRows.hasNoIntent("?3")
          + ") ON CONFLICT (schema_name, table_name, key_json) DO UPDATE SET op = 'DELETE',"
          + " payload = NULL, updated_at = excluded.updated_at WHERE payload IS NOT NULL";

  private final Sql sql;
  private final ManagedSchema schema;

  TouchedTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  static void createIfMissing(Sql sql, Map<String, String> existing) {
    if (!existing.containsKey(NAME)) {
      sql.execute(CREATE);
    }
  }

  /**
   * A statement of a trigger before an insert or update that notes whom the new row may evict
   * through one index. A key of a foreign storage class is left out: it cannot be found again, nor
   * sent.
   *
   * @param own the row that the statement changes itself, "NEW." or "OLD."
   */
  static String note(
      String schemaName, TableShape table, List<UniqueIndexes.Part> index, String own) {
    return "  INSERT INTO _fsm_touched (schema_name, table_name, key_json)\n  SELECT "
        + SqlText.literal(schemaName)
        + ", "
        + SqlText.literal(table.name())
        + ", "
        + RowJson.key(table.key(), "o.")
        + "\n  FROM "
        + table.quoted()
        + " AS o\n  WHERE "
        + index.stream()
            .map(
                part ->
                    "o."
                        + part.column().quoted()
                        + " = "
                        + stored(part)
                        + " COLLATE "
                        + SqlText.identifier(part.collation()))
            .collect(Collectors.joining(" AND "))
        + " AND typeof(o."
        + table.key().quoted()
        + ") = "
        + (table.key().kind() == Kind.TEXT ? "'text'" : "'blob'")
        + "\n    AND "
        + RowJson.key(table.key(), "o.")
        + " <> "
        + RowJson.key(table.key(), own)
        + "\n  ON CONFLICT (schema_name, table_name, key_json) DO NOTHING;\n";
  }

  /** What the new row will hold: a REPLACE turns NULL into the default, but only after us. */
  private static String stored(UniqueIndexes.Part part) {
    String value = "NEW." + part.column().quoted();
    return part.byDefault().map(literal -> "ifnull(" + value + ", " + literal + ")").orElse(value);
  }

  /**
   * A statement of a trigger that notes its own row.
   *
   * @param row "NEW." or "OLD."
   */
  static String noteOne(String schemaName, TableShape table, String row, String condition) {
    return "  INSERT INTO _fsm_touched (schema_name, table_name, key_json)\n  SELECT "
        + SqlText.literal(schemaName)
        + ", "
        + SqlText.literal(table.name())
        + ", "
        + RowJson.key(table.key(), row)
        + "\n  WHERE "
        + condition
        + "\n  ON CONFLICT (schema_name, table_name, key_json) DO NOTHING";
  }

  /** Noted rows that are gone, or that the action of a foreign key changed; forgets all notes. */
  List<RowKey> takenAlong() {
    List<RowKey> taken =
        noted().stream()
            .filter(
                key ->
                    schema
                        .find(key.table())
                        .filter(
                            table -> !table.changedByParents().isEmpty() || !present(table, key))
                        .isPresent())
            .toList();
    wipe();
    return taken;
  }

  /** The row is what the server says it is. */
  void forget(RowKey key) {
    sql.update(
        "DELETE FROM _fsm_touched WHERE schema_name = ? AND table_name = ? AND key_json = ?",
        schema.name(),
        key.table(),
        key.keyJson());
  }

  private List<RowKey> noted() {
    return sql.list(
        "SELECT table_name, key_json FROM _fsm_touched ORDER BY table_name, key_json",
        row -> new RowKey(row.getString(1), row.getString(2)));
  }

  /** Marks noted rows that are gone; a row that is still there was not evicted. */
  void judge() {
    List<RowKey> noted = noted();
    if (noted.isEmpty()) {
      return;
    }
    for (RowKey key : noted) {
      Optional<TableShape> table = schema.find(key.table());
      if (table.isPresent() && !present(table.get(), key)) {
        sql.update(MARK, schema.name(), key.table(), key.keyJson());
      }
    }
    wipe();
  }

  void wipe() {
    sql.update("DELETE FROM _fsm_touched");
  }

  /** The key as it is spelt, whatever the column's own collation takes for equal. */
  private boolean present(TableShape table, RowKey key) {
    return sql.exists(
        "SELECT 1 FROM "
            + table.quoted()
            + " WHERE "
            + table.key().quoted()
            + " = ? AND "
            + RowJson.key(table.key(), "")
            + " = ?",
        LocalForm.key(table, key),
        key.keyJson());
  }
}
