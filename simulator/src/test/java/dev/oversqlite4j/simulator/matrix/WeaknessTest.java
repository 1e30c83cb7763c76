package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.DatabaseBusyException;
import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Process;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Weaknesses of other clients that no plan reaches: files they leave behind, errors between a
 * commit and what the process remembers of it, and what goes over the wire.
 */
class WeaknessTest {

  /** What the other client's handling of a lost lease leaves of an attachment (W-4, W-14). */
  private static final String LEASE_LOST_ELSEWHERE =
      "UPDATE _sync_attachment_state SET binding_state = 'anonymous', attached_user_id = '',"
          + " schema_name = '', last_bundle_seq_seen = 0, rebuild_required = 0,"
          + " pending_initialization_id = ''";

  @TempDir Path folder;

  private MatrixRig rig;

  @BeforeEach
  void start() {
    rig = new MatrixRig(folder);
  }

  private static AttachOutcome attach(Process process) {
    return ((AttachResult.Connected) process.client.attach(MatrixRig.USER)).outcome();
  }

  private static List<String> paths(Process process) {
    return process.sent().stream()
        .map(r -> r.method() + " " + r.path().replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "*"))
        .toList();
  }

  /**
   * W-14: what is frozen is pending, too; connecting as if nothing were would give up the lease and
   * leave an account that is initialised and empty.
   */
  @Test
  void w14FrozenRowsAreStillPendingAtTheNextConnect() throws Exception {
    Image prepared = rig.dyingAfter("FREEZE", rig.virgin(), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(rig.changed(prepared, LEASE_LOST_ELSEWHERE))) {
      process.client.open();
      assertEquals(AttachOutcome.SEEDED_FROM_LOCAL, attach(process));
      assertEquals(PushOutcome.COMMITTED, process.client.pushPending().outcome());
      assertEquals(1, process.server.liveRows(MatrixRig.USER, "person").size());
    }
  }

  /** W-29: the account is somebody else's by now; what was frozen is replaced, but not unnamed. */
  @Test
  void w29ARemoteReplaceNamesTheFrozenRowsItDiscards() throws Exception {
    for (String trigger : List.of("FREEZE", "ACK")) {
      Image frozen = rig.dyingAfter(trigger, rig.virgin(), MatrixRig::attachedAndSynced);
      Image adopted =
          new Image(rig.changed(frozen, LEASE_LOST_ELSEWHERE).file(), rig.accountInUse().server());
      try (Process process = rig.on(adopted)) {
        process.client.open();
        assertEquals(AttachOutcome.USED_REMOTE_STATE, attach(process));
        assertEquals(
            List.of(DiscardCause.REMOTE_REPLACE),
            process.client.discardedIntents(0, 10).stream().map(DiscardedIntent::cause).toList());
      }
    }
  }

  /**
   * W-30: the call ends between the commit and what the process makes of it. Whatever follows goes
   * by the file.
   */
  @Test
  void w30MemoryThatMissedACommitDecidesNothing() throws Exception {
    Image synced = rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(synced)) {
      process.client.open();
      process.client.attach(MatrixRig.USER);
      cancelledAfter("DETACH", process, () -> process.client.detach());
      assertThrows(AttachRequiredException.class, () -> process.client.pushPending());

      process.signIn("bob");
      int before = process.requests();
      cancelledAfter("CONNECT_INIT_EMPTY", process, () -> process.client.attach("bob"));
      // The file is bob's, the process still takes itself for ann's.
      process.write(MatrixRig.insert(2));
      assertThrows(AttachRequiredException.class, () -> process.client.pushPending());
      assertThrows(AttachRequiredException.class, () -> process.client.sync());

      process.client.attach("bob");
      process.client.sync();
      String source = process.query("SELECT current_source_id FROM _sync_attachment_state").get(0);
      assertTrue(
          process.sent().subList(before, process.requests()).stream()
              .allMatch(r -> source.equals(r.headers().get("oversync-source-id"))),
          "a request carried the source id of the user who left");
      assertEquals(1, process.server.liveRows("bob", "person").size());
      assertEquals(1, process.server.liveRows(MatrixRig.USER, "person").size());
    }
  }

  /** Runs a call that is cancelled right after the commit of this trigger. */
  private static void cancelledAfter(String trigger, Process process, Runnable call) {
    process.afterCommit =
        () -> {
          if (process.lastTrigger().equals(trigger)) {
            throw new CancellationException();
          }
        };
    assertThrows(CancellationException.class, call::run);
    process.afterCommit = () -> {};
  }

  /** W-31, property 33: an attach that failed has attached nobody, whatever the file says. */
  @Test
  void w31AFailedAttachConnectsNobody() throws Exception {
    Image synced = rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(synced)) {
      process.client.open();
      try (Connection app = DriverManager.getConnection("jdbc:sqlite:" + process.file());
          Statement statement = app.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        assertThrows(DatabaseBusyException.class, () -> process.client.attach(MatrixRig.USER));
        statement.execute("ROLLBACK");
      }
      assertThrows(AttachRequiredException.class, () -> process.client.sync());
      assertEquals(0, process.requests());
      assertEquals(AttachOutcome.RESUMED_ATTACHED_STATE, attach(process));
    }
  }

  /** W-35: once the commit was sent, the session may be a bundle and is not ours to delete. */
  @Test
  void w35ASessionIsNotDeletedAfterItsCommitWasSent() throws Exception {
    try (Process process = rig.on(rig.virgin())) {
      MatrixRig.attached(process);
      int attached = process.requests();
      process.fate =
          label -> label.endsWith("/commit") ? NetworkFate.LOSE_RESPONSE : NetworkFate.DELIVER;
      process.client.pushPending();
      List<String> requests = paths(process);
      assertEquals(
          List.of(
              "GET /sync/capabilities",
              "POST /sync/push-sessions",
              "POST /sync/push-sessions/*/chunks",
              "POST /sync/push-sessions/*/commit",
              // With the lease, without it (W-3), and then it is known.
              "POST /sync/push-sessions",
              "POST /sync/push-sessions",
              "GET /sync/committed-bundles/1/rows"),
          requests.subList(attached, requests.size()));
    }
    try (Process process = rig.on(rig.virgin())) {
      MatrixRig.attached(process);
      process.fate =
          label -> label.endsWith("/commit") ? NetworkFate.LOSE_REQUEST : NetworkFate.DELIVER;
      assertThrows(TransientRetryExhaustedException.class, () -> process.client.pushPending());
      assertTrue(
          paths(process).stream().noneMatch(r -> r.startsWith("DELETE ")),
          "a session was deleted after its commit was sent");
    }
  }

  /** W-40: a column that changed while a request was under way is not put back to what it was. */
  @Test
  void w40StaleColumnsAreNotWrittenBack() throws Exception {
    Image synced = rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(synced)) {
      MatrixRig.attached(process);
      process.write(MatrixRig.insert(2));
      process.arriving =
          request -> {
            if (request.path().endsWith("/commit")) {
              process.write("UPDATE _sync_attachment_state SET last_bundle_seq_seen = 0");
            }
          };
      process.client.pushPending();
      assertEquals(
          List.of("0"), process.query("SELECT last_bundle_seq_seen FROM _sync_attachment_state"));
    }
  }

  /** Property 20: what came and went unsynced is nobody's business; what comes back is (W-20). */
  @Test
  void property20AnInsertAndItsDeletionAreNotUploaded() throws Exception {
    Image synced = rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(synced)) {
      MatrixRig.attached(process);
      process.write(MatrixRig.insert(2));
      process.write("DELETE FROM person WHERE first_name = 'w2'");
      assertEquals(PushOutcome.NO_CHANGE, process.client.pushPending().outcome());
      assertEquals(List.of("GET /sync/capabilities"), paths(process));
      assertEquals(0, process.client.pendingSyncStatus().pendingRowCount());
    }
  }

  /** Property 25. */
  @Test
  void property25ABundleThatIsAppliedTwiceIsAppliedOnce() throws Exception {
    Image synced = rig.after(rig.accountInUse(), MatrixRig::attachedAndSynced);
    try (Process process = rig.on(synced)) {
      MatrixRig.attached(process);
      process.write(MatrixRig.insert(3));
      process.client.sync();
      List<String> before = process.content();
      process.write("UPDATE _sync_attachment_state SET last_bundle_seq_seen = 0");
      process.client.pullToStable();
      assertEquals(before, process.content());

      // Older than what is known, whatever it says.
      process.write("UPDATE _sync_row_state SET row_version = row_version + 100");
      process.write("UPDATE _sync_apply_state SET apply_mode = 1");
      process.write("UPDATE person SET last_name = 'newer'");
      process.write("UPDATE _sync_apply_state SET apply_mode = 0");
      List<String> newer = process.content();
      process.write("UPDATE _sync_attachment_state SET last_bundle_seq_seen = 0");
      process.client.pullToStable();
      assertEquals(newer, process.content());
    }
  }

  /** Property 26: an answer that says nothing changes nothing, wherever it comes. */
  @Test
  void property26AMalformedAnswerChangesNothing() throws Exception {
    int refused = 0;
    for (int spoiled = 1; spoiled <= 12; spoiled++) {
      try (Process process = rig.on(rig.accountInUse())) {
        process.client.open();
        int number = spoiled;
        List<List<String>> before = new ArrayList<>();
        process.answer =
            real -> {
              if (process.requests() != number) {
                return real;
              }
              before.add(process.content());
              return new Reply(200, real.headers(), "{\"x\":[]}".getBytes(StandardCharsets.UTF_8));
            };
        try {
          process.client.attach(MatrixRig.USER);
          process.write(MatrixRig.insert(3));
          process.client.sync();
        } catch (RemoteResponseDecodeException | RemoteResponseSemanticException refusal) {
          refused++;
          assertEquals(before, List.of(process.content()), "request " + number);
        }
      }
    }
    // All but the answers that nobody reads: a snapshot session is given back as a courtesy.
    assertTrue(refused >= 9, refused + " answers were refused");
  }

  /** Property 34. */
  @Test
  void property34TheSecondOperationAtATimeIsRefused() throws Exception {
    try (Process process = rig.on(rig.virgin())) {
      MatrixRig.attached(process);
      List<Throwable> refusals = new ArrayList<>();
      process.arriving =
          request -> {
            if (!request.path().endsWith("/commit")) {
              return;
            }
            List<String> before = process.content();
            Thread other =
                new Thread(
                    () -> {
                      for (Runnable call :
                          List.<Runnable>of(
                              process.client::sync,
                              process.client::detach,
                              () -> process.client.attach(MatrixRig.USER))) {
                        refusals.add(assertThrows(RuntimeException.class, call::run));
                      }
                    });
            other.start();
            join(other);
            assertEquals(before, process.content());
          };
      process.client.pushPending();
      assertEquals(
          Collections.nCopies(3, SyncOperationInProgressException.class),
          refusals.stream().map(Throwable::getClass).toList());
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
