package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.RowCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SchemaValidationTest {

  private static final String GOOD = "CREATE TABLE good (id TEXT PRIMARY KEY NOT NULL);";

  @TempDir Path directory;

  /** A configuration that breaks one rule of spec 3. */
  record Broken(String rule, String column, SyncSchema schema, String ddl) {
    static Broken of(String rule, SyncSchema.Builder schema, String ddl) {
      return new Broken(rule, null, schema.build(), ddl);
    }

    static Broken at(String rule, String column, SyncSchema.Builder schema, String ddl) {
      return new Broken(rule, column, schema.build(), ddl);
    }

    @Override
    public String toString() {
      return rule + " " + ddl;
    }
  }

  private static SyncSchema.Builder t() {
    return SyncSchema.of("business").table("t", "id");
  }

  private static String table(String more) {
    return "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL" + more + ")";
  }

  static Stream<Broken> broken() {
    return Stream.of(
        Broken.of("V1", SyncSchema.of("  "), ""),
        Broken.of("V2", SyncSchema.of("business").table(" ", "id"), ""),
        Broken.of("V3", SyncSchema.of("business").table("main.t", "id"), table("")),
        Broken.of("V4", t().table("T", "id"), table("")),
        Broken.of("V5", SyncSchema.of("business").table("t", " "), table("")),
        Broken.of("V6", t(), ""),
        Broken.at("V6", "other", SyncSchema.of("business").table("t", "other"), table(", x TEXT")),
        Broken.of("V7", t(), "CREATE TABLE t (id TEXT NOT NULL, b TEXT, PRIMARY KEY (id, b))"),
        Broken.of("V7", t(), "CREATE TABLE t (id TEXT NOT NULL)"),
        Broken.at("V8", "x", SyncSchema.of("business").table("t", "X"), table(", x TEXT")),
        Broken.at("V9", "id", t(), "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL)"),
        Broken.at("V9", "id", t(), "CREATE TABLE t (id BIGINT PRIMARY KEY NOT NULL)"),
        Broken.at("V9", "id", t(), "CREATE TABLE t (id NUMERIC PRIMARY KEY NOT NULL)"),
        Broken.at("V10", "id", t(), "CREATE TABLE t (id TEXT PRIMARY KEY)"),
        Broken.at("V21", "ä", t(), table(", Ä TEXT, ä TEXT")),
        Broken.at("V11", "_sync_scope_id", t(), table(", _Sync_Scope_Id TEXT")),
        Broken.at("V12", "g", t(), table(", g TEXT REFERENCES good(id)")),
        Broken.at(
            "V13",
            "b",
            t(),
            table(", a TEXT, b TEXT, UNIQUE (a, b), FOREIGN KEY (a, b) REFERENCES t (a, b)")),
        Broken.of("V17", SyncSchema.of("business").table("_sync_row_state"), ""),
        Broken.of("V17", SyncSchema.of("business").table("sqlite_schema"), ""),
        Broken.of("V17", SyncSchema.of("business").table("_FSM_meta"), ""),
        Broken.of("V17", t(), "CREATE VIEW t AS SELECT id FROM good"),
        Broken.of("V17", t(), "CREATE VIRTUAL TABLE t USING fts5(id)"),
        Broken.at("V19", "g", t(), table(", g TEXT AS (id) STORED")),
        Broken.at("V19", "g", t(), table(", g TEXT AS (id)")),
        Broken.at("V20", "d", t(), table(", d DECIMAL(10, 2)")),
        Broken.at("V20", "d", t(), table(", d DATETIME")),
        Broken.of(
            "V22",
            t(),
            table("")
                + "; CREATE TRIGGER trg_t_ai AFTER INSERT ON t BEGIN SELECT 1"
                // The helper splits at semicolons, except doubled ones.
                + ";; END"),
        Broken.of("V22", t(), table("") + "; CREATE TABLE TRG_T_AD (x)"));
  }

  /** W-26: applying a row needs a constraint on exactly the one column that is named. */
  @Test
  void w26TheKeyIsOneColumnAndAllOfThePrimaryKey() {
    for (String column : List.of("id", "b")) {
      try (TestDatabase db =
          TestDatabase.in(
              directory,
              "CREATE TABLE "
                  + column
                  + "s (id TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (id, b))")) {
        SyncSchema named = SyncSchema.of("business").table(column + "s", column).build();
        InvalidConfigurationException refused =
            assertThrows(InvalidConfigurationException.class, () -> db.claimed(named));
        assertEquals("V7", refused.rule());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("broken")
  void aBrokenRuleLeavesAVirginFileAlone(Broken broken) throws Exception {
    try (TestDatabase db = TestDatabase.in(directory, GOOD + broken.ddl())) {
      refuses(db, broken);
      assertEquals(List.of("delete"), db.rows("PRAGMA journal_mode"), "WAL comes after validation");
    }
  }

  @ParameterizedTest
  @MethodSource("broken")
  void aBrokenRuleLeavesAnInitialisedFileAlone(Broken broken) throws Exception {
    try (TestDatabase db = TestDatabase.in(directory, GOOD + broken.ddl())) {
      try (SqliteStore store = db.claimed(SyncSchema.of("business").table("good").build())) {
        store.write(TestDatabase::install);
      }
      db.run("INSERT INTO good VALUES ('g')");
      refuses(db, broken);
    }
  }

  private static void refuses(TestDatabase db, Broken broken) throws IOException, SQLException {
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    byte[] before = Files.readAllBytes(db.file);
    byte[] logBefore = log(db);
    InvalidConfigurationException refused =
        assertThrows(InvalidConfigurationException.class, () -> db.claimed(broken.schema()));
    assertEquals(broken.rule(), refused.rule());
    assertEquals(broken.column(), refused.column().orElse(null));
    assertEquals(!List.of("V1", "V2").contains(broken.rule()), refused.table().isPresent());
    assertTrue(refused.message().contains("; "), "what is wrong; what to do about it");
    assertTrue(refused.getMessage().contains(broken.rule()));
    assertArrayEquals(before, Files.readAllBytes(db.file), "changed");
    assertArrayEquals(logBefore, log(db), "changed");
    // Ownership is free again: the next attempt fails for the same reason.
    assertThrows(InvalidConfigurationException.class, () -> db.claimed(broken.schema()));
  }

  private static byte[] log(TestDatabase db) throws IOException {
    Path log = Path.of(db.file + "-wal");
    return Files.exists(log) ? Files.readAllBytes(log) : new byte[0];
  }

  @Test
  void stateOfAnotherSchemaIsRefusedWhereverItIs() throws Exception {
    SyncSchema other = SyncSchema.of("other").table("good").build();
    List<String> states =
        List.of(
            "UPDATE _sync_attachment_state SET schema_name = 'business',"
                + " binding_state = 'attached', attached_user_id = 'u'",
            "INSERT INTO _sync_row_state (schema_name, table_name, key_json)"
                + " VALUES ('business', 'good', '{}')",
            "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op)"
                + " VALUES ('business', 'good', '{}', 'DELETE')",
            "INSERT INTO _sync_snapshot_stage VALUES ('s', 1, 'business', 'good', '{}', 1, '{}')",
            "INSERT INTO _sync_outbox_rows (source_bundle_id, row_ordinal, schema_name,"
                + " table_name, key_json, wire_key_json, op)"
                + " VALUES (1, 0, 'business', 'good', '{}', '{}', 'DELETE')",
            "CREATE TABLE _sync_push_stage AS SELECT 1 AS bundle_seq, 'business' AS schema_name");
    for (int i = 0; i < states.size(); i++) {
      Path each = Files.createDirectory(directory.resolve("v16-" + i));
      try (TestDatabase db = TestDatabase.in(each, GOOD)) {
        try (SqliteStore store = db.claimed(SyncSchema.of("business").table("good").build())) {
          store.write(TestDatabase::install);
        }
        db.claimed(other).close();
        db.run(states.get(i));
        refuses(db, Broken.of("V16", SyncSchema.of("other").table("good"), states.get(i)));
      }
    }
  }

  @Test
  void aMissingFileIsRefusedAndNotCreated() {
    Path missing = directory.resolve("missing.db");
    SqliteStore store = SqliteStore.at(missing);
    InvalidConfigurationException refused =
        assertThrows(
            InvalidConfigurationException.class,
            () -> store.claim(TestDatabase.people(), TestDatabase.options()));
    assertEquals("V6", refused.rule());
    assertFalse(Files.exists(missing));
  }

  /** Something that a rule of spec 3 accepts, of table t and perhaps a table of the same shape. */
  record Accepted(String rule, String ddl, String write) {
    @Override
    public String toString() {
      return rule + " " + ddl;
    }
  }

  static Stream<Accepted> accepted() {
    return Stream.of(
        new Accepted("V5", table(""), "INSERT INTO t VALUES ('k')"),
        new Accepted(
            "V9",
            "CREATE TABLE t (id VARCHAR(36) PRIMARY KEY NOT NULL)",
            "INSERT INTO t VALUES ('k')"),
        new Accepted(
            "V9", "CREATE TABLE t (id PRIMARY KEY NOT NULL)", "INSERT INTO t VALUES (x'00')"),
        new Accepted(
            "V12",
            table(", parent TEXT REFERENCES T(id)"),
            "INSERT INTO t VALUES ('k', NULL), ('l', 'k')"),
        new Accepted(
            "V14",
            table(", g TEXT REFERENCES good(id)")
                + "; ALTER TABLE good ADD COLUMN t TEXT REFERENCES t(id)",
            "INSERT INTO good VALUES ('g', NULL)"),
        new Accepted(
            "V15",
            table(", g TEXT NOT NULL REFERENCES good(id) NOT DEFERRABLE"),
            "INSERT INTO good VALUES ('g')"),
        new Accepted(
            "V18",
            "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID",
            "INSERT INTO t VALUES ('k')"),
        new Accepted("V20", table(", b BOOLEAN, n TEXT"), "INSERT INTO t VALUES ('k', 1, '1.50')"),
        new Accepted(
            "V21",
            "CREATE TABLE \"T\" (Id TEXT PRIMARY KEY NOT NULL, Änd TEXT)",
            "INSERT INTO t VALUES ('k', 'x')"),
        new Accepted(
            "V23",
            table(", g TEXT REFERENCES good(id) ON DELETE CASCADE ON UPDATE SET NULL"),
            "INSERT INTO t VALUES ('k', NULL)"),
        new Accepted(
            "V24",
            table(", u TEXT UNIQUE CHECK (u > ''), v INTEGER NOT NULL"),
            "INSERT INTO t VALUES ('k', 'u', 1)"));
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void whatARuleAcceptsIsCaptured(Accepted accepted) throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, GOOD + accepted.ddl());
        SqliteStore store =
            db.claimed(SyncSchema.of("business").table("T", " ID ").table("Good").build())) {
      store.write(TestDatabase::install);
      int rows = db.run(accepted.write());
      assertEquals(List.of(String.valueOf(rows)), db.rows("SELECT count(*) FROM _sync_dirty_rows"));
    }
  }

  @Test
  void namesMayDifferInTheCaseOfAnyLetter() throws SQLException {
    String ddl = "CREATE TABLE \"Übung\" (\"Schlüssel Ö\" TEXT PRIMARY KEY NOT NULL)";
    SyncSchema schema = SyncSchema.of("business").table("übunG", "schlüssel ö").build();
    try (TestDatabase db = TestDatabase.in(directory, ddl);
        SqliteStore store = db.claimed(schema)) {
      store.write(TestDatabase::install);
      db.run("INSERT INTO \"Übung\" VALUES ('k')");
      assertEquals(
          List.of("übung|{\"schlüssel ö\":\"k\"}"),
          db.rows("SELECT table_name, key_json FROM _sync_dirty_rows"));
    }
  }

  @Test
  void tablesComeParentsFirstThenAsRegistered() throws SQLException {
    String ddl =
        "CREATE TABLE a (id TEXT PRIMARY KEY NOT NULL, b TEXT REFERENCES b(id));"
            + "CREATE TABLE b (id TEXT PRIMARY KEY NOT NULL, c TEXT REFERENCES c(id));"
            + "CREATE TABLE c (id TEXT PRIMARY KEY NOT NULL);"
            + "CREATE TABLE x (id TEXT PRIMARY KEY NOT NULL, y TEXT REFERENCES y(id));"
            + "CREATE TABLE y (id TEXT PRIMARY KEY NOT NULL, x TEXT REFERENCES x(id));"
            + "CREATE TABLE z (id TEXT PRIMARY KEY NOT NULL)";
    SyncSchema.Builder schema = SyncSchema.of("business");
    List.of("y", "a", "x", "z", "b", "c").forEach(schema::table);
    try (TestDatabase db = TestDatabase.in(directory, ddl);
        SqliteStore store = db.claimed(schema.build())) {
      assertEquals(
          List.of("z", "c", "b", "a", "y", "x"),
          store.codec().tables().stream().map(RowCodec.ManagedTable::name).toList());
    }
  }
}
