package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Edits that a rebuild carries over to a snapshot (spec 4.6.4): what contradicts the server's rows
 * is set aside, and only that. The server itself knows neither the foreign key nor the index.
 */
class ReexecutedRowsTest {

  private static final String PEOPLE = "SELECT substr(id, -1), name, email FROM person ORDER BY id";
  private static final String NOTES = "SELECT substr(id, -1), title FROM note ORDER BY id";

  @TempDir Path folder;
  private Account account;
  private Device peer;
  private Device device;

  /** People 1 and 2 with the addresses a and b, note 1 of person 1, on both devices. */
  @BeforeEach
  void start() throws IOException {
    account =
        new Account(
            folder,
            new ServerSchema(
                "business",
                List.of(
                    new ServerSchema.Table(
                        "person", "id", KeyKind.UUID, List.of(text("name"), text("email"))),
                    new ServerSchema.Table(
                        "note",
                        "id",
                        KeyKind.UUID,
                        List.of(
                            text("title"),
                            new Column("person_id", ColumnKind.UUID, Nullability.NULLABLE))),
                    new ServerSchema.Table(
                        "mark",
                        "id",
                        KeyKind.UUID,
                        List.of(new Column("person_id", ColumnKind.UUID, Nullability.NULLABLE))))),
            List.of(
                "CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, name TEXT, email TEXT UNIQUE)",
                "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, title TEXT,"
                    + " person_id TEXT REFERENCES person(id))",
                "CREATE TABLE mark (id TEXT PRIMARY KEY NOT NULL,"
                    + " person_id TEXT REFERENCES person(id) ON DELETE CASCADE)"));
    peer = account.device(Resolver.clientWins());
    peer.run(person(1, "p", "a"), person(2, "q", "b"), note(1, 1));
    peer.client().sync();
    device = account.device(Resolver.clientWins());
  }

  @AfterEach
  void stop() {
    account.close();
  }

  private static Column text(String name) {
    return new Column(name, ColumnKind.TEXT, Nullability.NULLABLE);
  }

  private static String person(int n, String name, String email) {
    return "INSERT INTO person VALUES ('" + key(n) + "', '" + name + "', '" + email + "')";
  }

  private static String note(int n, int person) {
    return "INSERT INTO note VALUES ('" + key(n) + "', 'n" + n + "', '" + key(person) + "')";
  }

  private static String update(int n, String column, String value) {
    return "UPDATE person SET " + column + " = '" + value + "' WHERE id = '" + key(n) + "'";
  }

  private static String delete(String table, int n) {
    return "DELETE FROM " + table + " WHERE id = '" + key(n) + "'";
  }

  private void peerDoes(String... statements) {
    peer.run(statements);
    peer.client().sync();
  }

  private void retireSource() {
    account
        .server()
        .retire(Account.USER, device.client().sourceInfo().currentSourceId(), Optional.empty());
  }

  /** What is in quarantine, by table and last digit of the key; all for the same reason. */
  private List<String> contradicting() {
    return device.client().quarantined().stream()
        .peek(row -> assertEquals(QuarantineCause.CONTRADICTS_SERVER_ROWS, row.cause()))
        .map(ReexecutedRowsTest::name)
        .sorted()
        .toList();
  }

  private static String name(QuarantinedRow row) {
    return row.table() + " " + row.keyJson().replaceAll(".*(.)\"}", "$1");
  }

  private void assertAllIsSent() {
    device.client().sync();
    peer.client().sync();
    assertEquals(0, device.client().pendingSyncStatus().pendingRowCount());
    for (String query : List.of(PEOPLE, NOTES)) {
      assertEquals(device.rows(query), peer.rows(query));
    }
  }

  @Test
  void aUniqueValueThatIsTakenByNow() {
    device.run(person(3, "mine", "c"), person(4, "other", "d"));
    peerDoes(person(5, "theirs", "c"));
    device.client().rebuild();
    assertEquals(List.of("person 3"), contradicting());
    assertEquals(List.of("1 p a", "2 q b", "4 other d", "5 theirs c"), device.rows(PEOPLE));
    device.client().sync();
    assertEquals(List.of("person 3"), contradicting());

    // Still taken: it stays, and nothing else moves.
    device.client().retryQuarantined();
    assertEquals(List.of("person 3"), contradicting());
    // Free again: it is executed, and sent.
    peerDoes(update(5, "email", "e"));
    device.client().sync();
    device.client().retryQuarantined();
    assertEquals(List.of(), contradicting());
    assertEquals(
        List.of("3 mine c"), device.rows(PEOPLE.replace("ORDER", "WHERE email = 'c' ORDER")));
    assertAllIsSent();
  }

