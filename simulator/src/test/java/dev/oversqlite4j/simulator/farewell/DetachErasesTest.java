package dev.oversqlite4j.simulator.farewell;

import static dev.oversqlite4j.simulator.farewell.FarewellRig.USER;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.count;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.key;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.person;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.query;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.DatabaseBusyException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.ChainCheck;
import dev.oversqlite4j.persistence.SqliteJournal;
import dev.oversqlite4j.persistence.SqliteStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** After a detach nothing of the user is left, in the tables and in the bytes (spec 4.7). */
class DetachErasesTest {

  /** In every payload of every test. */
  private static final String SECRET = "the-secret-of-";

  @TempDir Path folder;
  private FarewellRig rig;

  @BeforeEach
  void start() {
    rig = new FarewellRig(folder);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  /** Where the text, or the bytes it is stored as in BLOBs and hex, occurs in the files. */
  private static List<String> traces(Path file) throws IOException {
    List<String> found = new ArrayList<>();
    for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
      Path each = Path.of(file + suffix);
      if (Files.exists(each)) {
        String bytes = Files.readString(each, StandardCharsets.ISO_8859_1);
        for (String word : List.of(SECRET, "0badcafe-", USER)) {
          if (bytes.contains(word)) {
            found.add(word + " in app.db" + suffix);
          }
        }
      }
    }
    return found;
  }

  private static long freePages(Path file) {
    return Long.parseLong(query(file, "PRAGMA freelist_count").get(0));
  }

  private static ChainCheck chain(Path file) {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    return SqliteJournal.over(source).verify();
  }

  @Test
  void aSmallFileHoldsNothingRightAfterTheDetach() throws Exception {
    Path file = rig.newApp("app.db");
    person(file, 1, SECRET + "a");
    person(file, 2, SECRET + "b");
    try (OversqliteClient client = rig.attached(file)) {
      client.sync();
      person(file, 3, SECRET + "c");
      client.sync();
      assertFalse(traces(file).isEmpty(), "the search finds nothing at all");
      assertEquals(0, freePages(file));
      String source = client.sourceInfo().currentSourceId();

      assertEquals(DetachOutcome.DETACHED, client.detach());

      assertEquals(List.of(), traces(file));
      assertNotEquals(source, client.sourceInfo().currentSourceId());
      List<JournalEntry> journal = client.journal().entries(0, 100);
      assertEquals(List.of("DETACH"), journal.stream().map(JournalEntry::trigger).toList());
      assertFalse(journal.get(0).facts().toString().contains(source));
      assertTrue(journal.get(0).seq() > 5);
    }
    assertEquals(new ChainCheck.Intact(1), chain(file));
    assertEquals(List.of(), traces(file));
    // The journal goes on from there, and so does the app.
    try (OversqliteClient client = rig.client(file)) {
      client.open();
      client.attach(USER);
      assertEquals(3, count(file, "person"));
    }
    assertTrue(((ChainCheck.Intact) chain(file)).rows() > 3);
  }

  @Test
  void anyFileHoldsNothingAfterAVacuum() throws Exception {
    Path file = rig.newApp("app.db");
    try (OversqliteClient client = rig.attached(file)) {
      client.sync();
    }
    SqliteStore store = SqliteStore.at(file);
    try (OversqliteClient client = rig.client(store, FarewellRig.SCHEMA)) {
      client.open();
      client.attach(USER);
      run(
          file,
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
              + " INSERT INTO person SELECT printf('0badcafe-0000-4000-8000-%012d', i), '"
              + SECRET.repeat(8)
              + "' || i FROM n");
      client.sync();
      run(file, "UPDATE person SET name = name || 'x'", "DELETE FROM person WHERE name LIKE '%7x'");
      client.sync();
      run(file, "DELETE FROM person WHERE name LIKE '%5x'");
      client.sync();
      assertEquals(DetachOutcome.DETACHED, client.detach());
      assertTrue(freePages(file) > 0);

      store.vacuumAfterDetach();

      assertEquals(List.of(), traces(file));
      assertEquals(0, Files.size(Path.of(file + "-wal")));
    }
    assertEquals(List.of(), traces(file));
    // A closed store can do it, too.
    store.vacuumAfterDetach();
  }

