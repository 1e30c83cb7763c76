package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.OperationMatrix;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.OperationMatrix.Cell;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
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

/** The operation matrix (spec 9.2) on real files: what a public call does in a real state. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DrivenMatrixTest {

  /**
   * Spec 9.2 with the data of each image: one row is waiting in O, AS, AP, AC, RCC, RS and where it
   * says dirty. A plus is a process that has attached, without it the process has only opened.
   * Words with a small letter are exceptions without their ending; = means that nothing but the
   * journal changed, which holds for every exception.
   */
  private static final String EXPECTED =
      """
      STATE     | OPEN  ATTACH              ATTACH_OTHER       PUSH              PULL                 SYNC              DETACH                 INFO  STATUS            WRITE   CLOSE  SYNC_DETACH           UNINSTALL  REBUILD  PAUSE  TICK
      U         | OK    openRequired        openRequired       openRequired      openRequired         openRequired      openRequired           openRequired openRequired OK    OK=  openRequired          OK=  openRequired  OK=  openRequired
      O         | OK=   SEEDED_FROM_LOCAL   SEEDED_FROM_LOCAL  attachRequired    attachRequired       attachRequired    DETACHED=              OK=   attachRequired    OK      OK=  attachRequired        OK  attachRequired  OK=  WAITS=
      D         | OK=   USED_REMOTE_STATE   STARTED_EMPTY      attachRequired    attachRequired       attachRequired    DETACHED=              OK=   attachRequired    OK      OK=  attachRequired        OK  attachRequired  OK=  WAITS=
      RR0       | OK=   USED_REMOTE_STATE   attachLocalStateConflict remoteReplacePending remoteReplacePending remoteReplacePending DETACHED    OK=   remoteReplacePending SYNC_TRANSITION_PENDING= OK=  remoteReplacePending  OK  remoteReplacePending  OK=  WAITS=
      RR1       | OK=   USED_REMOTE_STATE   attachLocalStateConflict remoteReplacePending remoteReplacePending remoteReplacePending DETACHED    OK=   remoteReplacePending SYNC_TRANSITION_PENDING= OK=  remoteReplacePending  OK  remoteReplacePending  OK=  WAITS=
      AS        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        dirtyStateRejected  attachRequired  OK=  WAITS=
      A         | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    DETACHED               OK=   attachRequired    OK      OK=  attachRequired        OK  attachRequired  OK=  WAITS=
      A(dirty)  | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        dirtyStateRejected  attachRequired  OK=  WAITS=
      AP        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        pendingPushReplay  attachRequired  OK=  WAITS=
      AC        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        pendingPushReplay  attachRequired  OK=  WAITS=
      AS+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED dirtyStateRejected    COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              dirtyStateRejected  APPLIED_SNAPSHOT  OK=  WAITS=
      A+        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict NO_CHANGE= ALREADY_AT_TARGET=   NO_CHANGE=        DETACHED               OK=   OK=               OK      OK=  DETACHED              OK  APPLIED_SNAPSHOT  OK=  PULLS=
      A(dirty)+ | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED dirtyStateRejected    COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              dirtyStateRejected  APPLIED_SNAPSHOT  OK=  WAITS=
      AP+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED pendingPushReplay     COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              pendingPushReplay  APPLIED_SNAPSHOT  OK=  WAITS=
      AC+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED pendingPushReplay     COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              pendingPushReplay  APPLIED_SNAPSHOT  OK=  WAITS=
      RC        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired attachRequired DETACHED OK=   attachRequired OK OK=  attachRequired OK attachRequired  OK=  WAITS=
      RC(dirty) | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired attachRequired BLOCKED_UNSYNCED_DATA= OK=   attachRequired OK OK=  attachRequired dirtyStateRejected attachRequired  OK=  WAITS=
      RCC       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired attachRequired BLOCKED_UNSYNCED_DATA= OK=   attachRequired OK OK=  attachRequired pendingPushReplay attachRequired  OK=  WAITS=
      RS(clean) | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired attachRequired DETACHED OK=   attachRequired SYNC_TRANSITION_PENDING= OK=  attachRequired OK attachRequired  OK=  WAITS=
      RS(dirty) | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired attachRequired BLOCKED_UNSYNCED_DATA= OK=   attachRequired SYNC_TRANSITION_PENDING= OK=  attachRequired dirtyStateRejected attachRequired  OK=  WAITS=
      RS        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired attachRequired BLOCKED_UNSYNCED_DATA= OK=   attachRequired SYNC_TRANSITION_PENDING= OK=  attachRequired pendingPushReplay attachRequired  OK=  WAITS=
      RC+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict rebuildRequired APPLIED_SNAPSHOT NO_CHANGE DETACHED OK=   OK= OK OK=  DETACHED OK APPLIED_SNAPSHOT  OK=  PULLS
      RC(dirty)+ | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict rebuildRequired APPLIED_SNAPSHOT NO_CHANGE BLOCKED_UNSYNCED_DATA= OK=   OK= OK OK=  DETACHED dirtyStateRejected APPLIED_SNAPSHOT  OK=  WAITS=
      RCC+      | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict rebuildRequired APPLIED_SNAPSHOT NO_CHANGE BLOCKED_UNSYNCED_DATA= OK=   OK= OK OK=  DETACHED pendingPushReplay APPLIED_SNAPSHOT  OK=  PULLS
      RS(clean)+ | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict sourceRecoveryRequired sourceRecoveryRequired sourceRecoveryRequired DETACHED OK=   OK= SYNC_TRANSITION_PENDING= OK=  sourceRecoveryRequired OK APPLIED_SNAPSHOT  OK=  WAITS=
      RS(dirty)+ | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict sourceRecoveryRequired sourceRecoveryRequired sourceRecoveryRequired BLOCKED_UNSYNCED_DATA= OK=   OK= SYNC_TRANSITION_PENDING= OK=  sourceRecoveryRequired dirtyStateRejected APPLIED_SNAPSHOT  OK=  WAITS=
      RS+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict sourceRecoveryRequired sourceRecoveryRequired sourceRecoveryRequired BLOCKED_UNSYNCED_DATA= OK=   OK= SYNC_TRANSITION_PENDING= OK=  sourceRecoveryRequired pendingPushReplay APPLIED_SNAPSHOT  OK=  WAITS=
      X         | clientClosed clientClosed clientClosed       clientClosed      clientClosed         clientClosed      clientClosed           clientClosed clientClosed OK    OK=  clientClosed          clientClosed  clientClosed  OK=  clientClosed
      """;

  /** Calls that never talk to the server, whatever they answer. */
  private static final List<String> LOCAL =
      List.of("OPEN", "DETACH", "INFO", "STATUS", "WRITE", "CLOSE", "UNINSTALL", "PAUSE");

  @TempDir static Path folder;

  private MatrixRig rig;
  private final Map<String, Image> images = new LinkedHashMap<>();

  @BeforeAll
  void reachEveryState() {
    rig = new MatrixRig(folder);
    Image virgin = rig.virgin();
    Image inUse = rig.accountInUse();
    Image synced = rig.after(virgin, MatrixRig::attachedAndSynced);
    images.put("U", virgin);
    images.put("O", rig.after(virgin, p -> p.client.open()));
    images.put(
        "D",
        rig.after(
            synced,
            p -> {
              p.client.open();
              p.client.detach();
            }));
    images.put("RR0", rig.dyingAfter("CONNECT_REMOTE_AUTH", inUse, MatrixRig::attached));
    images.put("RR1", rig.dyingAfter("STAGE_DONE", inUse, MatrixRig::attached));
    images.put("AS", rig.after(virgin, MatrixRig::attached));
    images.put("A", synced);
    images.put("A(dirty)", rig.after(synced, p -> write(p, 3)));
    images.put("AP", rig.dyingAfter("FREEZE", virgin, MatrixRig::attachedAndSynced));
    images.put("AC", rig.dyingAfter("ACK", virgin, MatrixRig::attachedAndSynced));
    images.put("RC", rig.dyingAfter("REBUILD_BEGIN", synced, DrivenMatrixTest::rebuilt));
    images.put(
        "RC(dirty)",
        rig.dyingAfter("REBUILD_BEGIN", images.get("A(dirty)"), DrivenMatrixTest::rebuilt));
    images.put(
        "RCC",
        rig.dyingAfter(
            "REPLAY_PRUNED",
            images.get("A(dirty)"),
            p -> {
              MatrixRig.attached(p);
              p.arriving =
                  request -> {
                    if (request.path().startsWith("/sync/committed-bundles")) {
                      p.server.prune(MatrixRig.USER, 2);
                    }
                  };
              p.client.pushPending();
            }));
    images.put("RS", rig.after(images.get("A(dirty)"), DrivenMatrixTest::retired));
    // The server was restored and does not know what it had committed (spec 4.4.6).
    images.put(
        "RS(dirty)",
        rig.dyingAfter(
            "SOURCE_FAILURE",
            new Image(images.get("RCC").file(), synced.server()),
            DrivenMatrixTest::rebuilt));
    images.put(
        "RS(clean)",
        rig.changed(
            images.get("RS(dirty)"),
            "DELETE FROM _sync_dirty_rows",
            "UPDATE _sync_apply_state SET apply_mode = 1",
            "DELETE FROM person WHERE first_name = 'w3'",
            "UPDATE _sync_apply_state SET apply_mode = 0"));
    images.put("X", synced);
  }

  private static void rebuilt(MatrixRig.Process process) {
    MatrixRig.attached(process);
    process.client.rebuild();
  }

  private static void retired(MatrixRig.Process process) {
    MatrixRig.attached(process);
    process.server.retire(
        MatrixRig.USER, process.client.sourceInfo().currentSourceId(), Optional.empty());
    assertThrows(SourceRecoveryRequiredException.class, process.client::pushPending);
  }

  private static void write(MatrixRig.Process process, int row) {
    process.write(MatrixRig.insert(row));
  }

  @Test
  void theImagesAreWhatTheyAreCalled() {
    Map<String, String> states = new LinkedHashMap<>();
    images.forEach(
        (name, image) -> {
          if (!name.equals("U")) {
            states.put(name, MatrixRig.state(image));
          }
        });
    assertEquals(
        Map.ofEntries(
            Map.entry("O", "OPENED"),
            Map.entry("D", "DETACHED"),
            Map.entry("RR0", "REPLACE_PENDING"),
            Map.entry("RR1", "REPLACE_STAGED"),
            Map.entry("AS", "SEEDING"),
            Map.entry("A", "ATTACHED"),
            Map.entry("A(dirty)", "ATTACHED"),
            Map.entry("AP", "PUSH_PREPARED"),
            Map.entry("AC", "PUSH_COMMITTED"),
            Map.entry("RC", "REBUILD_REQUIRED"),
            Map.entry("RC(dirty)", "REBUILD_REQUIRED"),
            Map.entry("RCC", "REBUILD_COMMITTED"),
            Map.entry("RS", "SOURCE_RECOVERY"),
            Map.entry("RS(clean)", "SOURCE_RECOVERY"),
            Map.entry("RS(dirty)", "SOURCE_RECOVERY"),
            Map.entry("X", "ATTACHED")),
        states);
  }

  @TestFactory
  Stream<DynamicTest> everyReachableCell() {
    List<String> lines = EXPECTED.lines().toList();
    List<String> calls = words(lines.get(0));
    List<DynamicTest> tests = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String state = line.substring(0, line.indexOf('|')).strip();
      List<String> words = words(line);
      assertEquals(calls.size(), words.size(), state);
      for (int i = 0; i < calls.size(); i++) {
        String call = calls.get(i);
        String expected = words.get(i);
        tests.add(
            DynamicTest.dynamicTest(
                state + " " + call + " " + expected, () -> check(state, call, expected)));
      }
    }
    return tests.stream();
  }

  /** What the client cannot be asked for is declared all the same, and must be what happens. */
  @TestFactory
  Stream<DynamicTest> whatIsNoCallIsDeclaredAsItIs() {
    List<String> lines = EXPECTED.lines().toList();
    List<String> calls = words(lines.get(0));
    List<DynamicTest> tests = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String name = line.substring(0, line.indexOf('|')).strip();
      DurableState state = durable(name);
      DECLARED.forEach(
          (column, call) -> {
            String happens = words(line).get(calls.indexOf(column)).replace("=", "");
            tests.add(
                DynamicTest.dynamicTest(
                    name + " " + column, () -> assertEquals(happens(call, state, name), happens)));
          });
    }
    return tests.stream();
  }

  private static final Map<String, Call> DECLARED =
      Map.of(
          "WRITE", Call.LOCAL_APP_WRITE,
          "CLOSE", Call.CLOSE,
          "PAUSE", Call.PAUSE_RESUME,
          "TICK", Call.AUTO_TICK);

  /** The word of the table for a declared cell. */
  private static String happens(Call call, DurableState state, String name) {
    Cell cell = OperationMatrix.cell(call, state);
    if (call != Call.AUTO_TICK) {
      return cell == Cell.SYNC_TRANSITION_PENDING ? cell.name() : "OK";
    }
    // Without a session it is as if nobody were attached; rows that wait are the data's matter.
    boolean dirty = name.startsWith("AS") || name.contains("(dirty)");
    boolean pulls = cell == Cell.PERMITTED && name.endsWith("+") && !dirty;
    return switch (cell) {
      case OPEN_REQUIRED -> "openRequired";
      case CLOSED -> "clientClosed";
      default -> pulls ? "PULLS" : "WAITS";
    };
  }

  private static DurableState durable(String name) {
    String code = name.replaceFirst("(\\(\\w+\\))?\\+?$", "");
    return Stream.of(DurableState.values())
        .filter(state -> state.code().equals(code))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> words(String line) {
    return List.of(line.substring(line.indexOf('|') + 1).strip().split("\\s+"));
  }

  private void check(String state, String call, String expected) throws Exception {
    boolean session = state.endsWith("+") || state.equals("X");
    try (MatrixRig.Process process = rig.on(images.get(state.replace("+", "")))) {
      if (!state.equals("U")) {
        process.client.open();
      }
      if (session) {
        process.client.attach(MatrixRig.USER);
      }
      if (state.equals("X")) {
        process.client.close();
      }
      List<String> before = process.content();
      int requestsBefore = process.requests();
      String actual;
      boolean refused = false;
      try {
        actual = outcome(process, call);
      } catch (OversqliteException refusal) {
        actual = words(refusal);
        refused = true;
      }
      assertEquals(expected.replace("=", ""), actual);
      if (refused || expected.endsWith("=")) {
        assertEquals(
            String.join("\n", before),
            String.join("\n", process.content()),
            "something other than the journal changed");
      }
      if (refused || LOCAL.contains(call) || actual.equals("WAITS")) {
        assertTrue(process.requests() == requestsBefore, "the server was asked");
      }
    }
  }

  /** AttachRequiredException becomes attachRequired. */
  private static String words(OversqliteException refusal) {
    String name = refusal.getClass().getSimpleName().replaceFirst("Exception$", "");
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private static String outcome(MatrixRig.Process process, String call) throws Exception {
    return switch (call) {
      case "OPEN" -> {
        process.client.open();
        yield "OK";
      }
      case "ATTACH" -> attach(process, MatrixRig.USER);
      case "ATTACH_OTHER" -> attach(process, "bob");
      case "PUSH" -> process.client.pushPending().outcome().name();
      case "REBUILD" -> process.client.rebuild().outcome().name();
      case "PULL" -> process.client.pullToStable().outcome().name();
      case "SYNC" -> process.client.sync().pushOutcome().name();
      case "DETACH" -> process.client.detach().name();
      case "INFO" -> {
        assertTrue(!process.client.sourceInfo().currentSourceId().isEmpty());
        yield "OK";
      }
      case "STATUS" -> {
        process.client.syncStatus();
        yield "OK";
      }
      case "SYNC_DETACH" -> process.client.syncThenDetach().detach().name();
      case "UNINSTALL" -> {
        process.client.uninstallSync();
        yield "OK";
      }
      case "WRITE" -> appWrite(process);
      case "CLOSE" -> {
        process.client.close();
        yield "OK";
      }
      case "PAUSE" -> {
        process.client.pauseUploads();
        process.client.pauseDownloads();
        process.client.resumeDownloads();
        process.client.resumeUploads();
        yield "OK";
      }
      case "TICK" -> tick(process);
      default -> throw new AssertionError(call);
    };
  }

  private static String attach(MatrixRig.Process process, String user) {
    process.signIn(user);
    AttachResult result = process.client.attach(user);
    return result instanceof AttachResult.Connected connected
        ? connected.outcome().name()
        : "RETRY_LATER";
  }

  /** One round of polling, on this thread, up to its wait for the next one. */
  private static String tick(MatrixRig.Process process) {
    int before = process.requests();
    process.tick();
    return process.requests() == before ? "WAITS" : "PULLS";
  }

  private static String appWrite(MatrixRig.Process process) {
    try {
      write(process, 9);
      return "OK";
    } catch (IllegalStateException refused) {
      return refused.getMessage().contains("SYNC_TRANSITION_PENDING")
          ? "SYNC_TRANSITION_PENDING"
          : refused.getMessage();
    }
  }
}
