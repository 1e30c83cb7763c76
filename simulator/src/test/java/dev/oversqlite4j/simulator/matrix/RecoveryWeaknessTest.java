package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SourceReplacementDivergedException;
import dev.oversqlite4j.SourceReplacementInvalidException;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Process;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.server.WireRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weaknesses of other clients around rebuilds, where the state before them takes some making. */
class RecoveryWeaknessTest {

  private static final String SNAPSHOTS = "/sync/snapshot-sessions";
  private static final Pattern NEW_SOURCE = Pattern.compile("\"new_source_id\":\"([^\"]+)\"");
  private static final String ANOTHER = "00000000-0000-4000-8000-00000000a00a";
  private static final String SOURCE = "SELECT current_source_id FROM _sync_attachment_state";

  @TempDir Path folder;

  private MatrixRig rig;

  @BeforeEach
  void start() {
    rig = new MatrixRig(folder);
  }

  private Image synced() {
    return rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
  }

  /** Dies with rows 2 and 3 frozen or committed; row 1 was synced before. */
  private Image dyingAfter(String trigger) {
    return rig.dyingAfter(
        trigger,
        synced(),
        process -> {
          MatrixRig.attached(process);
          process.write(MatrixRig.insert(2));
          process.write(MatrixRig.insert(3));
          process.client.pushPending();
        });
  }

  private static void retireSource(Process process) {
    process.server.retire(MatrixRig.USER, process.query(SOURCE).get(0), Optional.empty());
  }

  /** A server that lets a retired source not even download (spec 4.4.4). */
  private static void refusingSnapshots(Process process) {
    boolean[] plain = new boolean[1];
    process.arriving =
        request ->
            plain[0] =
                request.method().equals("POST")
                    && request.path().endsWith(SNAPSHOTS)
                    && replacements(List.of(request)).isEmpty();
    process.answer =
        real ->
            plain[0]
                ? new Reply(
                    409,
                    real.headers(),
                    ("{\"error\":\"source_retired\",\"message\":\"gone\",\"source_id\":\""
                            + process.query(SOURCE).get(0)
                            + "\"}")
                        .getBytes(StandardCharsets.UTF_8))
                : real;
  }

  /** The replacements that snapshots were asked for with. */
  private static Set<String> replacements(List<WireRequest> requests) {
    Set<String> named = new LinkedHashSet<>();
    for (WireRequest request : requests) {
      Matcher found = NEW_SOURCE.matcher(new String(request.body(), StandardCharsets.UTF_8));
      if (request.path().endsWith(SNAPSHOTS) && found.find()) {
        named.add(found.group(1));
      }
    }
    return named;
  }

  private static List<String> people(Process process) {
    return process.query("SELECT first_name FROM person ORDER BY first_name");
  }

  private static void assertHealthy(Process process, int rows) {
    process.client.sync();
    assertEquals(0, process.client.pendingSyncStatus().pendingRowCount());
    assertEquals(rows, people(process).size());
    assertEquals(rows, process.server.liveRows(MatrixRig.USER, "person").size());
  }

  /** W-8: what the committed bundle said is in the snapshot; the rest is a rotation like any. */
  @Test
  void w08ASourceThatIsRetiredWithACommittedBundleIsReplaced() throws Exception {
    Image committed = dyingAfter("ACK");
    String[] old = new String[1];
    Image gated =
        rig.after(
            committed,
            process -> {
              MatrixRig.attached(process);
              old[0] = process.query(SOURCE).get(0);
              process.server.prune(MatrixRig.USER, 2);
              retireSource(process);
              refusingSnapshots(process);
              assertThrows(SourceRecoveryRequiredException.class, process.client::sync);
            });
    assertEquals("SOURCE_RECOVERY", MatrixRig.state(gated));
    try (Process process = rig.on(gated)) {
      MatrixRig.attached(process);
      assertEquals(
          List.of("committed_remote"), process.query("SELECT state FROM _sync_outbox_bundle"));
      process.client.rebuild();
      assertFalse(process.query(SOURCE).contains(old[0]));
      process.write(MatrixRig.insert(4));
      assertHealthy(process, 4);
    }
  }