  @Test
  void w36EveryTableEverManagedIsWipedWhateverTheCaseOfItsName() throws Exception {
    Path file = rig.newApp("app.db");
    run(file, "CREATE TABLE unmanaged (id TEXT PRIMARY KEY NOT NULL)");
    run(file, "INSERT INTO unmanaged VALUES ('kept')");
    try (OversqliteClient client = rig.attached(file)) {
      person(file, 1, SECRET);
      run(file, "INSERT INTO note VALUES ('" + key(1) + "', '" + SECRET + "')");
      client.sync();
    }
    // An update of the app takes a table out of the configuration.
    SyncSchema smaller = SyncSchema.of("business").table("note", "id").build();
    try (OversqliteClient client = rig.client(SqliteStore.at(file), smaller)) {
      client.open();
      assertEquals(DetachOutcome.DETACHED, client.detach());
    }
    for (String table : List.of("Person", "note", "_sync_row_state")) {
      assertEquals(0, count(file, table), table);
    }
    assertEquals(1, count(file, "unmanaged"));
    assertEquals(List.of(), traces(file));
  }

  @Test
  void discardedIntentsStagesAndNotesLeave() throws Exception {
    Path file = rig.newApp("app.db");
    Path other = rig.newApp("other.db");
    try (OversqliteClient first = rig.attached(other)) {
      person(other, 1, "x");
      first.sync();
    }
    person(file, 2, SECRET);
    try (OversqliteClient client = rig.client(file)) {
      client.open();
      AttachResult.Connected result = (AttachResult.Connected) client.attach(USER);
      assertEquals(1, result.restore().orElseThrow().discardedLocalRowCount());
      // Left behind by a process that died; open() keeps what is not its own.
      run(
          file,
          "INSERT INTO _fsm_pull_stage VALUES (1, 1, 'business', 'person', '{}', 'INSERT', 1, '"
              + SECRET
              + "')");
      run(
          file,
          "INSERT INTO _sync_snapshot_stage VALUES ('s', 1, 'business', 'person', '{}', 1, '"
              + SECRET
              + "')");
      run(file, "INSERT INTO _fsm_touched VALUES ('business', 'left', '" + SECRET + "')");
      assertEquals(1, client.discardedIntents(0, 10).size());

      assertEquals(DetachOutcome.DETACHED, client.detach());

      assertEquals(List.of(), client.discardedIntents(0, 10));
      for (String table :
          List.of("_fsm_pull_stage", "_sync_snapshot_stage", "_fsm_touched", "_fsm_quarantine")) {
        assertEquals(0, count(file, table), table);
      }
      assertEquals(List.of(), traces(file));
    }
  }

  @Test
  void aReaderKeepsTheLogButNotTheDetach() throws Exception {
    Path file = rig.newApp("app.db");
    person(file, 1, SECRET);
    SqliteStore store = SqliteStore.at(file);
    try (OversqliteClient client = rig.client(store, FarewellRig.SCHEMA);
        Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = reader.createStatement()) {
      client.open();
      client.attach(USER);
      client.sync();
      statement.execute("BEGIN");
      try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM person")) {
        assertTrue(rows.next());
      }
      assertEquals(DetachOutcome.DETACHED, client.detach());
      assertFalse(traces(file).isEmpty());
      assertThrows(DatabaseBusyException.class, store::vacuumAfterDetach);
      statement.execute("COMMIT");
      store.vacuumAfterDetach();
      assertEquals(List.of(), traces(file));
    }
  }

  @Test
  void aBlockedDetachErasesNothing() {
    Path file = rig.newApp("app.db");
    try (OversqliteClient client = rig.attached(file)) {
      client.sync();
      person(file, 1, SECRET);
      int rows = client.journal().entries(0, 100).size();
      assertEquals(DetachOutcome.BLOCKED_UNSYNCED_DATA, client.detach());
      assertEquals(rows + 1, client.journal().entries(0, 100).size());
      assertEquals(1, count(file, "person"));
    }
  }

  @Test
  void detachingNobodyKeepsEverything() {
    Path file = rig.newApp("app.db");
    person(file, 1, SECRET);
    try (OversqliteClient client = rig.client(file)) {
      client.open();
      String source = client.sourceInfo().currentSourceId();
      assertEquals(DetachOutcome.DETACHED, client.detach());
      assertEquals(DetachOutcome.DETACHED, client.detach());
      assertEquals(source, client.sourceInfo().currentSourceId());
      assertEquals(1, client.pendingSyncStatus().pendingRowCount());
      assertEquals(1, count(file, "person"));
    }
  }
}
