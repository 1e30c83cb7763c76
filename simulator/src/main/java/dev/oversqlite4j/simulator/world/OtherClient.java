package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.plan.Table;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Another client of this protocol generation, as far as it shows in the file: the shared control
 * tables, triggers of its own under the shared names, and nothing else. It only knows {@link
 * Business}.
 */
public final class OtherClient {

  private static final String APPLY_MODE =
      "COALESCE((SELECT apply_mode FROM _sync_apply_state WHERE singleton_key = 1), 0)";

  /** How it writes the columns of each table into a payload. */
  private static final Map<String, String> PAYLOADS =
      Map.of(
          Table.PERSON,
          "'id', NEW.id, 'first_name', NEW.first_name, 'last_name', NEW.last_name,"
              + " 'email', NEW.email",
          Table.NOTE,
          "'id', lower(hex(NEW.id)), 'person_id', NEW.person_id, 'title', NEW.title,"
              + " 'content', NEW.content",
          Table.MEASURE,
          "'id', NEW.id, 'label', NEW.label, 'count', CAST(NEW.count AS TEXT), 'ratio',"
              + " CASE WHEN NEW.ratio IS NULL THEN NULL ELSE printf('%!.17g', NEW.ratio) END,"
              + " 'raw', CASE WHEN NEW.raw IS NULL THEN NULL ELSE lower(hex(NEW.raw)) END");

  private OtherClient() {}

  /** Whether it knows of every row: it would forget those that are held back or set aside. */
  static boolean mayTakeOver(DeviceTables tables) {
    return tables.installed() && tables.held().isEmpty() && tables.quarantined().isEmpty();
  }

  /**
   * What turns a file of ours into one of the other client, in the same durable state. It has no
   * audit, so of rows that wait for a remote replace nothing is left but the rows themselves.
   */
  public static List<String> takingOver() {
    List<String> sql = new ArrayList<>();
    for (String name : Table.ALL) {
      for (String suffix : List.of("bi_guard", "bu_guard", "bd_guard", "ai", "au", "ad")) {
        sql.add("DROP TRIGGER IF EXISTS trg_" + name + "_" + suffix);
      }
      guard(sql, name, "bi_guard", "INSERT");
      guard(sql, name, "bu_guard", "UPDATE");
      guard(sql, name, "bd_guard", "DELETE");
      String written = marker(name, "NEW", "json_object(" + PAYLOADS.get(name) + ")");
      String deleted = marker(name, "OLD", "NULL");
      capture(sql, name, "ai", "INSERT", "", written);
      capture(sql, name, "au", "UPDATE", " AND OLD.id = NEW.id", written);
      capture(sql, name, "ad", "DELETE", "", deleted);
    }
    for (String own :
        List.of(
            "_fsm_journal",
            "_fsm_meta",
            "_fsm_discarded_intent",
            "_fsm_quarantine",
            "_fsm_push_stage",
            "_fsm_pull_stage",
            "_fsm_touched")) {
      sql.add("DROP TABLE IF EXISTS " + own);
    }
    return List.copyOf(sql);
  }

  /** Does that to a file that nobody has open but to look. */
  static void takeOver(Path file) {
    try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = raw.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (String sql : takingOver()) {
        statement.execute(sql);
      }
      statement.execute("COMMIT");
    } catch (SQLException e) {
      throw new IllegalStateException("The other client cannot use the file", e);
    }
  }

  private static void guard(List<String> sql, String table, String suffix, String event) {
    sql.add(
        "CREATE TRIGGER trg_"
            + table
            + "_"
            + suffix
            + " BEFORE "
            + event
            + " ON "
            + table
            + " WHEN (SELECT kind FROM _sync_operation_state WHERE singleton_key = 1) != 'none' AND"
            + " "
            + APPLY_MODE
            + " != 1 BEGIN SELECT RAISE(ABORT, 'SYNC_TRANSITION_PENDING'); END");
  }

  private static void capture(
      List<String> sql, String table, String suffix, String event, String when, String statement) {
    sql.add(
        "CREATE TRIGGER trg_"
            + table
            + "_"
            + suffix
            + " AFTER "
            + event
            + " ON "
            + table
            + " WHEN "
            + APPLY_MODE
            + " = 0"
            + when
            + " BEGIN "
            + statement
            + "; END");
  }

  private static String marker(String table, String row, String payload) {
    String value = table.equals(Table.NOTE) ? "lower(hex(" + row + ".id))" : row + ".id";
    String key = "json_object('id', " + value + ")";
    String known =
        " FROM _sync_row_state WHERE schema_name = '"
            + Business.NAME
            + "' AND table_name = '"
            + table
            + "' AND key_json = "
            + key;
    String op =
        payload.equals("NULL")
            ? "'DELETE'"
            : "CASE WHEN EXISTS (SELECT 1"
                + known
                + " AND deleted = 0) THEN 'UPDATE' ELSE 'INSERT' END";
    return "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
        + " payload, dirty_ordinal) VALUES ('"
        + Business.NAME
        + "', '"
        + table
        + "', "
        + key
        + ", "
        + op
        + ", COALESCE((SELECT row_version"
        + known
        + "), 0), "
        + payload
        + ", COALESCE((SELECT MAX(dirty_ordinal) FROM _sync_dirty_rows), 0) + 1)"
        + " ON CONFLICT (schema_name, table_name, key_json) DO UPDATE SET op = excluded.op,"
        + " payload = excluded.payload";
  }
}
