package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles of more than a batch go through the stage; others never do. */
class StagedBundleTest {

  private static final int ROWS = 11;
  private static final String ALL = "SELECT id, name FROM person ORDER BY id";

  @TempDir Path folder;
  private Account account;
  private Device device;

  @BeforeEach
  void start() throws IOException {
    account =
        new Account(
            folder,
            new ServerSchema(
                "business",
                List.of(
                    new ServerSchema.Table(
                        "person",
                        "id",
                        KeyKind.UUID,
                        List.of(new Column("name", ColumnKind.TEXT, Nullability.NULLABLE))))),
            List.of("CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, name TEXT)"));
    device = account.device(Resolver.serverWins(), StagedBundleTest::small);
  }

  @AfterEach
  void stop() {
    account.close();
  }

  private static void small(SyncOptions.Builder options) {
    options.snapshotApplyBatchRows(4).uploadLimit(3).downloadLimit(5);
  }

  private static void insert(Device device, int rows) {
    List<String> statements = new ArrayList<>();
    for (int n = 1; n <= rows; n++) {
      statements.add("INSERT INTO person VALUES ('" + key(n) + "', 'p" + n + "')");
    }
    device.run(statements.toArray(String[]::new));
  }

  private static long fetches(Device device) {
    return device.requests().stream().filter(r -> r.contains("committed-bundles")).count();
  }

  private static List<String> staged(Device device, String table) {
    return device.rows("SELECT count(*) FROM " + table + " WHERE row_ordinal >= 0");
  }

  /** What each transaction leaves in a stage of another connection's sight. */
  private List<Integer> watch(String table) {
    List<Integer> seen = new ArrayList<>();
    device.onRequest(request -> seen.add(Integer.parseInt(staged(device, table).get(0))));
    return seen;
  }

  @Test
  void aLargePushIsUploadedInChunksStagedInBatchesAndReplayedWhole() {
    insert(device, ROWS);
    List<Integer> seen = watch("_fsm_push_stage");

    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());

    assertEquals(4, device.requests().stream().filter(r -> r.endsWith("/chunks")).count());
    // Three pages of five: batches of four and one each are stored as soon as there are two.
    assertEquals(List.of(5, 10), seen.subList(seen.size() - 2, seen.size()));
    assertEquals(ROWS, account.server().liveRows(Account.USER, "person").size());
    assertEquals(List.of(), device.rows("SELECT * FROM _fsm_push_stage"));
    assertEquals(0, device.client().pendingSyncStatus().pendingRowCount());
  }

  @Test
  void aBatchIsNotStaged() {
    insert(device, 4);
    List<Integer> seen = watch("_fsm_push_stage");
    device.client().pushPending();
    assertTrue(seen.stream().allMatch(count -> count == 0));
    assertEquals(List.of(), device.rows("SELECT * FROM _fsm_push_stage"));
  }

  @Test
  void aLargePulledBundleIsAppliedWhole() {
    Device peer = account.device(Resolver.serverWins(), StagedBundleTest::small);
    insert(device, ROWS);
    device.client().sync();

    peer.client().pullToStable();

    assertEquals(device.rows(ALL), peer.rows(ALL));
    assertEquals(List.of(), peer.rows("SELECT * FROM _fsm_pull_stage"));
    assertEquals(0, peer.client().pendingSyncStatus().pendingRowCount());
  }

  /** The app keeps the replay from committing; by then everything is staged. */
  private void stageAndFail() {
    insert(device, ROWS);
    device.run(
        "CREATE TRIGGER stop BEFORE UPDATE ON _sync_source_state BEGIN"
            + " SELECT RAISE(ABORT, 'stop'); END");
    assertThrows(RuntimeException.class, () -> device.client().pushPending());
    device.run("DROP TRIGGER stop");
  }

  @Test
  void aCompleteStageIsUsedByTheNextProcessWithoutFetchingAgain() {
    stageAndFail();
    assertEquals(List.of("" + ROWS), staged(device, "_fsm_push_stage"));
    device.restart();
    assertEquals(List.of("" + ROWS), staged(device, "_fsm_push_stage"));
    long before = fetches(device);

    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());

    assertEquals(before, fetches(device));
    assertEquals(List.of(), device.rows("SELECT * FROM _fsm_push_stage"));
  }

  @Test
  void anIncompleteStageIsDeletedAtOpenAndFetchedAgain() {
    stageAndFail();
    device.run("DELETE FROM _fsm_push_stage WHERE row_ordinal = 7");
    device.restart();
    assertEquals(List.of("0"), staged(device, "_fsm_push_stage"));
    long before = fetches(device);
    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());
    assertTrue(fetches(device) > before);
  }

  @Test
  void aStageThatSomebodyChangedIsNotApplied() {
    stageAndFail();
    device.run(
        "UPDATE _fsm_push_stage SET payload = replace(payload, 'p3', 'x') WHERE row_ordinal >= 0");
    assertThrows(
        dev.oversqlite4j.CorruptLocalStateException.class, () -> device.client().pushPending());
    assertTrue(device.rows("SELECT name FROM person").contains("p3"));
    // What cannot be trusted is thrown away, so that the next push fetches it again.
    assertEquals(PushOutcome.COMMITTED, device.client().pushPending().outcome());
  }
}