  /** W-8: nothing was frozen when the server refused. */
  @Test
  void w08ASourceThatIsRetiredWithNothingFrozenIsReplaced() throws Exception {
    Image gated =
        rig.after(
            synced(),
            process -> {
              MatrixRig.attached(process);
              process.write("UPDATE _sync_attachment_state SET rebuild_required = 1");
              retireSource(process);
              refusingSnapshots(process);
              assertThrows(SourceRecoveryRequiredException.class, process.client::pullToStable);
            });
    try (Process process = rig.on(gated)) {
      MatrixRig.attached(process);
      assertEquals(List.of("none"), process.query("SELECT state FROM _sync_outbox_bundle"));
      assertEquals(RemoteSyncOutcome.APPLIED_SNAPSHOT, process.client.rebuild().outcome());
      assertHealthy(process, 1);
    }
  }

  /** W-10: the next user starts at 0, with nothing to rebuild, in the process that detached. */
  @Test
  void w10TheCheckpointAndTheGateOfAUserLeaveWithHim() throws Exception {
    Image gated =
        rig.dyingAfter(
            "REBUILD_BEGIN",
            synced(),
            process -> {
              MatrixRig.attached(process);
              process.client.rebuild();
            });
    try (Process process = rig.on(gated)) {
      MatrixRig.attached(process);
      assertEquals(DetachOutcome.DETACHED, process.client.detach());
      assertEquals(
          List.of("0 0   "),
          process.query(
              "SELECT last_bundle_seq_seen || ' ' || rebuild_required || ' ' || schema_name || ' '"
                  + " || attached_user_id || ' ' || pending_initialization_id"
                  + " FROM _sync_attachment_state"));
      process.signIn("bob");
      assertEquals(
          AttachOutcome.STARTED_EMPTY,
          ((AttachResult.Connected) process.client.attach("bob")).outcome());
      assertEquals(RemoteSyncOutcome.ALREADY_AT_TARGET, process.client.pullToStable().outcome());
    }
  }

  /** W-28: a server that was restored has nothing that could take the place of our bundle. */
  @Test
  void w28ASnapshotWithoutOurCommittedBundleReplacesNothing() throws Exception {
    Image synced = synced();
    Image committed =
        rig.dyingAfter(
            "ACK",
            synced,
            process -> {
              MatrixRig.attached(process);
              process.write("UPDATE person SET first_name = 'mine'");
              process.client.pushPending();
            });
    Image wentOn = synced;
    for (int row : new int[] {5, 6}) {
      wentOn =
          rig.after(
              new Image(rig.virgin().file(), wentOn.server()),
              process -> {
                MatrixRig.attached(process);
                process.write(MatrixRig.insert(row));
                process.client.sync();
              });
    }
    // Of rows that it never had, only the bundle tells, or its number.
    for (Image restored : List.of(synced, wentOn)) {
      try (Process process = rig.on(new Image(dyingAfter("ACK").file(), restored.server()))) {
        MatrixRig.attached(process);
        process.client.rebuild();
        assertHealthy(process, restored == synced ? 3 : 5);
      }
    }
    for (Image restored : List.of(synced, wentOn)) {
      try (Process process = rig.on(new Image(committed.file(), restored.server()))) {
        MatrixRig.attached(process);
        process.client.rebuild();
        assertTrue(people(process).contains("mine"), people(process).toString());
        assertHealthy(process, restored == synced ? 1 : 3);
        assertTrue(people(process).contains("mine"), people(process).toString());
      }
    }
  }

  /** W-33: only a stage that was called complete is; its rows alone say nothing. */
  @Test
  void w33AStageThatLooksCompleteIsNotUsed() throws Exception {
    Image emptied =
        rig.after(
            rig.accountInUse(),
            process -> {
              MatrixRig.attached(process);
              process.write("DELETE FROM person");
              process.client.sync();
            });
    Image joining = new Image(rig.virgin().file(), emptied.server());
    for (Image looksComplete :
        List.of(
            rig.dyingAfter("STAGE_CHUNK", rig.accountInUse(), MatrixRig::attached),
            rig.dyingAfter("STAGE_SESSION", joining, MatrixRig::attached))) {
      try (Process process = rig.on(looksComplete)) {
        assertEquals(
            List.of("1"),
            process.query(
                "SELECT snapshot_row_count = (SELECT count(*) FROM _sync_snapshot_stage)"
                    + " FROM _sync_operation_state"));
        MatrixRig.attached(process);
        assertTrue(
            process.sent().stream()
                .anyMatch(r -> r.method().equals("POST") && r.path().endsWith(SNAPSHOTS)),
            "a stage that was never called complete was applied");
      }
    }
  }

