package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static dev.oversqlite4j.simulator.everyday.Account.note;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** W-38: what foreign keys do while authoritative rows are written is known afterwards. */
class W38CascadeTest {

  private static final String STATES =
      "SELECT substr(key_json, -3, 1) AS n, deleted FROM _sync_row_state"
          + " WHERE table_name = 'note' ORDER BY n";

  @TempDir Path folder;
  private Account account;
  private Device peer;
  private Device device;

  /** A person with notes 1 and 2 on both devices. */
  private void start(String onDelete, Optional<OnDelete> atServer) throws IOException {
    account = Account.withNotes(folder, onDelete, atServer);
    peer = account.device(Resolver.clientWins());
    peer.run("INSERT INTO person VALUES ('" + key(1) + "', 'p')", note(1), note(2));
    peer.client().sync();
    device = account.device(Resolver.clientWins());
  }

  @AfterEach
  void stop() {
    account.close();
  }

  private static String rename(int n) {
    return "UPDATE note SET title = 'new' WHERE id = '" + key(n) + "'";
  }

  /** The peer deletes the person; what the app writes meanwhile comes right before the pull. */
  private void deleteParent(String... meanwhile) {
    peer.run("DELETE FROM person");
    peer.client().sync();
    device.onRequest(
        request -> {
          if (request.endsWith("/sync/pull") && meanwhile.length > 0) {
            device.onRequest(later -> {});
            device.run(meanwhile);
          }
        });
    device.client().pullToStable();
  }

  private List<String> discarded() {
    return device.client().discardedIntents(0, 10).stream().map(W38CascadeTest::shown).toList();
  }

  private static String shown(DiscardedIntent intent) {
    return intent.op()
        + " "
        + intent.keyJson().replaceAll(".*-0*(\\d+)\"}", "$1")
        + " "
        + intent.cause();
  }

  private void assertSettled() {
    device.client().sync();
    peer.client().sync();
    String rows = "SELECT title, person_id FROM note ORDER BY id";
    assertEquals(peer.rows(rows), device.rows(rows));
    assertEquals(0, device.client().pendingSyncStatus().pendingRowCount());
    assertEquals(List.of(), device.rows("SELECT * FROM _fsm_touched"));
  }

  @Test
  void childrenThatGoOnBothSidesLeaveNoIntent() throws IOException {
    start("ON DELETE CASCADE", Optional.of(OnDelete.CASCADE));
    deleteParent();

    assertEquals(List.of(), device.rows("SELECT * FROM note"));
    assertEquals(List.of("1 1", "2 1"), device.rows(STATES));
    assertEquals(List.of(), discarded());
    assertEquals(PushOutcome.NO_CHANGE, device.client().pushPending().outcome());
    assertSettled();
  }

  @Test
  void editsOfChildrenThatGoWithTheirParentAreInTheAudit() throws IOException {
    start("ON DELETE CASCADE", Optional.of(OnDelete.CASCADE));
    deleteParent(rename(1), note(3));

    assertEquals(List.of(), device.rows("SELECT * FROM note"));
    assertEquals(List.of(), device.rows("SELECT * FROM _sync_dirty_rows"));
    assertEquals(
        List.of(
            RowOperation.UPDATE + " 1 " + DiscardCause.DELETED_WITH_PARENT,
            RowOperation.INSERT + " 3 " + DiscardCause.DELETED_WITH_PARENT),
        discarded());
    assertSettled();
  }

  /** What deletes the row is older than what is known of it: others have made it again since. */
  @Test
  void aChildThatIsBackAtTheServerIsNotDeletedThere() throws IOException {
    start("ON DELETE CASCADE", Optional.of(OnDelete.CASCADE));
    peer.run("DELETE FROM person");
    peer.client().sync();
    peer.run("INSERT INTO person VALUES ('" + key(1) + "', 'p')", note(1));
    peer.client().sync();
    device.run(rename(1));
    device.client().pushPending();
    device.onRequest(
        request -> {
          if (request.endsWith("/sync/pull")) {
            device.onRequest(later -> {});
            device.run("UPDATE note SET title = 'newer' WHERE id = '" + key(1) + "'");
          }
        });
    device.client().pullToStable();

    assertEquals(
        List.of(RowOperation.UPDATE + " 1 " + DiscardCause.DELETED_WITH_PARENT), discarded());
    assertSettled();
    assertEquals(List.of("new"), device.rows("SELECT title FROM note"));
  }

  @Test
  void aServerThatKeepsTheChildrenIsToldOfTheEditedOne() throws IOException {
    start("ON DELETE CASCADE", Optional.empty());
    peer.runWithoutForeignKeys("DELETE FROM person");
    peer.client().sync();
    device.onRequest(
        request -> {
          if (request.endsWith("/sync/pull")) {
            device.onRequest(later -> {});
            device.run(rename(1));
          }
        });
    device.client().pullToStable();

    assertEquals(List.of(), device.rows("SELECT * FROM note"));
    // Its own edit is the server's business; of the other row it only knows that it is gone here.
    assertEquals(List.of("1 0", "2 1"), device.rows(STATES));
    assertEquals(
        List.of("DELETE"), device.rows("SELECT op FROM _sync_dirty_rows WHERE payload IS NULL"));
    assertEquals(
        List.of(RowOperation.UPDATE + " 1 " + DiscardCause.DELETED_WITH_PARENT), discarded());
    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());
    assertEquals(1, account.server().liveRows(Account.USER, "note").size());
  }

  @Test
  void childrenThatLoseTheirReferenceOnBothSidesLeaveNoIntent() throws IOException {
    start("ON DELETE SET NULL", Optional.of(OnDelete.SET_NULL));
    deleteParent();

    assertEquals(List.of("t1 null", "t2 null"), device.rows("SELECT title, person_id FROM note"));
    assertEquals(List.of(), device.rows("SELECT * FROM _sync_dirty_rows"));
    assertEquals(PushOutcome.NO_CHANGE, device.client().pushPending().outcome());
    assertSettled();
  }

  @Test
  void editsOfChildrenThatLoseTheirReferenceAreSentWithoutIt() throws IOException {
    start("ON DELETE SET NULL", Optional.of(OnDelete.SET_NULL));
    deleteParent(rename(1), note(3));

    assertEquals(
        List.of("new null", "t2 null", "t3 null"),
        device.rows("SELECT title, person_id FROM note ORDER BY id"));
    assertEquals(
        List.of("1", "3"),
        device.rows(
            "SELECT substr(key_json, -3, 1) FROM _sync_dirty_rows"
                + " WHERE json_extract(payload, '$.person_id') IS NULL ORDER BY 1"));
    assertSettled();
    assertEquals(
        List.of("new null", "t2 null", "t3 null"),
        peer.rows("SELECT title, person_id FROM note ORDER BY id"));
  }

  @Test
  void aChangeThatTheServerDidNotMakeIsSent() throws IOException {
    start("ON DELETE SET NULL", Optional.empty());
    peer.runWithoutForeignKeys("DELETE FROM person WHERE id = '" + key(1) + "'");
    peer.client().sync();
    device.client().pullToStable();

    assertEquals(2, device.client().pendingSyncStatus().pendingRowCount());
    assertSettled();
    assertEquals(List.of("t1 null", "t2 null"), peer.rows("SELECT title, person_id FROM note"));
  }
}
