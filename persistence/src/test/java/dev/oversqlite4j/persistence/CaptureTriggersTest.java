package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.SyncSchema;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureTriggersTest {

  @TempDir Path directory;

  /** One thing an app does; what does not apply to the rows there are does nothing. */
  record Command(Kind kind, int key, int other) {
    enum Kind {
      INSERT_PERSON,
      UPDATE_PERSON,
      DELETE_PERSON,
      RENAME_PERSON,
      INSERT_NOTE,
      REPLACE_NOTE,
      UPSERT_NOTE,
      DELETE_NOTE,
      MOVE_NOTE,
      SERVER_HAS_PERSON,
      SERVER_LOST_PERSON,
      FREEZE
    }
  }

  @Provide
  Arbitrary<List<Command>> commands() {
    return Combinators.combine(
            Arbitraries.of(Command.Kind.class),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 3))
        .as(Command::new)
        .list()
        .ofMaxSize(25);
  }

  /** Spec 2.4 rules 3 to 7 and 9, against a model that knows nothing of SQL. */
  @Property(seed = "20260704")
  void capturesWhatTheRulesSay(@ForAll("commands") List<Command> commands) throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(TestDatabase.PEOPLE);
        SqliteStore store = db.installed()) {
      CaptureModel model = new CaptureModel();
      for (Command command : commands) {
        perform(db, command);
        model.perform(command);
        assertEquals(model.dirty(), db.dirty(), () -> "after " + command);
      }
    }
  }

  private static void perform(TestDatabase db, Command command) throws SQLException {
    String person = "p" + command.key();
    String otherPerson = "p" + command.other();
    byte[] note = {(byte) command.key()};
    switch (command.kind()) {
      case INSERT_PERSON ->
          db.run("INSERT OR IGNORE INTO person (id, name) VALUES (?, 'new')", person);
      case UPDATE_PERSON -> db.run("UPDATE person SET age = 7 WHERE id = ?", person);
      case DELETE_PERSON -> db.run("DELETE FROM person WHERE id = ?", person);
      case RENAME_PERSON ->
          db.run(
              "UPDATE person SET id = ?1 WHERE id = ?2 AND"
                  + " (?1 = ?2 OR NOT EXISTS (SELECT 1 FROM person WHERE id = ?1))",
              otherPerson,
              person);
      case INSERT_NOTE ->
          db.run(
              "INSERT OR IGNORE INTO note (id, person_id)"
                  + " VALUES (?1, (SELECT id FROM person WHERE id = ?2))",
              note,
              otherPerson);
      case REPLACE_NOTE ->
          db.run("INSERT OR REPLACE INTO note (id, body) VALUES (?, 'replaced')", note);
      case UPSERT_NOTE ->
          db.run(
              "INSERT INTO note (id, body) VALUES (?, 'first')"
                  + " ON CONFLICT (id) DO UPDATE SET body = 'second'",
              note);
      case DELETE_NOTE -> db.run("DELETE FROM note WHERE id = ?", note);
      case MOVE_NOTE ->
          db.run(
              "UPDATE note SET person_id = (SELECT id FROM person WHERE id = ?2) WHERE id = ?1",
              note,
              otherPerson);
      case SERVER_HAS_PERSON, SERVER_LOST_PERSON ->
          db.run(
              "INSERT OR REPLACE INTO _sync_row_state (schema_name, table_name, key_json,"
                  + " row_version, deleted) VALUES ('business', 'person', json_object('id', ?1),"
                  + " ?2, ?3)",
              person,
              10 + command.other(),
              command.kind() == Command.Kind.SERVER_HAS_PERSON ? 0 : 1);
      case FREEZE ->
          db.run(
              "DELETE FROM _sync_dirty_rows WHERE dirty_ordinal ="
                  + " (SELECT min(dirty_ordinal) FROM _sync_dirty_rows)");
    }
  }

  @Test
  void payloadHoldsAllColumnsInTableOrderInLocalEncodings() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TestDatabase.PEOPLE);
        SqliteStore store = db.installed()) {
      db.run("INSERT INTO person VALUES ('p\"1', 'O''Hara', 9223372036854775807, 0.5, 1, x'00ff')");
      db.run("INSERT INTO person VALUES ('p2', NULL, NULL, NULL, NULL, x'')");
      assertEquals(
          List.of(
              "1|person|{\"id\":\"p\\\"1\"}|INSERT|0|{\"id\":\"p\\\"1\",\"name\":\"O'Hara\","
                  + "\"age\":\"9223372036854775807\",\"height\":\"0.5\","
                  + "\"happy\":\"1\",\"photo\":\"00ff\"}",
              "2|person|{\"id\":\"p2\"}|INSERT|0|{\"id\":\"p2\",\"name\":null,\"age\":null,"
                  + "\"height\":null,\"happy\":null,\"photo\":\"\"}"),
          db.dirty());
    }
  }

  @Test
  void valuesOfAForeignStorageClassAreKeptApart() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TestDatabase.PEOPLE);
        SqliteStore store = db.installed()) {
      db.run("INSERT INTO person VALUES ('p1', x'41', 'abc', 'def', x'31', 'text')");
      assertEquals(
          List.of(
              "{\"id\":\"p1\",\"name\":[\"blob\",\"41\"],\"age\":\"abc\",\"height\":\"def\","
                  + "\"happy\":[\"blob\",\"31\"],\"photo\":[\"text\",\"text\"]}"),
          db.rows("SELECT payload FROM _sync_dirty_rows"));
    }
  }

  @Test
  void theGuardsRefuseWritesDuringATransitionOnly() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TestDatabase.PEOPLE);
        SqliteStore store = db.installed()) {
      db.run("INSERT INTO person (id) VALUES ('p1')");
      for (String kind : List.of("remote_replace", "source_recovery")) {
        db.run("UPDATE _sync_operation_state SET kind = ?", kind);
        for (String write :
            List.of(
                "INSERT INTO person (id) VALUES ('p2')",
                "INSERT OR IGNORE INTO person (id) VALUES ('p2')",
                "UPDATE person SET name = 'x'",
                "DELETE FROM person")) {
          SQLException refused = assertThrows(SQLException.class, () -> db.run(write));
          assertTrue(refused.getMessage().contains("SYNC_TRANSITION_PENDING"));
        }
        db.run("UPDATE _sync_apply_state SET apply_mode = 1");
        db.run("UPDATE person SET name = 'applied'");
        db.run("UPDATE _sync_apply_state SET apply_mode = 0");
      }
      db.run("UPDATE _sync_operation_state SET kind = 'none', reason = 'history_pruned'");
      db.run("DELETE FROM person");
      assertEquals(
          List.of("DELETE"),
          db.rows("SELECT op FROM _sync_dirty_rows"),
          "applied rows not captured");
    }
  }

  @Test
  void namesAreQuotedEverywhere() throws SQLException {
    String ddl =
        "CREATE TABLE \"odd \"\"table\"\" o'clock\" (\"the \"\"key\" TEXT PRIMARY KEY NOT NULL,"
            + " \"select\" INTEGER) WITHOUT ROWID";
    SyncSchema schema = SyncSchema.of("o'schema").table("ODD \"table\" o'clock").build();
    try (TestDatabase db = TestDatabase.in(directory, ddl);
        SqliteStore store = db.claimed(schema)) {
      store.write(TestDatabase::install);
      db.run("INSERT INTO \"odd \"\"table\"\" o'clock\" VALUES ('k', 1)");
      db.run("UPDATE \"odd \"\"table\"\" o'clock\" SET \"the \"\"key\" = 'l'");
      assertEquals(
          List.of(
              "o'schema|odd \"table\" o'clock|{\"the \\\"key\":\"k\"}|DELETE",
              "o'schema|odd \"table\" o'clock|{\"the \\\"key\":\"l\"}|INSERT"),
          db.rows("SELECT schema_name, table_name, key_json, op FROM _sync_dirty_rows"));
    }
  }
}
