package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.InvalidConflictResolutionException;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conflicts whose outcome does not fit in before the bundles that this device has not pulled. */
class ConflictBeforePullTest {

  @TempDir Path folder;
  private Account account;
  private Device peer;

  @BeforeEach
  void start() throws IOException {
    ServerSchema schema =
        new ServerSchema(
            "business",
            List.of(
                new ServerSchema.Table(
                        "person", "id", KeyKind.UUID, List.of(text("name"), text("email")))
                    .withUnique("email"),
                new ServerSchema.Table(
                        "note",
                        "id",
                        KeyKind.UUID,
                        List.of(
                            text("title"),
                            new Column("person_id", ColumnKind.UUID, Nullability.NULLABLE)))
                    .withForeignKey("person_id", "person", OnDelete.NO_ACTION)));
    account =
        new Account(
            folder,
            schema,
            List.of(
                "CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, name TEXT, email TEXT UNIQUE)",
                "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, title TEXT,"
                    + " person_id TEXT REFERENCES person(id))"));
    peer = account.device(Resolver.serverWins());
  }

  private static Column text(String name) {
    return new Column(name, ColumnKind.TEXT, Nullability.NULLABLE);
  }

  @AfterEach
  void stop() {
    account.close();
  }

  /** Takes one column from the server's row and keeps the rest. */
  private static Resolver merging(String column) {
    return conflict -> {
      ObjectNode merged = conflict.localPayload().orElseThrow();
      merged.set(column, conflict.serverRow().orElseThrow().get(column));
      return Resolution.keepMerged(merged);
    };
  }

  private static void person(Device device, int n, String email) {
    device.run("INSERT INTO person VALUES ('" + key(n) + "', 'p" + n + "', '" + email + "')");
  }

  private static void email(Device device, int n, String email) {
    device.run("UPDATE person SET email = '" + email + "' WHERE id = '" + key(n) + "'");
  }

  @Test
  void aMergedRowThatRefersToARowNotPulledYetIsSentAfterThePull() {
    peer.run("INSERT INTO note VALUES ('" + key(1) + "', 't', NULL)");
    peer.client().sync();
    Device device = account.device(merging("person_id"));
    person(peer, 5, "a");
    peer.run("UPDATE note SET person_id = '" + key(5) + "', title = 'theirs'");
    peer.client().sync();
    device.run("UPDATE note SET title = 'ours'");

    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());

    assertEquals(List.of("ours " + key(5)), device.rows("SELECT title, person_id FROM note"));
    peer.client().sync();
    assertEquals(List.of("ours " + key(5)), peer.rows("SELECT title, person_id FROM note"));
  }

  /** The server's row takes an email over that its former owner still has here. */
  private Device takenOver(Resolver resolver) {
    person(peer, 1, "one");
    person(peer, 2, "two");
    peer.client().sync();
    Device device = account.device(resolver);
    email(peer, 1, "other");
    peer.client().sync();
    email(peer, 2, "one");
    peer.client().sync();
    device.run("UPDATE person SET name = 'ours' WHERE id = '" + key(2) + "'");
    return device;
  }

  @Test
  void aMergedRowThatTakesOverAUniqueValueIsSentAfterThePull() {
    Device device = takenOver(merging("email"));

    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());

    List<String> expected = List.of("p1 other", "ours one");
    assertEquals(expected, device.rows("SELECT name, email FROM person ORDER BY id"));
    peer.client().sync();
    assertEquals(expected, peer.rows("SELECT name, email FROM person ORDER BY id"));
  }

  @Test
  void theServersRowThatTakesOverAUniqueValueWaitsForThePull() {
    Device device = takenOver(Resolver.serverWins());

    assertEquals(PushOutcome.NO_CHANGE, device.client().pushPending().outcome());
    device.client().pullToStable();

    List<String> expected = List.of("p1 other", "p2 one");
    assertEquals(expected, device.rows("SELECT name, email FROM person ORDER BY id"));
    assertEquals(1, device.client().discardedIntents(0, 10).size());
  }

  @Test
  void aMergedRowThatBreaksAConstraintForGoodIsTheResolversMistake() {
    person(peer, 1, "one");
    person(peer, 2, "two");
    peer.client().sync();
    Device device =
        account.device(
            conflict -> {
              ObjectNode merged = conflict.localPayload().orElseThrow();
              return Resolution.keepMerged(merged.put("email", "two"));
            });
    email(peer, 1, "other");
    peer.client().sync();
    device.run("UPDATE person SET name = 'ours' WHERE id = '" + key(1) + "'");

    assertThrows(InvalidConflictResolutionException.class, () -> device.client().pushPending());

    assertEquals(1, device.client().pendingSyncStatus().pendingRowCount());
    assertEquals(
        List.of("ours one", "p2 two"), device.rows("SELECT name, email FROM person ORDER BY id"));
    // Once the app has decided, nothing is in the way.
    device.run("UPDATE person SET email = 'three' WHERE id = '" + key(2) + "'");
    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());
  }
}
