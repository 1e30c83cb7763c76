package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowKey;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** V24: rows of one authoritative write may pass UNIQUE values on to each other in any order. */
class UniqueValuesTest {

  private static final String TAGS =
      """
      CREATE TABLE tag (id TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE COLLATE NOCASE,
        a INTEGER, b INTEGER, UNIQUE (a, b));
      CREATE TABLE picture (id TEXT PRIMARY KEY NOT NULL, tag TEXT REFERENCES tag(id))""";

  private static final SyncSchema SCHEMA =
      SyncSchema.of("business").table("tag").table("picture").build();

  private static final int ROWS = 5;

  @TempDir Path directory;

  /** Which row gets which value, and the order in which the rows come. */
  record Bundle(List<Integer> values, List<Integer> order) {}

  @Provide
  Arbitrary<Bundle> bundles() {
    List<Integer> rows = List.of(0, 1, 2, 3, 4);
    return Combinators.combine(Arbitraries.shuffle(rows), Arbitraries.shuffle(rows))
        .as(Bundle::new);
  }

  private static RowKey tag(int row) {
    return new RowKey("tag", "{\"id\":\"t" + row + "\"}");
  }

  private static void put(LocalTransaction tx, int row, int value, String spelling) {
    tx.rows()
        .upsertLocal(
            tag(row),
            "{\"id\":\"t%d\",\"name\":\"%s%d\",\"a\":\"1\",\"b\":\"%d\"}"
                .formatted(row, spelling, value, value));
  }

  private static void apply(SqliteStore store, Writes writes) {
    store.write(
        tx -> {
          tx.rows().authoritative(() -> writes.in(tx));
          return null;
        });
  }

  private interface Writes {
    void in(LocalTransaction tx);
  }

  private static SqliteStore filled(TestDatabase db) {
    SqliteStore store = db.claimed(SCHEMA);
    store.write(TestDatabase::install);
    apply(
        store,
        tx -> {
          for (int row = 0; row < ROWS; row++) {
            put(tx, row, row, "n");
          }
        });
    return store;
  }

  @Property(seed = "20260724")
  void anyPermutationAppliesInAnyOrder(@ForAll("bundles") Bundle bundle) throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(TAGS);
        SqliteStore store = filled(db)) {
      // A reference that only has to hold at the commit is in nobody's way.
      db.run("INSERT INTO picture VALUES ('p', 't0')");
      List<String> before = db.dirty();
      apply(
          store, tx -> bundle.order().forEach(row -> put(tx, row, bundle.values().get(row), "N")));
      Map<Integer, String> expected = new LinkedHashMap<>();
      for (int row = 0; row < ROWS; row++) {
        int value = bundle.values().get(row);
        expected.put(row, "t" + row + "|N" + value + "|1|" + value);
      }
      assertEquals(new ArrayList<>(expected.values()), db.rows("SELECT * FROM tag ORDER BY id"));
      assertEquals(before, db.dirty(), "nothing of it is captured");
      assertEquals(List.of("t0"), db.rows("SELECT tag FROM picture"));
    }
  }

  @Test
  void aRowThatIsNotWrittenKeepsItsValue() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TAGS);
        SqliteStore store = filled(db)) {
      List<String> before = db.rows("SELECT * FROM tag ORDER BY id");
      LocalWriteFailedException failed =
          assertThrows(
              LocalWriteFailedException.class,
              () ->
                  apply(
                      store,
                      tx -> {
                        put(tx, 0, 1, "n");
                        put(tx, 1, 2, "n");
                      }));
      assertEquals(2067, failed.sqliteCode());
      assertEquals(before, db.rows("SELECT * FROM tag ORDER BY id"));
    }
  }

  @Test
  void theLastWordOnARowCounts() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TAGS);
        SqliteStore store = filled(db)) {
      apply(
          store,
          tx -> {
            put(tx, 0, 1, "n");
            tx.rows().delete(tag(0));
            put(tx, 2, 1, "n");
            put(tx, 2, 7, "n");
          });
      assertEquals(
          List.of("t1|n1", "t2|n7", "t3|n3", "t4|n4"),
          db.rows("SELECT id, name FROM tag ORDER BY id"));
    }
  }

  @Test
  void aSwapNeverTakesAChildAlong() throws SQLException {
    String cascading = TAGS.replace("REFERENCES tag(id)", "REFERENCES tag(id) ON DELETE CASCADE");
    try (TestDatabase db = TestDatabase.in(directory, cascading);
        SqliteStore store = filled(db)) {
      db.run("INSERT INTO picture VALUES ('p', 't0')");
      assertThrows(
          LocalWriteFailedException.class,
          () ->
              apply(
                  store,
                  tx -> {
                    put(tx, 0, 1, "n");
                    put(tx, 1, 0, "n");
                  }));
      // Passing a value on needs no row deleted.
      apply(
          store,
          tx -> {
            put(tx, 0, 1, "n");
            put(tx, 1, 8, "n");
          });
      assertEquals(List.of("p|t0"), db.rows("SELECT * FROM picture"));
      assertEquals(
          List.of("t0|n1", "t1|n8"), db.rows("SELECT id, name FROM tag ORDER BY id LIMIT 2"));
    }
  }

  @Test
  void aConstraintThatRollsBackEndsTheTransaction() throws SQLException {
    String rolling =
        TAGS.replace("UNIQUE COLLATE", "UNIQUE ON CONFLICT ROLLBACK COLLATE")
            .replace("UNIQUE (a, b)", "UNIQUE (a, b) ON CONFLICT ROLLBACK");
    try (TestDatabase db = TestDatabase.in(directory, rolling);
        SqliteStore store = filled(db)) {
      List<String> before = db.rows("SELECT * FROM tag ORDER BY id");
      assertThrows(
          LocalWriteFailedException.class,
          () ->
              apply(
                  store,
                  tx -> {
                    put(tx, 8, 1, "n");
                    put(tx, 1, 9, "n");
                  }));
      assertEquals(before, db.rows("SELECT * FROM tag ORDER BY id"));
    }
  }
}
