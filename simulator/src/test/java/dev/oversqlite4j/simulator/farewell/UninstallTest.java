package dev.oversqlite4j.simulator.farewell;

import static dev.oversqlite4j.simulator.farewell.FarewellRig.SCHEMA;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.count;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.key;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.person;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.query;
import static dev.oversqlite4j.simulator.farewell.FarewellRig.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.DirtyStateRejectedException;
import dev.oversqlite4j.LifecycleState;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.UninstallMode;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.persistence.ChainCheck;
import dev.oversqlite4j.persistence.SqliteJournal;
import dev.oversqlite4j.persistence.SqliteStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** Spec 4.9. */
class UninstallTest {

  @TempDir Path folder;
  private FarewellRig rig;
  private Path file;

  @BeforeEach
  void start() {
    rig = new FarewellRig(folder);
    file = rig.newApp("app.db");
    person(file, 1, "a");
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private List<String> ours() {
    return query(
        file,
        "SELECT name FROM sqlite_master WHERE name LIKE '!_sync!_%' ESCAPE '!'"
            + " OR name LIKE '!_fsm!_%' ESCAPE '!' OR type = 'trigger' ORDER BY name");
  }

  private static void requireClosed(OversqliteClient client) {
    assertEquals(LifecycleState.UNOPENED, client.state());
    assertThrows(ClientClosedException.class, client::open);
    assertThrows(ClientClosedException.class, client::uninstallSync);
  }

  @Test
  void nothingOfOursStaysAndEverythingOfTheAppDoes() {
    run(
        file,
        "CREATE TABLE _sync_of_somebody_else (x)",
        "CREATE TABLE audit (x)",
        "CREATE TRIGGER mine AFTER INSERT ON note BEGIN INSERT INTO audit VALUES (NEW.id); END");
    OversqliteClient client = rig.attached(file);
    client.sync();
    client.uninstallSync();
    requireClosed(client);
    assertEquals(List.of("_sync_of_somebody_else", "mine"), ours());
    assertEquals(1, count(file, "person"));
    person(file, 2, "b");
    // Another client starts from scratch, and captures every row again.
    try (OversqliteClient next = rig.client(file)) {
      next.open();
      assertEquals(2, next.pendingSyncStatus().pendingRowCount());
      assertEquals(1, next.journal().entries(0, 10).size());
    }
  }

  @Test
  void withoutAUserNothingIsPendingForAnybody() {
    OversqliteClient client = rig.client(file);
    client.open();
    assertEquals(1, client.pendingSyncStatus().pendingRowCount());
    client.uninstallSync();
    assertEquals(List.of(), ours());
  }

  @Test
  void editsOfAnAttachedUserAreOnlyGivenUpOnDemand() {
    OversqliteClient client = rig.attached(file);
    client.sync();
    person(file, 2, "b");
    List<String> before = ours();
    assertEquals(1, assertThrows(DirtyStateRejectedException.class, client::uninstallSync).count());
    assertEquals(before, ours());
    assertEquals(LifecycleState.ATTACHED, client.state());
    client.uninstallSync(UninstallMode.DISCARD_PENDING);
    requireClosed(client);
    assertEquals(List.of(), ours());
    assertEquals(2, count(file, "person"));
  }

  @Test
  void aFrozenBundleIsPending() {
    OversqliteClient client = rig.attached(file);
    rig.interruption =
        (method, path) -> {
          if (path.endsWith("/chunks")) {
            throw new IOException("no network");
          }
        };
    assertThrows(OversqliteException.class, client::pushPending);
    assertThrows(PendingPushReplayException.class, client::uninstallSync);
    client.uninstallSync(UninstallMode.DISCARD_PENDING);
    assertEquals(List.of(), ours());
  }

  @Test
  void aClientThatWasNeverOpenedCanDoIt() {
    OversqliteClient virgin = rig.client(file);
    virgin.uninstallSync();
    requireClosed(virgin);
    assertEquals(List.of(), ours());
    try (OversqliteClient client = rig.attached(file)) {
      client.sync();
      person(file, 2, "b");
    }
    try (OversqliteClient refused = rig.client(file)) {
      assertThrows(DirtyStateRejectedException.class, refused::uninstallSync);
      // It owns nothing after the refusal, and may go on as if it had not asked.
      refused.open();
    }
    rig.client(file).uninstallSync(UninstallMode.DISCARD_PENDING);
    assertEquals(List.of(), ours());
  }

  @Test
  void damagedStateIsGivenUpOnDemandOnly() {
    OversqliteClient client = rig.attached(file);
    run(file, "UPDATE _sync_outbox_bundle SET row_count = 3");
    assertThrows(OversqliteException.class, client::uninstallSync);
    client.uninstallSync(UninstallMode.DISCARD_PENDING);
    assertEquals(List.of(), ours());
  }

  @Test
  void tablesThatLeftTheConfigurationLoseTheirTriggersToo() {
    rig.attached(file).close();
    SyncSchema smaller = SyncSchema.of("business").table("note", "id").build();
    OversqliteClient client = rig.client(SqliteStore.at(file), smaller);
    client.open();
    client.uninstallSync(UninstallMode.DISCARD_PENDING);
    assertEquals(List.of(), ours());
  }

  @Test
  void machinesOfTheAppKeepTheirJournal() {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    SqliteJournal journal = SqliteJournal.over(source);
    journal.transact(tx -> tx.append("order/1", "PAY", "NEW", "PAID", "", Facts.none()));
    OversqliteClient client = rig.attached(file);
    client.uninstallSync(UninstallMode.DISCARD_PENDING);
    assertEquals(List.of("_fsm_journal"), ours());
    assertEquals(new ChainCheck.Intact(1), journal.verify());
  }

  @Test
  void droppedTriggersComeBackAndNoRowIsMissed() {
    try (OversqliteClient client = rig.attached(file)) {
      client.sync();
    }
    SqliteStore store = SqliteStore.at(file);
    store.dropTriggers();
    assertTrue(ours().stream().noneMatch(name -> name.startsWith("trg_")));
    person(file, 2, "meanwhile");
    run(file, "DELETE FROM person WHERE id = '" + key(1) + "'");
    try (OversqliteClient client = rig.client(store, SCHEMA)) {
      client.open();
      assertEquals(12, ours().stream().filter(name -> name.startsWith("trg_")).count());
      assertEquals(
          List.of("DELETE", "INSERT"), query(file, "SELECT op FROM _sync_dirty_rows ORDER BY op"));
      // Open clients can be in the way of a migration, too.
      store.dropTriggers();
      assertTrue(ours().stream().noneMatch(name -> name.startsWith("trg_")));
    }
  }
}
