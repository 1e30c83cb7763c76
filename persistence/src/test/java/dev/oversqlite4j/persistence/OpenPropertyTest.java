package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncSchema;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.sqlite.SQLiteDataSource;

/** {@code open()} on generated schemas and files (properties 27 to 29, 43 and 44, W-25, 4.9a). */
class OpenPropertyTest {

  private static final String CAPTURED =
      "SELECT table_name, key_json, op, base_row_version, payload FROM _sync_dirty_rows"
          + " ORDER BY 1, 2";

  private static final String APPLY_MODE = "SELECT apply_mode FROM _sync_apply_state";

  /** What happens to the file between two opens; numbers are taken modulo what there is. */
  record Between(Kind kind, int number, AppCommand write) {
    enum Kind {
      WRITE,
      DROP_TRIGGER,
      FOREIGN_TRIGGER,
      DROP_ALL_TRIGGERS_AND_WRITE,
      ADD_COLUMN,
      RECREATE
    }
  }

  @Provide
  Arbitrary<GeneratedSchema> schemas() {
    return GeneratedSchema.any();
  }

  @Provide
  Arbitrary<List<AppCommand>> writes() {
    return AppCommand.any().list().ofMaxSize(6);
  }

  @Provide
  Arbitrary<List<Between>> between() {
    return Combinators.combine(
            Arbitraries.of(Between.Kind.class),
            Arbitraries.integers().between(0, 23),
            AppCommand.any())
        .as(Between::new)
        .list()
        .ofMaxSize(4);
  }

  private static EchoServer server(GeneratedSchema schema) {
    EchoServer server = new EchoServer(GeneratedSchema.NAME);
    schema
        .tables()
        .forEach(
            t ->
                server.register(
                    t.name().toLowerCase(Locale.ROOT), t.key().toLowerCase(Locale.ROOT)));
    return server;
  }

  private static void open(TestDatabase db, SyncSchema schema, EchoServer server) {
    try (OversqliteClient client = db.client(schema, server)) {
      client.open();
    }
    assertEquals(0, server.calls(), "27");
  }

  /** All there is, apart from the journal and what tells one file or moment from another. */
  private static Map<String, List<String>> content(TestDatabase db) throws SQLException {
    Map<String, List<String>> content = new TreeMap<>();
    for (String table :
        db.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
                + " AND name NOT IN ('_fsm_journal', '_fsm_meta')")) {
      List<String> columns =
          db.rows(
              "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM pragma_table_info(?)"
                  + " WHERE name NOT IN ('updated_at', 'created_at', 'op_id', 'at')",
              table);
      content.put(
          table,
          db.rows(
              "SELECT "
                  + String.join(", ", columns)
                  + " FROM "
                  + GeneratedSchema.quote(table)
                  + " ORDER BY "
                  + String.join(", ", columns)));
    }
    content.put("sql", db.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY name"));
    return content;
  }

  /** Every row of a table is tracked, and every intent says what the table says (I13). */
  private static void inLine(TestDatabase db, GeneratedSchema schema) throws SQLException {
    for (GeneratedSchema.Table table : schema.tables()) {
      String key =
          table.traits().blobKey()
              ? "lower(hex(" + GeneratedSchema.quote(table.key()) + "))"
              : GeneratedSchema.quote(table.key());
      String rows = "SELECT " + key + " AS k FROM " + table.quoted();
      String dirty =
          "SELECT json_extract(key_json, '$.\"' || ? || '\"') AS k, payload FROM _sync_dirty_rows"
              + " WHERE table_name = ?";
      String keyName = table.key().toLowerCase(Locale.ROOT).replace("\"", "\\\"");
      String name = table.name().toLowerCase(Locale.ROOT);
      assertEquals(
          List.of(),
          db.rows(
              rows + " EXCEPT SELECT k FROM (" + dirty + ") WHERE payload IS NOT NULL",
              keyName,
              name),
          "a row nobody tracks");
      assertEquals(
          List.of(),
          db.rows(
              "SELECT k FROM (" + dirty + ") WHERE (payload IS NULL) = (k IN (" + rows + "))",
              keyName,
              name),
          "an intent that is not what the table says");
    }
  }

  private static List<String> keysInOrder(TestDatabase db) throws SQLException {
    return db.rows("SELECT table_name, key_json FROM _sync_dirty_rows ORDER BY dirty_ordinal");
  }

