package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachBindingConflictException;
import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.LifecycleState;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.UninstallMode;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Process;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the error about damaged control tables advises is true (spec 1.4, T3, W-34): where local
 * intent is damaged, a rebuild tells it from the app's rows again; anything else can be looked at
 * and left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamagedStateTest {

  @TempDir static Path folder;

  private MatrixRig rig;

  /** Nothing waits, or rows 2 and 3, row 3 newly deleted where it can be. */
  private enum Before {
    DIRTY,
    PREPARED,
    COMMITTED
  }

  private final List<Image> images = new ArrayList<>();

  @BeforeAll
  void prepare() {
    rig = new MatrixRig(folder);
    Image synced = rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
    Image dirty =
        rig.after(
            synced,
            process -> {
              process.write(MatrixRig.insert(2));
              process.write(MatrixRig.insert(3));
              process.write("UPDATE person SET last_name = 'edited' WHERE first_name = 'w1'");
            });
    images.add(dirty);
    images.add(rig.dyingAfter("FREEZE", dirty, MatrixRig::attachedAndSynced));
    images.add(rig.dyingAfter("ACK", dirty, MatrixRig::attachedAndSynced));
  }

  /** Damage of intent, by invariant. */
  private record Damage(Before before, String invariant, String sql) {
    @Override
    public String toString() {
      return before + " " + invariant + " " + sql;
    }
  }

  private static List<Damage> ofIntent() {
    List<Damage> damages = new ArrayList<>();
    for (Before frozen : List.of(Before.PREPARED, Before.COMMITTED)) {
      for (String[] damage :
          new String[][] {
            {"I8", "UPDATE _sync_outbox_bundle SET canonical_request_hash = 'nonsense'"},
            {"I8", "DELETE FROM _sync_outbox_rows WHERE row_ordinal = 0"},
            {"I8", "DELETE FROM _sync_outbox_rows WHERE row_ordinal > 0"},
            {"I8", "UPDATE _sync_outbox_bundle SET row_count = 99"},
            {"I8", "UPDATE _sync_outbox_bundle SET source_id = 'another'"},
            {"I8", "UPDATE _sync_outbox_bundle SET source_bundle_id = 0"},
            {"I8", "UPDATE _sync_outbox_rows SET source_bundle_id = 77 WHERE row_ordinal = 1"},
            {"I8", "UPDATE _sync_outbox_rows SET row_ordinal = 9 WHERE row_ordinal = 1"},
            {"I7", "UPDATE _sync_outbox_bundle SET state = 'none'"},
            {"wrong payload", "UPDATE _sync_outbox_rows SET local_payload = NULL"},
          }) {
        damages.add(new Damage(frozen, damage[0], damage[1]));
      }
    }
    for (String[] damage :
        new String[][] {
          {"I8", "UPDATE _sync_outbox_rows SET wire_payload = replace(wire_payload, 'w2', 'ww')"},
          {"I9", "UPDATE _sync_outbox_bundle SET state = 'committed_remote'"},
          {"I9", "UPDATE _sync_outbox_bundle SET remote_bundle_seq = 7"},
          {"I10", "UPDATE _sync_source_state SET next_source_bundle_id = 7"},
        }) {
      damages.add(new Damage(Before.PREPARED, damage[0], damage[1]));
    }
    damages.add(
        new Damage(
            Before.COMMITTED, "I9", "UPDATE _sync_outbox_bundle SET remote_bundle_hash = ' '"));
    for (String[] damage :
        new String[][] {
          {"I7", "UPDATE _sync_outbox_bundle SET remote_bundle_seq = 4"},
          {"I11", "UPDATE _sync_dirty_rows SET payload = NULL"},
          {"I11", "UPDATE _sync_dirty_rows SET op = 'DELETE'"},
          {"I11", "UPDATE _sync_dirty_rows SET dirty_ordinal = -dirty_ordinal"},
        }) {
      damages.add(new Damage(Before.DIRTY, damage[0], damage[1]));
    }
    return damages;
  }

  private Image image(Before before) {
    return images.get(before.ordinal());
  }

  @TestFactory
  Stream<DynamicTest> w34ARebuildMendsDamagedIntent() {
    return ofIntent().stream()
        .flatMap(
            damage ->
                Stream.of(
                    DynamicTest.dynamicTest("while open: " + damage, () -> mended(damage, true)),
                    DynamicTest.dynamicTest("before: " + damage, () -> mended(damage, false))));
  }

  private void mended(Damage damage, boolean whileOpen) throws Exception {
    Image image = image(damage.before());
    if (!whileOpen) {
      image = rig.changed(image, damage.sql());
    }
    try (Process process = rig.on(image)) {
      process.client.open();
      assertThrows(OversqliteException.class, process.client::pushPending, "before an attach");
      AttachResult resumed = process.client.attach(MatrixRig.USER);
      assertEquals(
          AttachOutcome.RESUMED_ATTACHED_STATE, ((AttachResult.Connected) resumed).outcome());
      if (whileOpen) {
        process.write(damage.sql());
      }
      CorruptLocalStateException named =
          assertThrows(CorruptLocalStateException.class, process.client::pushPending);
      assertTrue(named.reason().contains(damage.invariant()), named.getMessage());
      assertTrue(named.getMessage().contains("rebuild()"), named.getMessage());
      assertEquals(0, process.requests() - capabilities(process), "nothing was sent");
      assertEquals(LifecycleState.ATTACHED, process.client.state());
      process.client.pendingSyncStatus();
      process.client.sourceInfo();
      assertEquals(DetachOutcome.BLOCKED_UNSYNCED_DATA, process.client.detach());

      process.client.rebuild();
      settle(process);
      assertEquals(0, process.client.pendingSyncStatus().pendingRowCount());
      assertEquals(List.of("w1", "w2", "w3"), people(process));
      assertEquals(3, process.server.liveRows(MatrixRig.USER, "person").size());
      // The update of a synced row whose frozen row is gone leaves no trace; all others survive.
      boolean traceless = damage.sql().startsWith("DELETE FROM _sync_outbox_rows");
      List<String> edited = process.query("SELECT last_name FROM person WHERE first_name = 'w1'");
      assertTrue(traceless || edited.equals(List.of("edited")), edited.toString());
    }
  }

  private static long capabilities(Process process) {
    return process.sent().stream().filter(r -> r.path().equals("/sync/capabilities")).count();
  }

  private static List<String> people(Process process) {
    return process.query("SELECT first_name FROM person ORDER BY first_name");
  }

  private static void settle(Process process) {
    try {
      process.client.sync();
    } catch (SourceRecoveryRequiredException asked) {
      // The server may have the bundle whose rows are sent again under another hash.
      process.client.rebuild();
      process.client.sync();
    }
  }

  /**
   * What is not intent is looked at and left; the advice says so and does not speak of rebuilds.
   */
  @TestFactory
  Stream<DynamicTest> anythingElseCanBeLookedAtAndLeft() {
    return Stream.of(
            "UPDATE _sync_attachment_state SET last_bundle_seq_seen = -1",
            "DELETE FROM _sync_source_state",
            "UPDATE _sync_source_state SET replaced_by_source_id = 'nobody'",
            "UPDATE _sync_source_state SET next_source_bundle_id = 0",
            "UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'whatever'")
        .map(sql -> DynamicTest.dynamicTest(sql, () -> left(sql)));
  }

  private void left(String sql) throws Exception {
    Image clean = rig.after(image(Before.DIRTY), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(rig.changed(clean, sql))) {
      process.client.open();
      process.client.attach(MatrixRig.USER);
      List<String> before = process.content();
      CorruptLocalStateException refused =
          assertThrows(CorruptLocalStateException.class, process.client::rebuild);
      assertTrue(!refused.getMessage().contains("rebuild()"), refused.getMessage());
      assertThrows(CorruptLocalStateException.class, process.client::sync);
      assertEquals(before, process.content());
      assertEquals(DetachOutcome.DETACHED, process.client.detach());
      assertEquals(LifecycleState.DETACHED, process.client.state());
      process.client.attach(MatrixRig.USER);
      process.client.sync();
      assertEquals(List.of("w1", "w2", "w3"), people(process));
    }
    try (Process process = rig.on(rig.changed(image(Before.PREPARED), sql))) {
      process.client.open();
      assertThrows(
          RuntimeException.class,
          () -> process.client.uninstallSync(UninstallMode.REFUSE_IF_PENDING));
      process.client.uninstallSync(UninstallMode.DISCARD_PENDING);
      assertEquals(List.of("w1", "w2", "w3"), people(process));
      assertEquals(
          List.of(),
          process.query(
              "SELECT name FROM sqlite_schema WHERE name LIKE '!_sync!_%' ESCAPE '!'"
                  + " OR name LIKE '!_fsm!_%' ESCAPE '!'"));
    }
  }

  @Test
  void nobodyElseResumesADamagedAttachment() throws Exception {
    Image damaged = rig.changed(image(Before.PREPARED), "DELETE FROM _sync_outbox_rows");
    try (Process process = rig.on(damaged)) {
      process.client.open();
      assertThrows(RuntimeException.class, () -> process.client.attach("somebody else"));
      assertThrows(AttachRequiredException.class, process.client::rebuild);
      assertEquals(LifecycleState.OPENED, process.client.state());
    }
    try (Process process = rig.on(image(Before.PREPARED))) {
      process.client.open();
      assertThrows(
          AttachBindingConflictException.class, () -> process.client.attach("somebody else"));
    }
  }
}
