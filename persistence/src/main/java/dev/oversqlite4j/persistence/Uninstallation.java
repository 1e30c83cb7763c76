package dev.oversqlite4j.persistence;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Takes out what {@link InstallationRole} put in (spec 4.9). */
final class Uninstallation {

  private static final String JOURNAL = "_fsm_journal";

  private static final List<String> OURS =
      List.of(
          "_fsm_meta",
          "_fsm_discarded_intent",
          "_fsm_quarantine",
          "_fsm_touched",
          "_fsm_push_stage",
          "_fsm_pull_stage");

  private final Sql sql;

  Uninstallation(Sql sql) {
    this.sql = sql;
  }

  boolean installed() {
    return exists("_sync_attachment_state");
  }

  /** Of all tables ever managed, whether they are configured now or not. */
  void dropTriggers() {
    Set<String> tables = new LinkedHashSet<>();
    if (exists("_sync_managed_tables")) {
      tables.addAll(
          sql.list(
              "SELECT table_name FROM _sync_managed_tables ORDER BY table_name",
              row -> TableInspection.lower(row.getString(1))));
    }
    for (String table : tables) {
      for (String trigger : CaptureTriggers.names(table)) {
        // An app may call a trigger of its own like that (V22).
        if (sql.exists(
            "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ?"
                + " AND sql LIKE '%!_sync!_%' ESCAPE '!'",
            trigger)) {
          sql.execute("DROP TRIGGER " + SqlText.identifier(trigger));
        }
      }
    }
  }

  void dropEverything(String machine) {
    dropTriggers();
    List<String> tables = new ArrayList<>(ControlTables.names());
    tables.addAll(OURS);
    if (exists(JOURNAL)) {
      sql.update("DELETE FROM _fsm_journal WHERE machine = ?", machine);
      if (!sql.exists("SELECT 1 FROM _fsm_journal LIMIT 1")) {
        tables.add(JOURNAL);
      }
    }
    tables.forEach(table -> sql.execute("DROP TABLE IF EXISTS " + table));
  }

  private boolean exists(String table) {
    return sql.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table);
  }
}