  @Property(seed = "28")
  void theSecondOpenChangesNothing(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> early,
      @ForAll("writes") List<AppCommand> late)
      throws SQLException {
    EchoServer server = server(schema);
    try (TestDatabase db = TestDatabase.temporary(schema.ddl())) {
      for (AppCommand write : early) {
        write.run(db, schema);
      }
      open(db, schema.syncSchema(), server);
      inLine(db, schema);
      firstCaptureIsInOrder(db, schema);
      for (AppCommand write : late) {
        write.run(db, schema);
      }
      Map<String, List<String>> before = content(db);
      open(db, schema.syncSchema(), server);
      assertEquals(before, content(db));
      assertEquals(List.of("0"), db.rows(APPLY_MODE));
    }
  }

  /** Property 29: places 1 to n, parents first, rows by key, all of them unknown to any server. */
  private static void firstCaptureIsInOrder(TestDatabase db, GeneratedSchema schema)
      throws SQLException {
    List<String> expected = new ArrayList<>();
    try (SqliteStore store = db.claimed(schema.syncSchema())) {
      store
          .codec()
          .tables()
          .forEach(
              managed ->
                  schema.tables().stream()
                      .filter(t -> t.name().toLowerCase(Locale.ROOT).equals(managed.name()))
                      .forEach(
                          t -> {
                            String key = GeneratedSchema.quote(t.key());
                            try {
                              expected.addAll(
                                  db.rows(
                                      "SELECT ?, json_object(?, "
                                          + (t.traits().blobKey() ? "lower(hex(" + key + "))" : key)
                                          + ") FROM "
                                          + t.quoted()
                                          + " ORDER BY "
                                          + key,
                                      managed.name(),
                                      managed.keyColumn()));
                            } catch (SQLException failed) {
                              throw new AssertionError(failed);
                            }
                          }));
    }
    assertEquals(expected, keysInOrder(db));
    assertEquals(
        List.of(),
        db.rows(
            "SELECT * FROM _sync_dirty_rows WHERE op <> 'INSERT' OR base_row_version <> 0"
                + " OR dirty_ordinal > (SELECT count(*) FROM _sync_dirty_rows)"));
  }

  /** W-25, 4.9a, and triggers that are gone or another client's: the next open sees to it. */
  @Property(seed = "29")
  void anOpenBringsEverythingIntoLine(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> early,
      @ForAll("between") List<Between> between)
      throws SQLException {
    EchoServer server = server(schema);
    try (TestDatabase db = TestDatabase.temporary(schema.ddl())) {
      for (AppCommand write : early) {
        write.run(db, schema);
      }
      // Only the tables that refer to nothing but themselves can be registered alone.
      SyncSchema.Builder first = SyncSchema.of(GeneratedSchema.NAME);
      schema.tables().stream()
          .filter(t -> t.parent().map(p -> schema.tables().get(p).equals(t)).orElse(true))
          .forEach(t -> first.table(t.name()));
      open(db, first.build(), server);
      for (Between each : between) {
        perform(db, schema, each);
      }
      open(db, schema.syncSchema(), server);
      judged(db, schema);
      inLine(db, schema);
      List<String> captured = db.rows(CAPTURED);
      for (GeneratedSchema.Table table : schema.tables()) {
        db.run("UPDATE " + table.quoted() + " SET n = n");
      }
      assertEquals(captured, db.rows(CAPTURED), "what was read again is what triggers write");
      Map<String, List<String>> settled = content(db);
      open(db, schema.syncSchema(), server);
      assertEquals(settled, content(db));
    }
  }

  /** What a freeze does first. */
  private static void judged(TestDatabase db, GeneratedSchema schema) {
    try (SqliteStore store = db.claimed(schema.syncSchema())) {
      store.write(
          tx -> {
            tx.dirtyRows().judgeTouched();
            tx.dirtyRows().judgeScanned();
            return null;
          });
    }
  }