  /** W-34: a damaged bundle is named as such, and a rebuild takes it apart. */
  @Test
  void w34ADamagedBundleIsTakenApartByARebuild() throws Exception {
    for (String damage :
        List.of(
            "UPDATE _sync_outbox_rows SET wire_payload = replace(wire_payload, 'w2', 'ww')",
            "UPDATE _sync_outbox_bundle SET canonical_request_hash = lower(hex(zeroblob(32)))")) {
      try (Process process = rig.on(dyingAfter("FREEZE"))) {
        MatrixRig.attached(process);
        process.write(damage);
        assertThrows(CorruptLocalStateException.class, process.client::pushPending, damage);
        process.client.rebuild();
        assertHealthy(process, 3);
      }
    }
  }

  /** W-37: what was synced once belongs to the account, not to the configuration. */
  @Test
  void w37TablesThatLeftTheConfigurationAreRebuiltEmpty() throws Exception {
    try (Process process = rig.on(withFormerTable())) {
      MatrixRig.attached(process);
      process.client.rebuild();
      assertEquals(List.of("0"), process.query("SELECT count(*) FROM former"));
      assertEquals(
          List.of("0"),
          process.query("SELECT count(*) FROM _sync_row_state WHERE table_name = 'former'"));
      assertNobodySendsFormerRows(process);
    }
  }

  /** Spec 4.9a: rows of a table that left the configuration hold nothing up and are named. */
  @Test
  void editsOfATableThatLeftTheConfigurationAreDroppedByAPush() throws Exception {
    try (Process process = rig.on(withFormerTable())) {
      MatrixRig.attached(process);
      assertEquals(PushOutcome.NO_CHANGE, process.client.pushPending().outcome());
      assertNobodySendsFormerRows(process);
      process.write(MatrixRig.insert(2));
      assertHealthy(process, 2);
    }
  }

  private Image withFormerTable() {
    return rig.changed(
        synced(),
        "CREATE TABLE Former (id TEXT PRIMARY KEY NOT NULL)",
        "INSERT INTO Former VALUES ('a'), ('b')",
        "INSERT INTO _sync_managed_tables (schema_name, table_name) VALUES ('business', 'former')",
        "INSERT INTO _sync_row_state (schema_name, table_name, key_json, row_version, deleted)"
            + " VALUES ('business', 'former', '{\"id\":\"a\"}', 1, 0)",
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, base_row_version,"
            + " payload, dirty_ordinal) VALUES ('business', 'former', '{\"id\":\"b\"}',"
            + " 'INSERT', 0, '{\"id\":\"b\"}', 99)");
  }

  private static void assertNobodySendsFormerRows(Process process) {
    assertEquals(
        List.of(DiscardCause.TABLE_NOT_REGISTERED),
        process.client.discardedIntents(0, 10).stream().map(DiscardedIntent::cause).toList());
    assertEquals(0, process.client.pendingSyncStatus().pendingRowCount());
  }

  /** W-42: a bundle that is committed is read back, not created again. */
  @Test
  void w42ACommittedBundleOfARetiredSourceIsReplayed() throws Exception {
    try (Process process = rig.on(dyingAfter("ACK"))) {
      MatrixRig.attached(process);
      retireSource(process);
      assertEquals(PushOutcome.COMMITTED, process.client.pushPending().outcome());
      assertEquals(
          List.of("GET /sync/capabilities", "GET /sync/committed-bundles/2/rows"),
          process.sent().stream().map(r -> r.method() + " " + r.path()).toList());
      assertEquals(List.of("none"), process.query("SELECT state FROM _sync_outbox_bundle"));
    }
  }

  /** A replacement is reserved here, with rows 2 and 3 frozen. */
  private Image reserved() {
    return rig.after(
        dyingAfter("FREEZE"),
        process -> {
          MatrixRig.attached(process);
          retireSource(process);
          assertThrows(SourceRecoveryRequiredException.class, process.client::pushPending);
        });
  }

