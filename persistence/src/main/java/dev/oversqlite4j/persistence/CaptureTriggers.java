package dev.oversqlite4j.persistence;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The six triggers of a managed table (spec 2.4): three guards that refuse the app's writes while
 * its rows are being replaced, three that capture what the app writes.
 */
final class CaptureTriggers {

  private static final String APPLY_MODE =
      "coalesce((SELECT apply_mode FROM _sync_apply_state WHERE singleton_key = 1), 0)";

  /** The app writes. */
  private static final String CAPTURING = APPLY_MODE + " = 0";

  /** Authoritative rows are written; what goes with them by foreign keys is noted (W-38). */
  private static final String APPLYING = APPLY_MODE + " = 1";

  /** Either of both, but not while everything is wiped. */
  private static final String WATCHING = APPLY_MODE + " < 2";

  private static final List<String> SUFFIXES =
      List.of("bi_guard", "bu_guard", "bd_guard", "ai", "au", "ad");

  private CaptureTriggers() {}

  /** Their names, for a lower-cased table name. */
  static List<String> names(String table) {
    return SUFFIXES.stream().map(suffix -> "trg_" + table + "_" + suffix).toList();
  }

  /** Their SQL by name. */
  static Map<String, String> of(String schema, TableShape table) {
    List<String> names = names(table.name());
    Map<String, String> sql = new LinkedHashMap<>();
    sql.put(names.get(0), guard(names.get(0), "INSERT", table, notes(schema, table, "NEW.")));
    sql.put(names.get(1), guard(names.get(1), "UPDATE", table, notes(schema, table, "OLD.")));
    sql.put(names.get(2), guard(names.get(2), "DELETE", table, ""));
    sql.put(
        names.get(3),
        capture(names.get(3), "INSERT", table, CAPTURING, written(schema, table, "true")));
    sql.put(names.get(4), updated(names.get(4), schema, table));
    sql.put(
        names.get(5),
        capture(
            names.get(5),
            "DELETE",
            table,
            WATCHING,
            TouchedTable.noteOne(schema, table, "OLD.", APPLYING),
            deleted(schema, table, CAPTURING)));
    return sql;
  }

  /** Whether an installed trigger does what {@code wanted} says. */
  static boolean same(String installed, String wanted) {
    return installed.equals(wanted) || normalised(installed).equals(normalised(wanted));
  }

  private static String normalised(String sql) {
    return sql.replaceAll("\\s+", " ").replaceFirst("(?i)IF NOT EXISTS ", "").trim();
  }

  /** Rule 8: before the statement is the only moment at which a row to be evicted can be seen. */
  private static String notes(String schema, TableShape table, String own) {
    return table.unique().plain().stream()
        .map(index -> TouchedTable.note(schema, table, index, own))
        .collect(Collectors.joining());
  }

  private static String guard(String name, String event, TableShape table, String notes) {
    if (!notes.isEmpty()) {
      return create(name, "BEFORE " + event, table)
          + "\nWHEN "
          + CAPTURING
          + "\nBEGIN\n  SELECT RAISE(ABORT, 'SYNC_TRANSITION_PENDING')"
          + " WHERE EXISTS (SELECT 1 FROM _sync_operation_state"
          + " WHERE singleton_key = 1 AND kind <> 'none');\n"
          + notes
          + "END";
    }
    return create(name, "BEFORE " + event, table)
        + "\nWHEN EXISTS (SELECT 1 FROM _sync_operation_state"
        + " WHERE singleton_key = 1 AND kind <> 'none')\n  AND "
        + CAPTURING
        + "\nBEGIN\n  SELECT RAISE(ABORT, 'SYNC_TRANSITION_PENDING');\nEND";
  }