  private static void perform(TestDatabase db, GeneratedSchema schema, Between each)
      throws SQLException {
    List<String> triggers =
        db.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name");
    GeneratedSchema.Table table = schema.tables().get(each.number() % schema.tables().size());
    switch (each.kind()) {
      case WRITE -> each.write().run(db, schema);
      case DROP_TRIGGER -> {
        if (!triggers.isEmpty()) {
          drop(db, triggers.get(each.number() % triggers.size()));
          each.write().run(db, schema);
        }
      }
      case FOREIGN_TRIGGER -> {
        String name = "trg_" + table.name().toLowerCase(Locale.ROOT) + "_au";
        if (triggers.contains(name)) {
          drop(db, name);
          db.run(
              "CREATE TRIGGER "
                  + GeneratedSchema.quote(name)
                  + " AFTER UPDATE ON "
                  + table.quoted()
                  + " BEGIN SELECT 1 FROM _sync_apply_state; END");
          each.write().run(db, schema);
        }
      }
      case DROP_ALL_TRIGGERS_AND_WRITE -> {
        for (String trigger : triggers) {
          drop(db, trigger);
        }
        each.write().run(db, schema);
      }
      case ADD_COLUMN ->
          db.run(
              "ALTER TABLE "
                  + table.quoted()
                  + " ADD COLUMN later"
                  + db.rows("SELECT count(*) FROM pragma_table_info(?)", table.name()).get(0)
                  + " TEXT DEFAULT 'new'");
      case RECREATE -> {
        // How SQLite's own documentation changes a table: its triggers go with the old one.
        db.run("PRAGMA foreign_keys = OFF");
        db.run("PRAGMA legacy_alter_table = ON");
        String sql = db.rows("SELECT sql FROM sqlite_schema WHERE name = ?", table.name()).get(0);
        String body = sql.substring(sql.indexOf('('));
        db.run("CREATE TABLE copy " + body.replace("\"copy\"", "copy"));
        db.run("INSERT INTO copy SELECT * FROM " + table.quoted());
        db.run("DROP TABLE " + table.quoted());
        db.run("ALTER TABLE copy RENAME TO " + table.quoted());
        db.run("PRAGMA legacy_alter_table = OFF");
        db.run("PRAGMA foreign_keys = ON");
      }
    }
  }

  private static void drop(TestDatabase db, String trigger) throws SQLException {
    db.run("DROP TRIGGER " + GeneratedSchema.quote(trigger));
  }

  /** Property 44 and the second half of 28: the same as an open that nobody killed. */
  @Property(seed = "44")
  void aKillAtAnyStatementOfOpenIsNoDifference(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> early,
      @ForAll("moments") int moment,
      @ForAll CrashingDataSource.When when)
      throws SQLException {
    EchoServer server = server(schema);
    try (TestDatabase db = TestDatabase.temporary(schema.ddl());
        TestDatabase unharmed = TestDatabase.temporary(schema.ddl())) {
      for (AppCommand write : early) {
        write.run(db, schema);
        write.run(unharmed, schema);
      }
      Map<String, List<String>> before = content(db);
      open(unharmed, schema.syncSchema(), server);
      Path copy = unharmed.file.resolveSibling("copy.db");
      SQLiteDataSource real = new SQLiteDataSource();
      real.setUrl("jdbc:sqlite:" + db.file);
      CrashingDataSource dying = new CrashingDataSource(real, db.file, copy, moment, when);
      OversqliteClient killed =
          OversqliteClient.builder()
              .schema(schema.syncSchema())
              .store(SqliteStore.over(dying.dataSource()))
              .server(server)
              .options(TestDatabase.options())
              .build();
      try {
        killed.open();
        killed.close();
      } catch (CrashingDataSource.Crash crash) {
        try (TestDatabase left = TestDatabase.at(copy)) {
          Map<String, List<String>> found = content(left);
          if (!found.containsKey("_sync_apply_state")) {
            assertEquals(before, found, "before the commit nothing is there");
          }
          open(left, schema.syncSchema(), server);
          assertEquals(List.of("0"), left.rows(APPLY_MODE));
          assertEquals(withoutSources(content(unharmed)), withoutSources(content(left)));
        }
        dying.release();
      }
    }
  }

  @Provide
  Arbitrary<Integer> moments() {
    return Arbitraries.integers().between(1, 80);
  }

  private static Map<String, List<String>> withoutSources(Map<String, List<String>> content) {
    Map<String, List<String>> without = new TreeMap<>(content);
    without.remove("_sync_source_state");
    without.remove("_sync_attachment_state");
    return without;
  }
}
