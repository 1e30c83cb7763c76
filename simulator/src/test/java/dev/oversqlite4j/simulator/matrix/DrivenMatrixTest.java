package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
   * Spec 9.2 with the data of each image: one row is waiting in O, AS, AP, AC and A(dirty). A plus
   * is a process that has attached, without it the process has only opened. Words with a small
   * letter are exceptions without their ending; = means that nothing but the journal changed, which
   * holds for every exception.
   */
  private static final String EXPECTED =
      """
      STATE     | OPEN  ATTACH              ATTACH_OTHER       PUSH              PULL                 SYNC              DETACH                 INFO  STATUS            WRITE   CLOSE  SYNC_DETACH           UNINSTALL
      U         | OK    openRequired        openRequired       openRequired      openRequired         openRequired      openRequired           openRequired openRequired OK    OK=  openRequired          OK=
      O         | OK=   SEEDED_FROM_LOCAL   SEEDED_FROM_LOCAL  attachRequired    attachRequired       attachRequired    DETACHED=              OK=   attachRequired    OK      OK=  attachRequired        OK
      D         | OK=   USED_REMOTE_STATE   STARTED_EMPTY      attachRequired    attachRequired       attachRequired    DETACHED=              OK=   attachRequired    OK      OK=  attachRequired        OK
      RR0       | OK=   USED_REMOTE_STATE   attachLocalStateConflict remoteReplacePending remoteReplacePending remoteReplacePending DETACHED    OK=   remoteReplacePending SYNC_TRANSITION_PENDING= OK=  remoteReplacePending  OK
      RR1       | OK=   USED_REMOTE_STATE   attachLocalStateConflict remoteReplacePending remoteReplacePending remoteReplacePending DETACHED    OK=   remoteReplacePending SYNC_TRANSITION_PENDING= OK=  remoteReplacePending  OK
      AS        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        dirtyStateRejected
      A         | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    DETACHED               OK=   attachRequired    OK      OK=  attachRequired        OK
      A(dirty)  | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        dirtyStateRejected
      AP        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        pendingPushReplay
      AC        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict attachRequired attachRequired   attachRequired    BLOCKED_UNSYNCED_DATA= OK=   attachRequired    OK      OK=  attachRequired        pendingPushReplay
      AS+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED dirtyStateRejected    COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              dirtyStateRejected
      A+        | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict NO_CHANGE= ALREADY_AT_TARGET=   NO_CHANGE=        DETACHED               OK=   OK=               OK      OK=  DETACHED              OK
      A(dirty)+ | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED dirtyStateRejected    COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              dirtyStateRejected
      AP+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED pendingPushReplay     COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              pendingPushReplay
      AC+       | OK=   RESUMED_ATTACHED_STATE= attachBindingConflict COMMITTED pendingPushReplay     COMMITTED         BLOCKED_UNSYNCED_DATA= OK=   OK=               OK      OK=  DETACHED              pendingPushReplay
      X         | clientClosed clientClosed clientClosed       clientClosed      clientClosed         clientClosed      clientClosed           clientClosed clientClosed OK    OK=  clientClosed          clientClosed
      """;

  /** Calls that never talk to the server, whatever they answer. */
  private static final List<String> LOCAL =
      List.of("OPEN", "DETACH", "INFO", "STATUS", "WRITE", "CLOSE", "UNINSTALL");

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
    images.put("X", synced);
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
        Map.of(
            "O", "OPENED",
            "D", "DETACHED",
            "RR0", "REPLACE_PENDING",
            "RR1", "REPLACE_STAGED",
            "AS", "SEEDING",
            "A", "ATTACHED",
            "A(dirty)", "ATTACHED",
            "AP", "PUSH_PREPARED",
            "AC", "PUSH_COMMITTED",
            "X", "ATTACHED"),
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
      if (refused || LOCAL.contains(call)) {
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