  private static String updated(String name, String schema, TableShape table) {
    if (table.changedByParents().isEmpty()) {
      return capture(
          name,
          "UPDATE",
          table,
          CAPTURING,
          deleted(schema, table, keyChanged(table)),
          after(schema, table, "true"));
    }
    String changed =
        table.changedByParents().stream()
            .map(column -> "OLD." + column.quoted() + " IS NOT NEW." + column.quoted())
            .collect(Collectors.joining(" OR ", APPLYING + " AND (", ")"));
    return capture(
        name,
        "UPDATE",
        table,
        WATCHING,
        TouchedTable.noteOne(schema, table, "OLD.", changed + " AND " + keyChanged(table)),
        TouchedTable.noteOne(schema, table, "NEW.", changed),
        deleted(schema, table, CAPTURING + " AND " + keyChanged(table)),
        after(schema, table, CAPTURING));
  }

  private static String after(String schema, TableShape table, String condition) {
    return table.changedByItsKeys()
        ? stored(schema, table, condition)
        : written(schema, table, condition);
  }

  private static String capture(
      String name, String event, TableShape table, String when, String... statements) {
    StringBuilder sql = new StringBuilder(create(name, "AFTER " + event, table));
    sql.append("\nWHEN ").append(when).append("\nBEGIN\n");
    Stream.of(statements).forEach(statement -> sql.append(statement).append(";\n"));
    return sql.append("END").toString();
  }

  private static String create(String name, String when, TableShape table) {
    return "CREATE TRIGGER " + SqlText.identifier(name) + " " + when + " ON " + table.quoted();
  }

  private static String keyChanged(TableShape table) {
    return RowJson.key(table.key(), "OLD.") + " <> " + RowJson.key(table.key(), "NEW.");
  }

  /** Rule 4. */
  private static String written(String schema, TableShape table, String condition) {
    return written(schema, table, RowJson.payload(table.columns(), "NEW."), condition);
  }

  /**
   * Rule 4, with what the row is by now: foreign keys that follow a changed key have changed it
   * already, and their capture must not be undone.
   */
  private static String stored(String schema, TableShape table, String condition) {
    String row =
        " FROM "
            + table.quoted()
            + " AS r WHERE r."
            + table.key().quoted()
            + " = NEW."
            + table.key().quoted();
    return written(
        schema,
        table,
        "(SELECT " + RowJson.payload(table.columns(), "r.") + row + ")",
        condition + " AND EXISTS (SELECT 1" + row + ")");
  }

  private static String written(String schema, TableShape table, String payload, String condition) {
    return mark(
        schema,
        table,
        RowJson.key(table.key(), "NEW."),
        "CASE WHEN s.deleted = 0 THEN 'UPDATE' ELSE 'INSERT' END",
        payload,
        condition);
  }

  /** Rules 5 and 6. */
  private static String deleted(String schema, TableShape table, String condition) {
    return mark(schema, table, RowJson.key(table.key(), "OLD."), "'DELETE'", "NULL", condition);
  }

  /** Base and ordinal are those of the first touch: a conflicting row keeps its own. */
  private static String mark(
      String schema, TableShape table, String key, String op, String payload, String condition) {
    String schemaLiteral = SqlText.literal(schema);
    String tableLiteral = SqlText.literal(table.name());
    return "  INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op,"
        + " base_row_version, payload, dirty_ordinal, updated_at)\n  SELECT "
        + schemaLiteral
        + ", "
        + tableLiteral
        + ", k.key_json, "
        + op
        + ", coalesce(s.row_version, 0), "
        + payload
        + ", coalesce((SELECT max(dirty_ordinal) FROM _sync_dirty_rows), 0) + 1,"
        + " strftime('%Y-%m-%dT%H:%M:%fZ', 'now')\n  FROM (SELECT "
        + key
        + " AS key_json) AS k\n  LEFT JOIN _sync_row_state AS s ON s.schema_name = "
        + schemaLiteral
        + " AND s.table_name = "
        + tableLiteral
        + " AND s.key_json = k.key_json\n  WHERE "
        + condition
        + "\n  ON CONFLICT (schema_name, table_name, key_json) DO UPDATE SET op = excluded.op,"
        + " payload = excluded.payload, updated_at = excluded.updated_at";
  }
}
