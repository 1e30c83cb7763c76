package dev.oversqlite4j.simulator.farewell;

import static dev.oversqlite4j.simulator.farewell.FarewellRig.USER;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.count;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.person;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.LifecycleState;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.SyncThenDetachResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spec 4.8: at most three rounds, and never a detach after a failed one. */
class SyncThenDetachTest {

  @TempDir Path folder;
  private FarewellRig rig;
  private Path file;
  private OversqliteClient client;
  private int pulls;
  private int rows;

  @BeforeEach
  void start() {
    rig = new FarewellRig(folder);
    file = rig.newApp("app.db");
    client = rig.attached(file);
    client.sync();
    write(1);
  }

  @AfterEach
  void stop() {
    client.close();
    rig.close();
  }

  private void write(int count) {
    for (int i = 0; i < count; i++) {
      person(file, ++rows, "a");
    }
  }

  /** The app writes as many rows as the list says before each pull; a sync pulls up to thrice. */
  private void writesBeforePulls(List<Integer> counts) {
    rig.interruption =
        (method, path) -> {
          if (path.endsWith("/sync/pull") && pulls < counts.size()) {
            write(counts.get(pulls++));
          }
        };
  }

  private long detaches(String trigger) {
    return client.journal().entries(0, 1000).stream()
        .filter(e -> e.trigger().equals(trigger))
        .count();
  }

  @Test
  void whatIsPendingIsUploadedFirst() {
    SyncThenDetachResult result = client.syncThenDetach();
    assertTrue(result.isSuccess());
    assertEquals(DetachOutcome.DETACHED, result.detach());
    assertEquals(PushOutcome.COMMITTED, result.lastSync().pushOutcome());
    assertEquals(1, result.syncRounds());
    assertEquals(0, result.remainingPendingRowCount());
    assertEquals(LifecycleState.DETACHED, client.state());
    assertEquals(0, count(file, "person"));
    assertEquals(1, rig.server.liveRows(USER, "person").size());
  }

  @Test
  void writesThatArriveLateTakeAnotherRound() {
    writesBeforePulls(List.of(1, 1, 1));
    SyncThenDetachResult result = client.syncThenDetach();
    assertTrue(result.isSuccess());
    assertEquals(2, result.syncRounds());
    assertEquals(0, count(file, "person"));
    assertEquals(4, rig.server.liveRows(USER, "person").size());
  }

  @Test
  void aRoundThatBringsNothingDownIsTheLast() {
    writesBeforePulls(List.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    SyncThenDetachResult result = client.syncThenDetach();
    assertFalse(result.isSuccess());
    assertEquals(2, result.syncRounds());
    assertEquals(1, result.remainingPendingRowCount());
    assertEquals(LifecycleState.ATTACHED, client.state());
    assertEquals(2, detaches("DETACH_BLOCKED"));
    assertEquals(7, count(file, "person"));
  }

  @Test
  void thereAreNeverMoreThanThreeRounds() {
    writesBeforePulls(List.of(1, 1, 9, 1, 1, 5, 1, 1, 2, 1, 1, 1));
    SyncThenDetachResult result = client.syncThenDetach();
    assertFalse(result.isSuccess());
    assertEquals(3, result.syncRounds());
    assertEquals(2, result.remainingPendingRowCount());
    assertEquals(3, detaches("DETACH_BLOCKED"));
    // Once the app is quiet, the next call succeeds.
    pulls = 99;
    assertTrue(client.syncThenDetach().isSuccess());
    assertEquals(rows, rig.server.liveRows(USER, "person").size());
  }

  @Test
  void w16AFailedSyncIsFollowedByNoDetachAndTriedNoFurther() {
    rig.interruption =
        (method, path) -> {
          if (path.endsWith("/sync/pull")) {
            pulls++;
            throw new IOException("no network");
          }
        };
    assertThrows(OversqliteException.class, client::syncThenDetach);
    // The transport repeats the one request; nothing around the round does (W-16).
    assertEquals(3, pulls);
    assertEquals(LifecycleState.ATTACHED, client.state());
    assertEquals(0, detaches("DETACH") + detaches("DETACH_BLOCKED"));
    assertEquals(1, count(file, "person"));
  }
}
