package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.LocalTransaction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

class InstallationTest {

  @TempDir Path directory;
  private TestDatabase db;

  @BeforeEach
  void create() {
    db = TestDatabase.in(directory, TestDatabase.PEOPLE);
  }

  @AfterEach
  void close() {
    db.close();
  }

  @Test
  void theSecondTimeChangesNothing() throws Exception {
    db.run("INSERT INTO person (id) VALUES ('p1')");
    try (SqliteStore store = db.installed()) {
      // Only a connection that has read since knows that there is a log now.
      assertEquals(List.of("1"), db.rows("SELECT count(*) FROM person"));
      assertEquals(List.of("0|0|0"), db.rows("PRAGMA wal_checkpoint(TRUNCATE)"));
      byte[] before = Files.readAllBytes(db.file);
      Path wal = db.file.resolveSibling("app.db-wal");
      assertEquals(0, Files.size(wal));
      long changed =
          store.write(
              tx -> {
                long changes = totalChanges(tx);
                assertEquals(0, TestDatabase.install(tx));
                return totalChanges(tx) - changes;
              });
      assertEquals(0, changed);
      assertEquals(0, Files.size(wal));
      assertArrayEquals(before, Files.readAllBytes(db.file));
    }
  }

  private static long totalChanges(LocalTransaction tx) {
    try (var statement = tx.journal().connection().createStatement();
        var rows = statement.executeQuery("SELECT total_changes()")) {
      return rows.getLong(1);
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void theControlTablesAreTheSharedOnes() throws SQLException {
    db.installed().close();
    assertEquals(
        List.of(
            "_fsm_discarded_intent",
            "_fsm_journal",
            "_fsm_meta",
            "_fsm_pull_stage",
            "_fsm_push_stage",
            "_fsm_quarantine",
            "_fsm_touched",
            "_sync_apply_state",
            "_sync_attachment_state",
            "_sync_dirty_rows",
            "_sync_managed_tables",
            "_sync_operation_state",
            "_sync_outbox_bundle",
            "_sync_outbox_rows",
            "_sync_row_state",
            "_sync_snapshot_stage",
            "_sync_source_state"),
        db.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '\\_%' ESCAPE '\\'"
                + " ORDER BY name"));
    assertEquals(
        List.of(
            "CREATE TABLE _sync_managed_tables (\n"
                + "  schema_name TEXT NOT NULL,\n"
                + "  table_name  TEXT NOT NULL,\n"
                + "  PRIMARY KEY (schema_name, table_name)\n"
                + ")"),
        db.rows("SELECT sql FROM sqlite_schema WHERE name = '_sync_managed_tables'"));
    assertEquals(
        List.of("1|jcs_uniform_numeric_strings_v1|none||0|||0||0"),
        db.rows("SELECT * FROM _sync_outbox_bundle"));
    assertEquals(
        List.of("business|note", "business|person"),
        db.rows("SELECT * FROM _sync_managed_tables ORDER BY table_name"));
  }

  @Test
  void firstCaptureTakesEveryRowParentsFirstByKey() throws SQLException {
    db.run("INSERT INTO person (id) VALUES ('p2'), ('p1')");
    db.run("INSERT INTO note (id, person_id) VALUES (x'02', 'p1'), (x'01', 'p2')");
    try (SqliteStore store = db.claimed()) {
      long captured =
          store.write(
              tx -> {
                tx.installation().install();
                return tx.installation().captureAll();
              });
      assertEquals(4, captured);
      assertEquals(
          List.of(
              "1|{\"id\":\"p1\"}|INSERT|0",
              "2|{\"id\":\"p2\"}|INSERT|0",
              "3|{\"id\":\"01\"}|INSERT|0",
              "4|{\"id\":\"02\"}|INSERT|0"),
          db.rows(
              "SELECT dirty_ordinal, key_json, op, base_row_version FROM _sync_dirty_rows"
                  + " ORDER BY dirty_ordinal"));
      assertThrows(
          CorruptLocalStateException.class,
          () -> store.write(tx -> tx.installation().captureAll()));
    }
  }

  @Test
  void firstCaptureAndTriggersEncodeAlike() throws SQLException {
    db.run(
        "INSERT INTO person VALUES ('p', 'n', 1, 1e300, 0, x'ff'), ('q', x'01', 'a', 'b', 2, 3)");
    try (SqliteStore store = db.installed()) {
      List<String> captured = db.rows("SELECT key_json, payload FROM _sync_dirty_rows ORDER BY 1");
      db.run("UPDATE person SET id = id");
      assertEquals(captured, db.rows("SELECT key_json, payload FROM _sync_dirty_rows ORDER BY 1"));
    }
  }

  @Test
  void tablesWhoseTriggersWereMissingAreBroughtIntoLine() throws SQLException {
    db.installed().close();
    String state =
        "INSERT INTO _sync_row_state (schema_name, table_name, key_json, row_version, deleted)"
            + " VALUES ('business', 'person', json_object('id', ?), ?, ?)";
    db.run(state, "tracked", 5, 0);
    db.run(state, "vanished", 6, 0);
    db.run(state, "reborn", 7, 1);
    db.run(state, "gone", 8, 1);
    db.run("DROP TRIGGER trg_person_ai");
    db.run("INSERT INTO person (id) VALUES ('tracked'), ('reborn'), ('new')");
    try (SqliteStore store = db.claimed()) {
      assertEquals(3L, store.<Long>write(TestDatabase::install));
    }
    assertEquals(
        List.of(
            "{\"id\":\"new\"}|INSERT|0",
            "{\"id\":\"reborn\"}|INSERT|7",
            "{\"id\":\"vanished\"}|DELETE|6"),
        db.rows(
            "SELECT key_json, op, base_row_version FROM _sync_dirty_rows ORDER BY dirty_ordinal"));
  }

  /** What is frozen is intent, too, but not of what became of the row since. */
  @Test
  void frozenRowsThatWentOrCameBackWithoutTriggersAreFound() throws SQLException {
    db.installed().close();
    String frozen =
        "INSERT INTO _sync_outbox_rows (source_bundle_id, row_ordinal, schema_name, table_name, key_json,"
            + " wire_key_json, op, base_row_version, local_payload, wire_payload) VALUES (1, ?1,"
            + " 'business', 'person', json_object('id', ?2), json_object('id', ?2), ?3, 4, ?4, ?4)";
    db.run(frozen, 0, "edited", "UPDATE", "{\"id\":\"edited\"}");
    db.run(frozen, 1, "went", "UPDATE", "{}");
    db.run(frozen, 2, "back", "DELETE", null);
    db.run(frozen, 3, "gone", "DELETE", null);
    db.run("DROP TRIGGER trg_person_ai");
    db.run("INSERT INTO person (id) VALUES ('edited'), ('back')");
    db.run(
        "INSERT INTO _sync_row_state (schema_name, table_name, key_json, row_version, deleted)"
            + " VALUES ('business', 'person', json_object('id', 'edited'), 4, 0)");
    try (SqliteStore store = db.claimed()) {
      assertEquals(2L, store.<Long>write(TestDatabase::install));
    }
    assertEquals(
        List.of("{\"id\":\"back\"}|INSERT", "{\"id\":\"went\"}|DELETE"),
        db.rows("SELECT key_json, op FROM _sync_dirty_rows ORDER BY dirty_ordinal"));
  }

  @Test
  void whatWasCapturedBeforeTheTableChangedIsReadAgain() throws SQLException {
    db.installed().close();
    db.run("INSERT INTO person (id) VALUES ('kept'), ('deleted'), ('reborn')");
    db.run("DELETE FROM person WHERE id = 'reborn'");
    db.run("UPDATE _sync_dirty_rows SET base_row_version = 40 + dirty_ordinal");
    db.run("DROP TRIGGER trg_person_ai");
    db.run("DROP TRIGGER trg_person_ad");
    db.run("DELETE FROM person WHERE id = 'deleted'");
    db.run("INSERT INTO person (id) VALUES ('reborn')");
    db.run("ALTER TABLE person ADD COLUMN email TEXT");
    db.installed().close();
    assertEquals(
        List.of("1|kept|INSERT|41|1", "2|deleted|DELETE|42|null", "3|reborn|INSERT|43|1"),
        db.rows(
            "SELECT dirty_ordinal, key_json ->> 'id', op, base_row_version,"
                + " json_type(payload, '$.email') = 'null' FROM _sync_dirty_rows"
                + " ORDER BY dirty_ordinal"));
  }

  @Test
  void aDifferentTriggerIsReplacedAndWhitespaceIsNoDifference() throws SQLException {
    db.installed().close();
    String wanted = db.rows("SELECT sql FROM sqlite_schema WHERE name = 'trg_person_ad'").get(0);
    db.run("DROP TRIGGER trg_person_ad");
    String spaced =
        wanted.replace("\n", "\n\t ").replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS");
    db.run(spaced);
    db.run("DROP TRIGGER trg_note_ad");
    db.run(
        "CREATE TRIGGER trg_note_ad AFTER DELETE ON note BEGIN"
            + " SELECT 1 FROM _sync_apply_state; END");
    db.installed().close();
    assertEquals(
        List.of("1|0"),
        db.rows(
            "SELECT (SELECT instr(sql, char(9)) > 0 FROM sqlite_schema WHERE name = 'trg_person_ad'),"
                + " (SELECT instr(sql, 'SELECT 1 FROM _sync_apply_state;') > 0 FROM sqlite_schema"
                + " WHERE name = 'trg_note_ad')"));
  }

  /**
   * W-12: a trigger is replaced in the transaction of everything else, so that no process that dies
   * meanwhile leaves a table without it.
   */
  @Test
  void w12AProcessThatDiesWhileReplacingATriggerLeavesAllOfThem() throws Exception {
    db.installed().close();
    db.run("DROP TRIGGER trg_note_ad");
    db.run(
        "CREATE TRIGGER trg_note_ad AFTER DELETE ON note BEGIN"
            + " SELECT 1 FROM _sync_apply_state; END");
    db.close();
    Path old = Files.move(db.file, directory.resolve("old.db"));
    Set<String> left = new LinkedHashSet<>();
    for (int crashAt = 1; ; crashAt++) {
      Path run = Files.createDirectory(directory.resolve("run" + crashAt));
      Path file = Files.copy(old, run.resolve("app.db"));
      Path copy = run.resolve("copy.db");
      SQLiteDataSource real = new SQLiteDataSource();
      real.setUrl("jdbc:sqlite:" + file);
      CrashingDataSource process =
          new CrashingDataSource(real, file, copy, crashAt, CrashingDataSource.When.AFTER);
      try (SqliteStore store = SqliteStore.over(process.dataSource())) {
        store.claim(TestDatabase.people(), TestDatabase.options());
        store.write(TestDatabase::install);
        break;
      } catch (CrashingDataSource.Crash crash) {
        left.add(triggers(copy));
      } finally {
        process.release();
      }
    }
    assertEquals(Set.of("12 triggers, 11 of ours", "12 triggers, 12 of ours"), left);
  }

  private static String triggers(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) || ' triggers, '"
                    + " || sum(sql NOT LIKE '%SELECT 1 FROM _sync_apply_state;%') || ' of ours'"
                    + " FROM sqlite_schema WHERE type = 'trigger'")) {
      return row.getString(1);
    }
  }

  @Test
  void w25ATableRegisteredLaterIsCapturedThen() throws SQLException {
    db.run("CREATE TABLE later (id TEXT PRIMARY KEY NOT NULL)");
    db.run("INSERT INTO later VALUES ('l')");
    db.installed().close();
    SyncSchema more =
        SyncSchema.of("business").table("note").table("person").table("later").build();
    try (SqliteStore store = db.claimed(more)) {
      assertEquals(1L, store.<Long>write(TestDatabase::install));
      assertEquals(0L, store.<Long>write(TestDatabase::install));
    }
  }

  @Test
  void applyModeIsForcedOffAndHalfWrittenAttachmentsAreNormalised() throws SQLException {
    db.installed().close();
    db.run("UPDATE _sync_apply_state SET apply_mode = 1");
    db.run(
        "UPDATE _sync_attachment_state SET binding_state = 'attached', attached_user_id = 'u',"
            + " schema_name = 'business', last_bundle_seq_seen = 9");
    db.run("UPDATE _sync_operation_state SET kind = 'remote_replace', target_user_id = 'v'");
    try (SqliteStore store = db.installed()) {
      assertEquals(
          new ControlState.Anonymous(),
          store.<ControlState>read(tx -> tx.controlState()).binding());
    }
    assertEquals(List.of("0"), db.rows("SELECT apply_mode FROM _sync_apply_state"));
  }

  @Test
  void aFileOfANewerFormatIsLeftAlone() throws SQLException {
    db.installed().close();
    db.run("UPDATE _fsm_meta SET format_version = 2");
    assertThrows(CorruptLocalStateException.class, () -> db.installed());
  }
}