  private static String reservation(Process process) {
    return process.query("SELECT replacement_source_id FROM _sync_operation_state").get(0);
  }

  private static void assertGoesOnUndeclared(Process process, Set<String> asked) {
    process.client.rebuild();
    assertEquals(asked, replacements(process.sent()));
    String last = new ArrayList<>(asked).get(asked.size() - 1);
    assertEquals(List.of(last), process.query(SOURCE));
    // What was frozen is visible, and the first bundle of the new source.
    assertEquals(List.of("w1", "w2", "w3"), people(process));
    assertHealthy(process, 3);
    assertEquals(
        List.of(last + " 1"),
        process.server.bundles(MatrixRig.USER).stream()
            .filter(bundle -> bundle.sourceId().equals(last))
            .map(bundle -> bundle.sourceId() + " " + bundle.sourceBundleId())
            .toList());
  }

  /** A copy of the file was rebuilt first: the server knows another replacement of our source. */
  @Test
  void property40AReplacementThatIsNotTheServersBeginsUndeclared() throws Exception {
    try (Process process = rig.on(reserved())) {
      MatrixRig.attached(process);
      String source = process.query(SOURCE).get(0);
      process.server.retire(MatrixRig.USER, source, Optional.of(ANOTHER));
      assertGoesOnUndeclared(process, Set.of(reservation(process)));
    }
  }

  /** The copy went on under our very reservation, and was itself replaced since. */
  @Test
  void property40AReplacementThatWasItselfReplacedMakesRoomForAnother() throws Exception {
    try (Process process = rig.on(reserved())) {
      MatrixRig.attached(process);
      String source = process.query(SOURCE).get(0);
      String taken = reservation(process);
      process.server.retire(MatrixRig.USER, source, Optional.of(taken));
      process.server.retire(MatrixRig.USER, taken, Optional.of(ANOTHER));
      process.fate =
          label ->
              label.startsWith("GET " + SNAPSHOTS) ? NetworkFate.LOSE_REQUEST : NetworkFate.DELIVER;
      assertThrows(OversqliteException.class, process.client::rebuild);
      process.fate = label -> NetworkFate.DELIVER;
      String second = reservation(process);
      assertFalse(List.of(source, taken, ANOTHER).contains(second));
      Set<String> asked = new LinkedHashSet<>(List.of(taken, second));
      assertGoesOnUndeclared(process, asked);
    }
  }

  /** A successor that this file has used itself cannot follow on it. */
  @Test
  void property40AnUnusableSuccessorIsNotReserved() throws Exception {
    try (Process process = rig.on(dyingAfter("FREEZE"))) {
      MatrixRig.attached(process);
      String source = process.query(SOURCE).get(0);
      process.server.retire(MatrixRig.USER, source, Optional.of(source));
      assertThrows(SourceRecoveryRequiredException.class, process.client::pushPending);
      assertFalse(source.equals(reservation(process)));
      assertGoesOnUndeclared(process, Set.of(reservation(process)));
    }
  }

  /** Where even that is refused there is no way on, and nothing has changed. */
  @Test
  void aServerThatGivesAReplacedSourceNoSnapshotIsReported() throws Exception {
    try (Process process = rig.on(reserved())) {
      MatrixRig.attached(process);
      String source = process.query(SOURCE).get(0);
      process.server.retire(MatrixRig.USER, source, Optional.of(ANOTHER));
      refusingSnapshots(process);
      List<String> before = process.content();
      assertThrows(SourceReplacementDivergedException.class, process.client::rebuild);
      assertEquals(before, process.content());
    }
  }

  /** One more replacement is tried, not a third. */
  @Test
  void aServerThatTakesNoReplacementIsReported() throws Exception {
    try (Process process = rig.on(reserved())) {
      MatrixRig.attached(process);
      boolean[] asked = new boolean[1];
      process.arriving = request -> asked[0] = !replacements(List.of(request)).isEmpty();
      process.answer =
          real ->
              asked[0]
                  ? new Reply(
                      409,
                      real.headers(),
                      "{\"error\":\"source_replacement_invalid\",\"message\":\"no\"}"
                          .getBytes(StandardCharsets.UTF_8))
                  : real;
      assertThrows(SourceReplacementInvalidException.class, process.client::rebuild);
      assertEquals(2, replacements(process.sent()).size());
    }
  }

