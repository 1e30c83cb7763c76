package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.InitializationLeaseInvalidException;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Process;
import dev.oversqlite4j.simulator.world.OtherClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that another client of this protocol left in any durable state is adopted with one journal
 * row, goes on from there to a healthy end, and can be handed back (architecture, adoption;
 * property 40).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdoptedStatesTest {

  private static final String LEASE =
      "UPDATE _sync_attachment_state SET pending_initialization_id ="
          + " '1e000000-0000-4000-8000-000000000001'";
  private static final String GATED = "UPDATE _sync_attachment_state SET rebuild_required = 1";
  private static final String SCANNED =
      "SELECT count(*) FROM person WHERE json_object('id', id) NOT IN (SELECT key_json FROM"
          + " _sync_row_state WHERE deleted = 0 UNION SELECT key_json FROM _sync_dirty_rows UNION"
          + " SELECT key_json FROM _sync_outbox_rows)";

  @TempDir static Path folder;

  private MatrixRig rig;

  /** What is there, and how many people there are once everything is synced. */
  private record Adopted(Image image, String state, List<String> people) {}

  private final Map<String, Adopted> images = new LinkedHashMap<>();

  @BeforeAll
  void reachEveryState() {
    rig = new MatrixRig(folder);
    Image virgin = rig.virgin();
    Image inUse = rig.accountInUse();
    Image synced = rig.after(virgin, MatrixRig::attachedAndSynced);
    Image dirty = rig.after(synced, process -> process.write(MatrixRig.insert(3)));
    Image prepared = rig.dyingAfter("FREEZE", dirty, MatrixRig::attachedAndSynced);
    Image committed = rig.dyingAfter("ACK", dirty, MatrixRig::attachedAndSynced);
    Image seeding = rig.after(virgin, MatrixRig::attached);
    Image recovering =
        rig.after(
            prepared,
            process -> {
              MatrixRig.attached(process);
              retire(process);
              assertThrows(SourceRecoveryRequiredException.class, process.client::pushPending);
            });
    List<String> one = List.of("w1");
    List<String> both = List.of("w1", "w3");
    add("anonymous", rig.after(virgin, process -> process.client.open()), "OPENED", one);
    add(
        "detached",
        rig.after(
            synced,
            process -> {
              process.client.open();
              process.client.detach();
            }),
        "OPENED",
        one);
    add("attached", synced, "ATTACHED", one);
    add("attached, dirty", dirty, "ATTACHED", both);
    add("lease held", seeding, "SEEDING", one);
    add(
        "lease held, nothing to seed",
        rig.after(seeding, process -> process.write("DELETE FROM person")),
        "SEEDING",
        List.of());
    add(
        "lease held, prepared",
        rig.dyingAfter("FREEZE", seeding, MatrixRig::attachedAndSynced),
        "PUSH_PREPARED",
        one);
    add(
        "lease held, committed",
        rig.changed(rig.dyingAfter("ACK", seeding, MatrixRig::attachedAndSynced), LEASE),
        "PUSH_COMMITTED",
        one);
    add("lease left over (P6)", rig.changed(dirty, LEASE), "ATTACHED", both);
    add("outbox prepared", prepared, "PUSH_PREPARED", both);
    add(
        "outbox prepared, committed by the server",
        new Image(prepared.file(), committed.server()),
        "PUSH_PREPARED",
        both);
    add("outbox committed remotely", committed, "PUSH_COMMITTED", both);
    add("rebuild required", rig.changed(synced, GATED), "REBUILD_REQUIRED", one);
    add("rebuild required, dirty", rig.changed(dirty, GATED), "REBUILD_REQUIRED", both);
    add("rebuild required, prepared", rig.changed(prepared, GATED), "REBUILD_REQUIRED", both);
    add("rebuild required, committed", rig.changed(committed, GATED), "REBUILD_COMMITTED", both);
    add("rebuild required, lease held", rig.changed(seeding, GATED), "REBUILD_REQUIRED", one);
    add(
        "rebuild required, lease held, nothing to seed",
        rig.changed(seeding, GATED, "DELETE FROM person", "DELETE FROM _sync_dirty_rows"),
        "REBUILD_REQUIRED",
        List.of());
    add("source recovery", recovering, "SOURCE_RECOVERY", both);
    add(
        "source recovery, dirty",
        rig.changed(
            recovering,
            "UPDATE _sync_apply_state SET apply_mode = 1",
            MatrixRig.insert(4),
            "UPDATE _sync_apply_state SET apply_mode = 0",
            "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, payload,"
                + " dirty_ordinal) SELECT 'business', 'person', json_object('id', id), 'INSERT',"
                + " json_object('id', id, 'first_name', first_name, 'last_name', last_name,"
                + " 'email', email), 9 FROM person WHERE first_name = 'w4'"),
        "SOURCE_RECOVERY",
        List.of("w1", "w3", "w4"));
    add(
        "remote replace pending",
        rig.dyingAfter("CONNECT_REMOTE_AUTH", inUse, MatrixRig::attached),
        "REPLACE_PENDING",
        List.of("w2"));
    add(
        "remote replace staged",
        rig.dyingAfter("STAGE_DONE", inUse, MatrixRig::attached),
        "REPLACE_STAGED",
        List.of("w2"));
  }

  private void add(String name, Image image, String state, List<String> people) {
    List<String> sql = new ArrayList<>(OtherClient.takingOver());
    images.put(name, new Adopted(rig.changed(image, sql.toArray(String[]::new)), state, people));
  }

  private static void retire(Process process) {
    process.server.retire(
        MatrixRig.USER, process.client.sourceInfo().currentSourceId(), Optional.empty());
  }

  /** What an app does by itself: attach again if the lease is lost, rebuild if it is told to. */
  private static void sync(Process process) {
    for (int attempt = 0; attempt < 4; attempt++) {
      try {
        process.client.sync();
        return;
      } catch (InitializationLeaseInvalidException lost) {
        process.client.attach(MatrixRig.USER);
      } catch (SourceRecoveryRequiredException asked) {
        process.client.rebuild();
      }
    }
    throw new AssertionError("no end of it");
  }

  private static List<String> adoptions(Process process) {
    return process.client.journal().entries(0, 100).stream()
        .filter(entry -> entry.trigger().equals("ADOPT"))
        .map(JournalEntry::to)
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> goesOnToAHealthyEnd() {
    return images.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(), () -> goesOnToAHealthyEnd(entry.getValue())));
  }

  private void goesOnToAHealthyEnd(Adopted adopted) throws Exception {
    Image end;
    try (Process process = rig.on(adopted.image())) {
      process.client.open();
      assertEquals(0, process.requests());
      assertEquals(List.of(adopted.state()), adoptions(process));
      assertEquals(
          List.of("ADOPT", "OPEN"),
          process.client.journal().entries(0, 9).stream().map(JournalEntry::trigger).toList());
      process.client.attach(MatrixRig.USER);
      sync(process);
      healthy(process, adopted.people());
      end = rig.left(process);
    }
    // Back to the other client and here again, with what was written meanwhile.
    Image back = rig.changed(end, OtherClient.takingOver().toArray(String[]::new));
    Image written = rig.changed(back, MatrixRig.insert(7));
    try (Process process = rig.on(written)) {
      process.client.open();
      assertEquals(List.of("ATTACHED"), adoptions(process));
      assertEquals(
          AttachOutcome.RESUMED_ATTACHED_STATE,
          ((AttachResult.Connected) process.client.attach(MatrixRig.USER)).outcome());
      sync(process);
      List<String> people = new ArrayList<>(adopted.people());
      people.add("w7");
      healthy(process, people);
      assertEquals(DetachOutcome.DETACHED, process.client.detach());
    }
  }

  private static void healthy(Process process, List<String> people) {
    assertEquals(0, process.client.pendingSyncStatus().pendingRowCount());
    assertEquals(people, process.query("SELECT first_name FROM person ORDER BY first_name"));
    assertEquals(people.size(), process.server.liveRows(MatrixRig.USER, "person").size());
    assertEquals(List.of("0"), process.query(SCANNED));
    assertEquals(
        List.of("attached|0||none|none|0"),
        process.query(
            "SELECT binding_state || '|' || rebuild_required || '|' || pending_initialization_id"
                + " || '|' || kind || '|' || state || '|' || apply_mode FROM"
                + " _sync_attachment_state, _sync_operation_state, _sync_outbox_bundle,"
                + " _sync_apply_state"));
  }

  /**
   * W-22 as other clients leave it: the first bundle of a replacement is prepared, and the next id
   * is 2 already. A conflict on it must not cost another rotation.
   */
  @Test
  void w22TheFirstBundleOfAReplacementGivesItsIdBack() throws Exception {
    Image rotated =
        rig.after(
            images.get("source recovery").image(),
            process -> {
              MatrixRig.attached(process);
              process.client.rebuild();
            });
    Image peer =
        rig.after(
            new Image(rig.virgin().file(), rotated.server()),
            process -> {
              MatrixRig.attached(process);
              process.write(MatrixRig.insert(3).replace("'w3'", "'theirs'"));
              process.client.sync();
            });
    List<String> sql = new ArrayList<>(OtherClient.takingOver());
    sql.add(
        "UPDATE _sync_source_state SET next_source_bundle_id = 2 WHERE source_id ="
            + " (SELECT source_id FROM _sync_outbox_bundle WHERE state = 'prepared')");
    Image left = rig.changed(new Image(rotated.file(), peer.server()), sql.toArray(String[]::new));
    try (Process process = rig.on(left)) {
      process.client.open();
      assertEquals(List.of("PUSH_PREPARED"), adoptions(process));
      String source = process.client.sourceInfo().currentSourceId();
      process.client.attach(MatrixRig.USER);
      process.client.sync();
      assertEquals(source, process.client.sourceInfo().currentSourceId(), "no other rotation");
      healthy(process, List.of("theirs", "w1"));
      process.write(MatrixRig.insert(5));
      process.client.sync();
      healthy(process, List.of("theirs", "w1", "w5"));
    }
  }

  /** A gated attachment whose lease somebody else was faster with. */
  @Test
  void aLostLeaseBehindTheGateEndsWithAnotherAttach() throws Exception {
    Image gated = images.get("rebuild required, lease held, nothing to seed").image();
    for (boolean rebuild : new boolean[] {false, true}) {
      try (Process process = rig.on(new Image(gated.file(), rig.accountInUse().server()))) {
        MatrixRig.attached(process);
        assertThrows(
            InitializationLeaseInvalidException.class,
            rebuild ? process.client::rebuild : process.client::sync);
        process.client.attach(MatrixRig.USER);
        process.client.sync();
        healthy(process, List.of("w2"));
      }
    }
  }

  /** The rows that the other client gave up for a pending replace come back with a cancellation. */
  @Test
  void aCancelledReplaceForgetsNoRow() throws Exception {
    try (Process process = rig.on(images.get("remote replace staged").image())) {
      process.client.open();
      assertEquals(DetachOutcome.DETACHED, process.client.detach());
      assertEquals(1, process.client.pendingSyncStatus().pendingRowCount());
      assertTrue(process.client.journal().entries(0, 9).size() > 2);
    }
  }
}
