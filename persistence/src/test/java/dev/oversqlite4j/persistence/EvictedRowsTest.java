package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

/** W-27: a REPLACE that deletes another row through a UNIQUE index leaves a delete marker. */
class EvictedRowsTest {

  private static final String TAGS =
      """
      CREATE TABLE Tag (Id TEXT PRIMARY KEY NOT NULL, name TEXT, a INTEGER, b INTEGER,
        UNIQUE (A, b));
      CREATE UNIQUE INDEX tag_name ON tag (name COLLATE NOCASE);
      CREATE TABLE part (id TEXT PRIMARY KEY NOT NULL, name TEXT, a INTEGER, b INTEGER);
      CREATE UNIQUE INDEX part_name ON part (lower(name));
      CREATE UNIQUE INDEX part_numbers ON part (a, b) WHERE a IS NOT NULL;
      CREATE TABLE slot (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL DEFAULT 'n',
        a INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 1, b TEXT NOT NULL DEFAULT '2');
      CREATE UNIQUE INDEX slot_name ON slot (name COLLATE NOCASE);
      CREATE UNIQUE INDEX slot_numbers ON slot (a, b);
      CREATE TABLE seat (id TEXT PRIMARY KEY NOT NULL, name TEXT,
        a INTEGER UNIQUE NOT NULL DEFAULT (1 + abs(random() % 2)), b INTEGER)""";

  private static final SyncSchema SCHEMA =
      SyncSchema.of("business").table("tag").table("part").table("slot").table("seat").build();

  private static final List<String> TABLES = List.of("tag", "part", "slot", "seat");

  @TempDir Path directory;

  record Command(Kind kind, String table, String id, String name, Integer a, Integer b) {
    enum Kind {
      REPLACE("INSERT OR REPLACE INTO %s VALUES (?1, ?2, ?3, ?4)"),
      UPDATE_OR_REPLACE("UPDATE OR REPLACE %s SET name = ?2, a = ?3, b = ?4 WHERE id = ?1"),
      MOVE("UPDATE OR REPLACE %s SET id = ?2 || 'x', name = ?2, a = ?3, b = ?4 WHERE id = ?1"),
      IGNORE("INSERT OR IGNORE INTO %s VALUES (?1, ?2, ?3, ?4)"),
      FAIL("INSERT OR FAIL INTO %s VALUES (?1, ?2, ?3, ?4)"),
      UPSERT(
          "INSERT INTO %s VALUES (?1, ?2, ?3, ?4)"
              + " ON CONFLICT (id) DO UPDATE SET name = ?3 || 'n', b = ?4"),
      DELETE("DELETE FROM %s WHERE id = ?1 AND (?2 IS ?2) AND (?3 IS ?3) AND (?4 IS ?4)"),
      PUSHED("");

      private final String sql;

      Kind(String sql) {
        this.sql = sql;
      }
    }
  }

  @Provide
  Arbitrary<List<Command>> commands() {
    return Combinators.combine(
            Arbitraries.of(Command.Kind.class),
            Arbitraries.of(TABLES),
            Arbitraries.of("k1", "k2", "k3", "k4"),
            Arbitraries.of("n", "N", "m", "o").injectNull(0.3),
            Arbitraries.of(1, 2).injectNull(0.3),
            Arbitraries.of(1, 2).injectNull(0.3))
        .as(Command::new)
        .list()
        .ofMinSize(4)
        .ofMaxSize(30);
  }