  /** Property 38, and 39: wherever a rebuild fails, the next one asks for the same replacement. */
  @Test
  void property38AFailedRebuildKeepsItsReplacement() throws Exception {
    Set<String> asked = new LinkedHashSet<>();
    Image now = reserved();
    for (NetworkFate fate : List.of(NetworkFate.LOSE_REQUEST, NetworkFate.LOSE_RESPONSE)) {
      for (String lost : List.of("POST " + SNAPSHOTS, "GET " + SNAPSHOTS)) {
        now =
            rig.after(
                now,
                process -> {
                  MatrixRig.attached(process);
                  process.fate = label -> label.startsWith(lost) ? fate : NetworkFate.DELIVER;
                  assertThrows(OversqliteException.class, process.client::rebuild);
                  asked.addAll(replacements(process.sent()));
                });
        assertEquals("SOURCE_RECOVERY", MatrixRig.state(now));
      }
    }
    for (String trigger : List.of("STAGE_SESSION", "STAGE_CHUNK", "STAGE_DONE")) {
      now =
          rig.dyingAfter(
              trigger,
              now,
              process -> {
                MatrixRig.attached(process);
                process.client.rebuild();
              });
    }
    try (Process process = rig.on(now)) {
      MatrixRig.attached(process);
      process.client.rebuild();
      asked.addAll(replacements(process.sent()));
      assertEquals(1, asked.size(), asked.toString());
      assertEquals(new ArrayList<>(asked), process.query(SOURCE));

      // Property 39.
      assertEquals(List.of("w1", "w2", "w3"), people(process));
      String bundle = "SELECT source_id || ' ' || source_bundle_id FROM _sync_outbox_bundle";
      assertEquals(List.of(asked.iterator().next() + " 1"), process.query(bundle));
      assertEquals(
          List.of("1"),
          process.query(
              "SELECT next_source_bundle_id FROM _sync_source_state JOIN _sync_attachment_state"
                  + " ON source_id = current_source_id"));
      assertHealthy(process, 3);
    }
  }

  /** Property 39, W-22: the bundle that replaces one in conflict has the id 1 again. */
  @Test
  void property39TheFirstBundleOfAReplacementKeepsItsIdInAConflict() throws Exception {
    Image rotated =
        rig.after(
            dyingAfter("FREEZE"),
            process -> {
              MatrixRig.attached(process);
              retireSource(process);
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
    try (Process process = rig.on(new Image(rotated.file(), peer.server()))) {
      MatrixRig.attached(process);
      assertEquals(PushOutcome.COMMITTED, process.client.pushPending().outcome());
      assertEquals(
          List.of("2"),
          process.query(
              "SELECT next_source_bundle_id FROM _sync_source_state JOIN _sync_attachment_state"
                  + " ON source_id = current_source_id"));
      assertHealthy(process, 3);
      assertEquals(List.of("theirs", "w1", "w2"), people(process));
    }
  }

  /**
   * Property 48: wherever it fails, what the server committed is in the app's tables at the end.
   */
  @Test
  void property48ARebuildLosesNoCommittedBundle() throws Exception {
    Image committed = dyingAfter("ACK");
    for (String lost : List.of("GET /sync/capabilities", "POST " + SNAPSHOTS, "GET " + SNAPSHOTS)) {
      Image failed =
          rig.after(
              committed,
              process -> {
                MatrixRig.attached(process);
                process.fate =
                    label ->
                        label.startsWith(lost) ? NetworkFate.LOSE_RESPONSE : NetworkFate.DELIVER;
                assertThrows(OversqliteException.class, process.client::rebuild);
              });
      try (Process process = rig.on(failed)) {
        MatrixRig.attached(process);
        assertEquals(
            List.of("committed_remote"), process.query("SELECT state FROM _sync_outbox_bundle"));
        process.client.rebuild();
        assertEquals(List.of("w1", "w2", "w3"), people(process));
        // The next bundle is the third, or the server would refuse it.
        process.write(MatrixRig.insert(4));
        assertHealthy(process, 4);
      }
    }
  }
}
