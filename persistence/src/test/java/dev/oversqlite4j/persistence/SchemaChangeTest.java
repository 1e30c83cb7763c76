package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.TransientRetryExhaustedException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that change between two launches while something waits to be sent (spec 4.9a). */
class SchemaChangeTest {

  private static final SyncSchema SCHEMA =
      SyncSchema.of("business").table("parent").table("child").build();
  private static final String ID = "00000000-0000-4000-8000-00000000000";

  @TempDir Path directory;
  private TestDatabase db;
  private EchoServer server;

  @BeforeEach
  void create() {
    db =
        TestDatabase.in(
            directory,
            "CREATE TABLE parent (id TEXT PRIMARY KEY NOT NULL, v TEXT);"
                + "CREATE TABLE child (id TEXT PRIMARY KEY NOT NULL, old TEXT,"
                + " parent TEXT REFERENCES parent(id))");
    server = new EchoServer("business");
    server.register("parent", "id");
    server.register("child", "id");
  }

  @AfterEach
  void close() {
    db.close();
  }

  private OversqliteClient attached() {
    OversqliteClient client = db.client(SCHEMA, server);
    client.open();
    client.attach("ada");
    return client;
  }

  private void frozen() throws SQLException {
    try (OversqliteClient client = attached()) {
      db.run("INSERT INTO child VALUES (?, 'o', NULL)", ID + 1);
      assertThrows(TransientRetryExhaustedException.class, client::pushPending);
    }
  }

  private void pushesEverything(OversqliteClient client) {
    server.accepts(9);
    for (int calls = 0; client.pendingSyncStatus().pendingRowCount() > 0 && calls < 3; calls++) {
      assertEquals(PushOutcome.COMMITTED, client.pushPending().outcome());
    }
    assertEquals(List.of(), client.quarantined());
    assertEquals(0, client.pendingSyncStatus().pendingRowCount());
  }

  @Test
  void aFrozenRowGoesOutAsItWasAndWhatIsNewFollows() throws SQLException {
    frozen();
    db.run("ALTER TABLE child ADD COLUMN more TEXT DEFAULT 'new'");
    try (OversqliteClient client = attached()) {
      pushesEverything(client);
    }
    assertEquals(List.of(ID + "1|o|null|new"), db.rows("SELECT * FROM child"));
    assertEquals(
        List.of("{\"id\":\"" + ID + "1\",\"old\":\"o\",\"parent\":null,\"more\":\"new\"}"),
        List.copyOf(server.rows().values()));
  }

  @Test
  void aCommittedRowWithoutTheNewColumnIsReplayed() throws SQLException {
    frozen();
    db.run("ALTER TABLE child ADD COLUMN more INTEGER");
    try (OversqliteClient client = attached()) {
      server.accepts(1);
      assertEquals(PushOutcome.COMMITTED, client.pushPending().outcome());
      assertEquals(0, client.pendingSyncStatus().pendingRowCount());
    }
    assertEquals(List.of(ID + "1|o|null|null"), db.rows("SELECT * FROM child"));
  }

  /** As after a lost lease, in the form in which other clients leave it. */
  @Test
  void aFrozenRowThatIsDirtyAgainHasTheNewColumn() throws SQLException {
    frozen();
    db.run("ALTER TABLE child ADD COLUMN more TEXT");
    db.run("ALTER TABLE child RENAME COLUMN old TO older");
    db.run("ALTER TABLE child ADD COLUMN most INTEGER NOT NULL DEFAULT 3");
    db.run(
        "UPDATE _sync_attachment_state SET binding_state = 'anonymous', attached_user_id = '',"
            + " schema_name = '', pending_initialization_id = ''");
    try (OversqliteClient client = attached()) {
      pushesEverything(client);
    }
    assertEquals(
        List.of(
            "{\"id\":\""
                + ID
                + "1\",\"older\":\"o\",\"parent\":null,\"more\":null,\"most\":\"3\"}"),
        List.copyOf(server.rows().values()));
  }

  /** The server has renamed the column, too. */
  @Test
  void aRenamedKeyColumnNamesTheSameRows() throws SQLException {
    try (OversqliteClient client = attached()) {
      db.run("INSERT INTO parent VALUES (?, 'synced'), (?, 'edited')", ID + 1, ID + 2);
      pushesEverything(client);
      db.run("UPDATE parent SET v = 'more' WHERE id = ?", ID + 2);
      db.run("INSERT INTO parent VALUES (?, 'a' || char(0))", ID + 3);
      server.accepts(0);
    }
    db.run("ALTER TABLE parent RENAME COLUMN id TO \"Parent Key\"");
    server = new EchoServer("business");
    server.register("parent", "parent key");
    server.register("child", "id");
    try (OversqliteClient client = attached()) {
      assertEquals(2, client.pendingSyncStatus().pendingRowCount());
      server.accepts(9);
      assertEquals(1, client.pushPending().quarantined().size());
    }
    assertEquals(
        List.of("parent {\"parent key\":\"" + ID + "2\"}"), List.copyOf(server.rows().keySet()));
    assertEquals(
        List.of("{\"parent key\":\"" + ID + "1\"}|0", "{\"parent key\":\"" + ID + "2\"}|0"),
        db.rows("SELECT key_json, deleted FROM _sync_row_state ORDER BY key_json"));
  }

  @Test
  void whatWaitsForAnotherRowHasTheNewColumn() throws SQLException {
    try (OversqliteClient client = attached()) {
      db.run("INSERT INTO parent VALUES (?, 'a' || char(0))", ID + 1);
      db.run("INSERT INTO child VALUES (?, 'o', ?)", ID + 2, ID + 1);
      client.pushPending();
      assertEquals(2, client.quarantined().size());
    }
    db.run("ALTER TABLE child ADD COLUMN more TEXT DEFAULT 'new'");
    try (OversqliteClient client = attached()) {
      db.run("UPDATE parent SET v = 'mended'");
      pushesEverything(client);
    }
    assertEquals(2, server.rows().size());
  }
}