  /** Property 60. */
  @Property(seed = "20260727")
  void w27NothingIsKnownThatIsGone(@ForAll("commands") List<Command> commands) throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(TAGS);
        SqliteStore store = db.claimed(SCHEMA)) {
      store.write(TestDatabase::install);
      for (Command command : commands) {
        if (command.kind() == Command.Kind.PUSHED) {
          judge(store);
          check(db);
          pushed(db);
        } else {
          perform(db, command);
        }
      }
      judge(store);
      check(db);
    }
  }

  private static void perform(TestDatabase db, Command command) throws SQLException {
    try {
      db.run(
          command.kind().sql.formatted(command.table()),
          command.id(),
          command.name(),
          command.a(),
          command.b());
    } catch (SQLException refused) {
      // A statement that is not to replace may not fit.
      assertEquals(19, refused.getErrorCode() & 0xff, refused::getMessage);
    }
  }

  private static void judge(SqliteStore store) {
    store.write(
        tx -> {
          tx.dirtyRows().judgeTouched();
          tx.dirtyRows().judgeScanned();
          return null;
        });
  }

  /** What the tables look like when the server has everything. */
  private static void pushed(TestDatabase db) throws SQLException {
    db.run(
        "INSERT OR REPLACE INTO _sync_row_state (schema_name, table_name, key_json, row_version,"
            + " deleted) SELECT schema_name, table_name, key_json, base_row_version + 1,"
            + " payload IS NULL FROM _sync_dirty_rows");
    db.run("DELETE FROM _sync_dirty_rows");
  }

  private static void check(TestDatabase db) throws SQLException {
    for (String table : TABLES) {
      String keys = "(SELECT json_object('id', id) FROM " + table + ")";
      assertEquals(
          List.of(),
          db.rows(
              "SELECT key_json FROM _sync_row_state AS s WHERE table_name = ? AND deleted = 0"
                  + " AND key_json NOT IN "
                  + keys
                  + " AND NOT EXISTS (SELECT 1 FROM _sync_dirty_rows AS d WHERE d.table_name ="
                  + " s.table_name AND d.key_json = s.key_json AND d.op = 'DELETE')",
              table),
          "known, gone, and nobody says so");
      assertEquals(
          List.of(),
          db.rows(
              "SELECT key_json FROM _sync_dirty_rows WHERE table_name = ?"
                  + " AND (payload IS NULL) = (key_json IN "
                  + keys
                  + ")",
              table),
          "an intent that is not what the table says");
    }
    assertEquals(List.of("0"), db.rows("SELECT count(*) FROM _fsm_touched"));
  }

  @Test
  void w27OnlyTheEvictedKeyIsMarked() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TAGS);
        SqliteStore store = db.claimed(SCHEMA)) {
      store.write(TestDatabase::install);
      db.run("INSERT INTO tag VALUES ('k1', 'n', 1, 1), ('k2', 'm', 2, 2), ('k3', 'o', 3, 3)");
      pushed(db);
      db.run("INSERT OR IGNORE INTO tag VALUES ('k4', 'M', 4, 4)");
      db.run("INSERT OR REPLACE INTO tag VALUES ('k5', 'N', 3, 3)");
      assertEquals(
          List.of("{\"id\":\"k1\"}", "{\"id\":\"k2\"}", "{\"id\":\"k3\"}"),
          db.rows("SELECT key_json FROM _fsm_touched ORDER BY key_json"));
      judge(store);
      assertEquals(
          List.of(
              "{\"id\":\"k5\"}|INSERT|0", "{\"id\":\"k1\"}|DELETE|1", "{\"id\":\"k3\"}|DELETE|1"),
          db.rows(
              "SELECT key_json, op, base_row_version FROM _sync_dirty_rows ORDER BY dirty_ordinal"));
    }
  }

  /** What a statement leaves to a default evicts, too: the triggers before it still see NULL. */
  @Test
  void w27ADefaultEvicts() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TAGS);
        SqliteStore store = db.claimed(SCHEMA)) {
      store.write(TestDatabase::install);
      db.run("INSERT INTO slot VALUES ('k1', 'N', 7, '7'), ('k2', 'm', 1, '2')");
      db.run("INSERT INTO seat VALUES ('k1', NULL, 1, NULL), ('k2', NULL, 2, NULL)");
      pushed(db);
      db.run("INSERT OR REPLACE INTO slot VALUES ('k3', NULL, 8, '8')");
      db.run("UPDATE OR REPLACE slot SET a = NULL, b = NULL WHERE id = 'k3'");
      for (int again = 3; again < 20; again++) {
        db.run("INSERT OR REPLACE INTO seat VALUES (?, NULL, NULL, NULL)", "k" + again);
      }
      judge(store);
      check(db);
      assertEquals(
          List.of("slot|{\"id\":\"k1\"}", "slot|{\"id\":\"k2\"}"),
          db.rows(
              "SELECT table_name, key_json FROM _sync_dirty_rows WHERE table_name = 'slot'"
                  + " AND op = 'DELETE' ORDER BY key_json"));
    }
  }

  @Test
  void notesGoWithTheUsersData() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TAGS);
        SqliteStore store = db.claimed(SCHEMA)) {
      store.write(TestDatabase::install);
      db.run("INSERT INTO tag VALUES ('k1', 'n', 1, 1)");
      db.run("INSERT OR REPLACE INTO tag VALUES ('k2', 'n', 1, 1)");
      assertEquals(1, db.rows("SELECT * FROM _fsm_touched").size());
      store.write(
          tx -> {
            tx.rows().authoritative(() -> tx.rows().wipeAll());
            return null;
          });
      assertEquals(0, db.rows("SELECT * FROM _fsm_touched").size());
    }
  }

  @Test
  void anOpenThatFindsEverythingInPlaceWritesNothing() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TAGS)) {
      SqliteStore first = db.claimed(SCHEMA);
      first.write(TestDatabase::install);
      first.close();
      String schema = String.join("\n", db.rows("SELECT name, rootpage, sql FROM sqlite_schema"));
      String version = db.rows("PRAGMA schema_version").get(0);
      try (SqliteStore second = db.claimed(SCHEMA)) {
        second.write(TestDatabase::install);
        assertEquals(
            schema, String.join("\n", db.rows("SELECT name, rootpage, sql FROM sqlite_schema")));
        assertEquals(version, db.rows("PRAGMA schema_version").get(0));
      }
    }
  }
}
