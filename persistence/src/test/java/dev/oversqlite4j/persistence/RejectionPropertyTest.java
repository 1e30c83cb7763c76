package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Property 65: one thing wrong beside generated tables that are right is refused by the rule it
 * breaks, and the file keeps every byte, whether it was ever opened before or not.
 */
class RejectionPropertyTest {

  private static final String BAD = "Bad";

  /** What is wrong with the table {@link #BAD}, or with how it is registered. */
  enum Mistake {
    V1("", "", "id"),
    V2("", " ", "id"),
    V3("", "main.Bad", "id"),
    V4("(id TEXT PRIMARY KEY NOT NULL)", BAD, "id"),
    V5("(id TEXT PRIMARY KEY NOT NULL)", BAD, " "),
    V6("(id TEXT PRIMARY KEY NOT NULL)", BAD, "key"),
    V6_MISSING("", BAD, "id"),
    V7("(id TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (id, b))", BAD, "id"),
    V7_SECOND("(b TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (b, id)) WITHOUT ROWID", BAD, "id"),
    V7_NONE("(id TEXT NOT NULL UNIQUE)", BAD, "id"),
    V8("(b TEXT PRIMARY KEY NOT NULL, id TEXT NOT NULL)", BAD, "id"),
    V9("(id INTEGER PRIMARY KEY NOT NULL)", BAD, "id"),
    V9_REAL("(id REAL PRIMARY KEY NOT NULL)", BAD, "id"),
    V10("(id BLOB PRIMARY KEY)", BAD, "id"),
    V11("(id TEXT PRIMARY KEY NOT NULL, _SYNC_scope_id TEXT)", BAD, "id"),
    V12("(id TEXT PRIMARY KEY NOT NULL, p TEXT REFERENCES nowhere(id))", BAD, "id"),
    V13(
        "(id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT, UNIQUE (a, b),"
            + " FOREIGN KEY (a, b) REFERENCES Bad (a, b))",
        BAD,
        "id"),
    V17("", "_sync_dirty_rows", "id"),
    V19("(id TEXT PRIMARY KEY NOT NULL, g TEXT AS (upper(id)) STORED)", BAD, "id"),
    V20("(id TEXT PRIMARY KEY NOT NULL, d DECIMAL)", BAD, "id"),
    V21("(id TEXT PRIMARY KEY NOT NULL, \"Ö\" TEXT, \"ö\" TEXT)", BAD, "id"),
    V22("(id TEXT PRIMARY KEY NOT NULL); CREATE TABLE trg_bad_au (x)", BAD, "id");

    private final String body;
    private final String registered;
    private final String key;

    Mistake(String body, String registered, String key) {
      this.body = body;
      this.registered = registered;
      this.key = key;
    }

    String rule() {
      return name().replaceFirst("_.*", "");
    }

    List<String> ddl() {
      return body.isEmpty() ? List.of() : List.of(("CREATE TABLE Bad " + body).split("; "));
    }
  }

  @Provide
  Arbitrary<GeneratedSchema> schemas() {
    return GeneratedSchema.any();
  }

  @Provide
  Arbitrary<List<AppCommand>> writes() {
    return AppCommand.any().list().ofMaxSize(4);
  }

  @Provide
  Arbitrary<Integer> places() {
    return Arbitraries.integers().between(0, 4);
  }

  private static SyncSchema broken(GeneratedSchema schema, Mistake mistake, int place) {
    SyncSchema.Builder broken = SyncSchema.of(mistake == Mistake.V1 ? "\t" : GeneratedSchema.NAME);
    List<String> names = new ArrayList<>();
    schema.tables().forEach(table -> names.add(table.name()));
    int at = Math.min(place, names.size());
    names.subList(0, at).forEach(broken::table);
    broken.table(mistake.registered, mistake.key);
    if (mistake == Mistake.V4) {
      broken.table("bAD", "id");
    }
    names.subList(at, names.size()).forEach(broken::table);
    return broken.build();
  }

  @Property(seed = "65")
  void aMistakeChangesNoByte(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> writes,
      @ForAll Mistake mistake,
      @ForAll("places") int place)
      throws SQLException, IOException {
    EchoServer server = new EchoServer(GeneratedSchema.NAME);
    try (TestDatabase db = TestDatabase.temporary(schema.ddl())) {
      for (String ddl : mistake.ddl()) {
        db.run(ddl);
      }
      SyncSchema broken = broken(schema, mistake, place);
      refused(db, broken, mistake, server);
      assertEquals(
          List.of("0"),
          db.rows(
              "SELECT count(*) FROM sqlite_schema WHERE name LIKE '!_sync!_%' ESCAPE '!'"
                  + " OR name LIKE '!_fsm!_%' ESCAPE '!' OR type = 'trigger'"));
      try (OversqliteClient client = db.client(schema.syncSchema(), server)) {
        client.open();
      }
      for (AppCommand write : writes) {
        write.run(db, schema);
      }
      refused(db, broken, mistake, server);
    }
  }

  private static void refused(
      TestDatabase db, SyncSchema broken, Mistake mistake, EchoServer server)
      throws SQLException, IOException {
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    byte[] before = Files.readAllBytes(db.file);
    try (OversqliteClient client = db.client(broken, server)) {
      InvalidConfigurationException refusal =
          assertThrows(InvalidConfigurationException.class, client::open);
      assertEquals(mistake.rule(), refusal.rule());
      assertTrue(refusal.getMessage().contains("; "), "what is wrong; what to do about it");
    }
    assertArrayEquals(before, Files.readAllBytes(db.file), "changed");
    Path log = Path.of(db.file + "-wal");
    assertTrue(!Files.exists(log) || Files.size(log) == 0, "written");
  }
}