  @Test
  void aParentThatIsGone() {
    device.run(note(2, 2), note(3, 1), update(1, "name", "pp"));
    peerDoes(delete("person", 2));
    device.client().rebuild();
    assertEquals(List.of("note 2"), contradicting());
    assertEquals(List.of("1 n1", "3 n3"), device.rows(NOTES));
    assertEquals(List.of("1 pp a"), device.rows(PEOPLE));

    peerDoes(person(2, "back", "b"));
    device.client().sync();
    device.client().retryQuarantined();
    assertEquals(List.of(), contradicting());
    assertEquals(List.of("1 n1", "2 n2", "3 n3"), device.rows(NOTES));
    assertAllIsSent();
  }

  @Test
  void aDeletedParentWithANewChild() {
    device.run(delete("person", 2), update(1, "name", "pp"));
    peerDoes(note(4, 2));
    device.client().rebuild();
    assertEquals(List.of("person 2"), contradicting());
    assertEquals(List.of("1 pp a", "2 q b"), device.rows(PEOPLE));
    assertEquals(List.of("1 n1", "4 n4"), device.rows(NOTES));

    peerDoes(delete("note", 4));
    device.client().sync();
    device.client().retryQuarantined();
    assertEquals(List.of("1 pp a"), device.rows(PEOPLE));
    assertAllIsSent();
  }

  /** W-38: capture is silent while the deletion is executed, so its cascade has to be noticed. */
  @Test
  void aDeletionThatIsExecutedLaterTakesItsChildrenAlong() {
    device.run(delete("person", 2));
    peerDoes(note(4, 2), "INSERT INTO mark VALUES ('" + key(1) + "', '" + key(2) + "')");
    device.client().rebuild();
    assertEquals(List.of("person 2"), contradicting());
    peerDoes(delete("note", 4));
    device.client().sync();

    device.client().retryQuarantined();
    assertEquals(List.of("1 p a"), device.rows(PEOPLE));
    assertEquals(
        device.rows("SELECT count(*) FROM mark"),
        device.rows(
            "SELECT count(*) FROM _sync_row_state WHERE table_name = 'mark' AND deleted = 0"),
        "no row is known as live that is not there");
    assertAllIsSent();
  }

  @Test
  void theChildOfARefusedParentGoesWithIt() {
    device.run(person(3, "mine", "c"), note(3, 3), note(2, 2));
    peerDoes(person(5, "theirs", "c"));
    device.client().rebuild();
    assertEquals(List.of("note 3", "person 3"), contradicting());
    peerDoes(delete("person", 5));
    device.client().sync();
    device.client().retryQuarantined();
    assertEquals(List.of("1 n1", "2 n2", "3 n3"), device.rows(NOTES));
    assertAllIsSent();
  }

  @Test
  void valuesThatWereSwappedStaySwapped() {
    device.run(update(1, "email", "z"), update(2, "email", "a"), update(1, "email", "b"));
    device.client().rebuild();
    assertEquals(List.of(), contradicting());
    assertEquals(List.of("1 p b", "2 q a"), device.rows(PEOPLE));
    assertAllIsSent();
  }

  @Test
  void aFrozenRowThatDoesNotFitTakesItsBundleApart() {
    device.run(person(3, "mine", "c"), update(1, "name", "pp"), note(3, 3));
    retireSource();
    assertThrows(SourceRecoveryRequiredException.class, () -> device.client().pushPending());
    peerDoes(person(5, "theirs", "c"));
    device.client().rebuild();
    assertEquals(List.of("note 3", "person 3"), contradicting());
    assertEquals(List.of("none"), device.rows("SELECT state FROM _sync_outbox_bundle"));
    assertEquals(List.of("1 pp a", "2 q b", "5 theirs c"), device.rows(PEOPLE));
    device.client().sync();

    peerDoes(delete("person", 5));
    device.client().sync();
    device.client().retryQuarantined();
    assertEquals(List.of("1 n1", "3 n3"), device.rows(NOTES));
    assertAllIsSent();
  }

  /** What was written since is what the app sees, and fits where the frozen content does not. */
  @Test
  void aNewerEditOfAFrozenRowIsWhatCounts() {
    device.run(person(3, "mine", "c"));
    retireSource();
    device.onRequest(
        request -> {
          if (request.startsWith("POST /sync/push-sessions")) {
            device.onRequest(other -> {});
            device.run(update(3, "email", "f"));
          }
        });
    assertThrows(SourceRecoveryRequiredException.class, () -> device.client().pushPending());
    peerDoes(person(5, "theirs", "c"));
    device.client().rebuild();
    assertEquals(List.of(), contradicting());
    assertEquals(List.of("1 p a", "2 q b", "3 mine f", "5 theirs c"), device.rows(PEOPLE));
  }
}
