package dev.oversqlite4j.simulator.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The hand-written scenarios. Safe for use by several threads. */
public final class Scenarios {

  private static final String ACCOUNT = "ada";
  private static final String BEFORE_CREATE = "SEND POST /sync/push-sessions";
  private static final String FIRST_PAGE = "SEND GET /sync/snapshot-sessions";
  private static final String COMMITTED_ROWS = "SEND GET /sync/committed-bundles";
  private static final String COMMITTED = "RECEIVE POST /sync/push-sessions/*/commit";
  private static final String PAGE = "RECEIVE GET /sync/pull";
  // An attach asks for the capabilities, connects, creates the snapshot and reads its first page.
  private static final int FIRST_PAGE_REQUEST = 4;

  // A push asks for the capabilities, creates a session, uploads a chunk, commits and reads back.
  private static final int CREATE_REQUEST = 2;
  private static final int COMMITTED_ROWS_REQUEST = 5;
  // A rebuild asks for the capabilities, pushes if it has to, creates the snapshot and reads it.
  private static final int SNAPSHOT_REQUEST = 2;
  private static final int REQUESTS_OF_A_FAILING_CALL = 8;

  private static final List<Scenario> ALL =
      List.of(
          openVirgin(),
          openInitialised(),
          openAdopted(),
          freeze(),
          firstSeed(),
          secondDevice(),
          editWhilePush(),
          remoteReplace(),
          remoteReplaceDetach(),
          detach(),
          detachBlocked(),
          rebuildKeepSource(),
          rebuildRotateDirty(),
          replayPruned(),
          restoredBackup(),
          copiedFileTwoWriters(),
          serverRestored(),
          conflict("conflict-server-wins", ResolverChoice.SERVER_WINS, "the server's row"),
          conflict("conflict-client-wins", ResolverChoice.CLIENT_WINS, "its own edits"),
          conflict("conflict-merge", ResolverChoice.MERGE, "a mixture of both sides"),
          pullPages(),
          poisonRow(),
          syncThenDetachLateWrites(),
          downloadsBesideCalls());

  private Scenarios() {}

  /**
   * Every scenario, always in the same order.
   *
   * @return an unmodifiable list
   */
  public static List<Scenario> all() {
    return ALL;
  }

  /**
   * The scenario of a name.
   *
   * @param name what it is called
   * @return empty if there is none
   */
  public static Optional<Scenario> named(String name) {
    return ALL.stream().filter(scenario -> scenario.name().equals(name)).findFirst();
  }

  private static Scenario openVirgin() {
    return new Script(1)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 0, 2), insert(Table.MEASURE, 0, 3))
        .does(0, insert(Table.PERSON, 1, 4), insert(Table.NOTE, 1, 5))
        .does(0, Operation.OPEN)
        .as("open-virgin", "A database with rows of the app is opened for the first time.", 0);
  }

  private static Scenario openInitialised() {
    return new Script(1)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 0, 2))
        .does(0, Operation.OPEN, Operation.ATTACH, Operation.SYNC)
        .does(0, update(Table.NOTE, 0, 3), insert(Table.MEASURE, 1, 4))
        .then(Step.of(0, new Command.Restart()))
        .does(0, Operation.SYNC)
        .as(
            "open-initialised",
            "A database with synced and unsynced rows is opened by the next process.",
            0);
  }

  /**
   * The file comes back from another client anonymous, seeding, prepared, committed, attached with
   * edits, gated, in source recovery, detached, and with a remote replace pending.
   */
  private static Scenario openAdopted() {
    Script script = new Script(1).does(0, Operation.OPEN);
    script.does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2)).adopted(0);
    script.does(0, Operation.ATTACH).adopted(0);
    script.does(0, insert(Table.MEASURE, 2, 3)).diesAt(0, Operation.PUSH, CREATE_REQUEST);
    script.adopted(0).does(0, update(Table.NOTE, 1, 4));
    script.diesAt(0, Operation.PUSH, COMMITTED_ROWS_REQUEST).adopted(0).does(0, Operation.SYNC);
    script.does(0, update(Table.PERSON, 0, 5), insert(Table.NOTE, 3, 6)).adopted(0);
    script.does(0, Operation.SYNC).disturbed(0, Disturbance.PRUNE_ALL);
    script.does(0, insert(Table.MEASURE, 4, 7)).diesAt(0, Operation.REBUILD, SNAPSHOT_REQUEST);
    script.adopted(0).does(0, Operation.SYNC);
    script.does(0, update(Table.NOTE, 3, 8)).disturbed(0, Disturbance.RETIRE_SOURCE);
    script.does(0, Operation.PUSH).adopted(0).does(0, Operation.REBUILD, Operation.SYNC);
    script.does(0, Operation.DETACH).adopted(0);
    script.failsFrom(0, Operation.ATTACH, FIRST_PAGE_REQUEST).adopted(0);
    return script
        .does(0, Operation.ATTACH)
        .does(0, update(Table.PERSON, 0, 9))
        .does(0, Operation.SYNC)
        .as(
            "open-adopted",
            "A database comes back from another client of the protocol, state after state.",
            0);
  }

  private static Scenario freeze() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2))
        .does(0, Operation.SYNC)
        .does(0, update(Table.PERSON, 0, 3), delete(Table.NOTE, 1, 4))
        .does(0, insert(Table.MEASURE, 2, 5), insert(Table.NOTE, 3, 6))
        .does(0, delete(Table.NOTE, 3, 7))
        .does(0, Operation.PUSH)
        .as("freeze", "Edits, a delete and a row that came and went are frozen and pushed.", 0);
  }

  private static Scenario firstSeed() {
    return new Script(1)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 0, 2))
        .does(0, Operation.OPEN)
        .does(0, insert(Table.PERSON, 1, 3), insert(Table.MEASURE, 1, 4))
        .does(0, update(Table.NOTE, 0, 5))
        .does(0, Operation.ATTACH, Operation.SYNC)
        .as("first-seed", "The first device of an empty account uploads what it has.", 0);
  }

  private static Scenario secondDevice() {
    return seededAccount(new Script(2))
        .does(1, Operation.OPEN)
        .does(1, insert(Table.PERSON, 0, 101), insert(Table.NOTE, 3, 102))
        .does(1, Operation.ATTACH)
        .does(1, upsert(Table.NOTE, 1, 103), insert(Table.MEASURE, 4, 104))
        .does(1, Operation.SYNC)
        .does(0, Operation.SYNC)
        .as(
            "second-device",
            "A device with offline rows joins an account that another one seeded, and adds to it.",
            1);
  }

  private static Scenario editWhilePush() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(
            0,
            insert(Table.PERSON, 0, 1),
            insert(Table.NOTE, 1, 2),
            insert(Table.NOTE, 2, 3),
            insert(Table.MEASURE, 3, 4))
        .does(0, Operation.SYNC)
        .does(0, update(Table.NOTE, 1, 5), update(Table.NOTE, 2, 6), update(Table.MEASURE, 3, 7))
        .does(0, Operation.PUSH)
        .at(BEFORE_CREATE, 0, update(Table.NOTE, 1, 8), insert(Table.MEASURE, 4, 9))
        .at(
            COMMITTED,
            0,
            update(Table.NOTE, 1, 10),
            insert(Table.NOTE, 5, 11),
            delete(Table.NOTE, 2, 12))
        .does(0, Operation.SYNC)
        .as(
            "edit-while-push",
            "The app writes and deletes rows while their earlier content is being pushed.",
            0);
  }

  private static Scenario remoteReplace() {
    return fullAccount(new Script(2))
        .does(1, Operation.OPEN)
        .does(1, insert(Table.PERSON, 0, 101), insert(Table.NOTE, 0, 102))
        .does(1, insert(Table.PERSON, 7, 103), insert(Table.MEASURE, 7, 104))
        .does(1, Operation.ATTACH, Operation.SYNC)
        .as(
            "remote-replace",
            "A device with offline rows takes over a whole account, page by page.",
            1);
  }

  private static Scenario remoteReplaceDetach() {
    return fullAccount(new Script(2))
        .does(1, Operation.OPEN)
        .does(1, insert(Table.PERSON, 0, 101), insert(Table.NOTE, 0, 102))
        .failsFrom(1, Operation.ATTACH, FIRST_PAGE_REQUEST)
        .does(1, Operation.DETACH)
        .does(1, upsert(Table.NOTE, 0, 103))
        .does(1, Operation.ATTACH, Operation.SYNC)
        .as(
            "remote-replace-detach",
            "A takeover is interrupted, cancelled by a detach, and done again later.",
            1);
  }

  private static Scenario detach() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 0, 2), insert(Table.MEASURE, 0, 3))
        .does(0, Operation.SYNC, Operation.DETACH, Operation.ATTACH, Operation.SYNC)
        .as("detach", "A device leaves an account with everything synced, and comes back.", 0);
  }

  private static Scenario detachBlocked() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 0, 2))
        .does(0, Operation.SYNC)
        .does(0, update(Table.NOTE, 0, 3))
        .does(0, Operation.DETACH, Operation.SYNC, Operation.DETACH)
        .as("detach-blocked", "Unsynced rows hold a detach back until they are synced.", 0);
  }

  private static Scenario rebuildKeepSource() {
    return seededAccount(new Script(2))
        .does(1, Operation.OPEN, Operation.ATTACH)
        .does(0, update(Table.NOTE, 1, 4), insert(Table.PERSON, 3, 5), delete(Table.MEASURE, 2, 6))
        .does(0, Operation.SYNC)
        .does(1, update(Table.NOTE, 1, 101), insert(Table.NOTE, 3, 102))
        .does(1, Operation.REBUILD)
        .at(FIRST_PAGE, 1, insert(Table.MEASURE, 4, 103), update(Table.PERSON, 0, 104))
        .does(1, Operation.SYNC)
        .does(0, Operation.SYNC)
        .as(
            "rebuild-keep-source",
            "A device with unsynced edits rebuilds, and the app goes on writing meanwhile.",
            1);
  }

  private static Scenario rebuildRotateDirty() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2), insert(Table.MEASURE, 2, 3))
        .does(0, Operation.SYNC)
        .does(0, update(Table.NOTE, 1, 4), insert(Table.NOTE, 2, 5))
        .disturbed(0, Disturbance.RETIRE_SOURCE)
        .does(0, Operation.PUSH)
        .at(BEFORE_CREATE, 0, update(Table.NOTE, 1, 6), delete(Table.MEASURE, 2, 7))
        .does(0, Operation.REBUILD, Operation.SYNC)
        .as(
            "rebuild-rotate-dirty",
            "The server retires a source with a bundle frozen and newer edits waiting.",
            0);
  }

  private static Scenario replayPruned() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2))
        .does(0, Operation.SYNC)
        .does(0, update(Table.NOTE, 1, 3), insert(Table.MEASURE, 2, 4))
        .does(0, Operation.PUSH)
        .disturbedAt(COMMITTED_ROWS, 0, Disturbance.PRUNE_ALL)
        .at(COMMITTED_ROWS, 0, update(Table.NOTE, 1, 5))
        .does(0, Operation.SYNC)
        .as(
            "replay-pruned",
            "The server drops our bundle between its commit and our reading it back.",
            0);
  }

  private static Scenario restoredBackup() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2))
        .does(0, Operation.SYNC)
        .disturbed(0, Disturbance.SAVE_FILE)
        .does(0, update(Table.NOTE, 1, 3), insert(Table.MEASURE, 2, 4))
        .does(0, Operation.SYNC)
        .disturbed(0, Disturbance.RESTORE_FILE)
        .does(0, update(Table.NOTE, 1, 5), insert(Table.NOTE, 3, 6))
        .does(0, Operation.SYNC, Operation.REBUILD, Operation.SYNC)
        .as("restored-backup", "The app's file is restored from a backup and written to.", 0);
  }

  private static Scenario copiedFileTwoWriters() {
    return seededAccount(new Script(2))
        .disturbed(0, Disturbance.SAVE_FILE)
        .does(1, Operation.OPEN)
        .disturbed(1, Disturbance.RESTORE_FILE)
        .does(0, update(Table.NOTE, 1, 4), insert(Table.MEASURE, 3, 5))
        .does(0, Operation.SYNC)
        .does(1, update(Table.NOTE, 1, 101), insert(Table.NOTE, 4, 102))
        .does(1, Operation.SYNC, Operation.REBUILD, Operation.SYNC)
        .does(0, insert(Table.MEASURE, 5, 6))
        .does(0, Operation.SYNC, Operation.REBUILD, Operation.SYNC)
        .as("copied-file-two-writers", "Two devices write with copies of one file.", 1);
  }

  private static Scenario serverRestored() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2))
        .does(0, Operation.SYNC)
        .disturbed(0, Disturbance.SAVE_SERVER)
        .does(0, update(Table.NOTE, 1, 3), insert(Table.MEASURE, 2, 4))
        .does(0, Operation.SYNC)
        .does(0, insert(Table.NOTE, 3, 5), update(Table.PERSON, 0, 6))
        .does(0, Operation.PUSH)
        .disturbedAt(COMMITTED_ROWS, 0, Disturbance.RESTORE_SERVER)
        .does(0, Operation.SYNC, Operation.REBUILD, Operation.SYNC)
        .as(
            "server-restored",
            "The server is restored from a backup that lacks what it had committed.",
            0);
  }

  /**
   * Of the rows that both devices wrote, the app writes one again at the conflict answer (spec
   * 4.4.3 step 5); the rows that only the second device wrote are the siblings.
   */
  private static Scenario conflict(String name, ResolverChoice resolver, String kept) {
    return new Script(2)
        .resolves(1, resolver)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(
            0,
            insert(Table.PERSON, 0, 1),
            insert(Table.NOTE, 1, 2),
            insert(Table.NOTE, 2, 3),
            insert(Table.NOTE, 3, 4),
            insert(Table.MEASURE, 4, 5),
            insert(Table.MEASURE, 5, 6))
        .does(0, Operation.SYNC)
        .does(1, Operation.OPEN, Operation.ATTACH)
        .does(
            0,
            insert(Table.PERSON, 6, 7),
            update(Table.NOTE, 1, 8),
            update(Table.MEASURE, 4, 9),
            delete(Table.NOTE, 3, 10))
        .does(0, Operation.SYNC)
        .does(
            1,
            update(Table.PERSON, 0, 101),
            update(Table.NOTE, 1, 102),
            update(Table.NOTE, 2, 103),
            update(Table.NOTE, 3, 104),
            update(Table.MEASURE, 4, 105),
            insert(Table.MEASURE, 7, 106))
        .does(1, Operation.PUSH)
        .at(COMMITTED, 1, update(Table.NOTE, 1, 107), update(Table.NOTE, 2, 108))
        .does(1, delete(Table.MEASURE, 5, 109))
        .does(0, update(Table.MEASURE, 5, 11))
        .does(0, Operation.SYNC)
        .does(1, Operation.SYNC)
        .does(0, Operation.SYNC)
        .as(name, "Two devices write the same rows, and the second one keeps " + kept + ".", 1);
  }

  private static Scenario pullPages() {
    Script script = seededAccount(new Script(2)).does(1, Operation.OPEN, Operation.ATTACH);
    for (int row = 3; row < 8; row++) {
      script
          .does(
              0,
              insert(Table.PERSON, row, 4 * row),
              insert(Table.NOTE, row, 4 * row + 1),
              update(Table.NOTE, row - 1, 4 * row + 2),
              update(Table.MEASURE, 2, 4 * row + 3))
          .does(0, Operation.SYNC);
    }
    return script
        .does(1, Operation.SYNC)
        .at(PAGE, 1, update(Table.MEASURE, 2, 101), insert(Table.NOTE, 9, 102))
        .at(PAGE, 1, update(Table.NOTE, 3, 103), upsert(Table.NOTE, 7, 104))
        .at(PAGE, 1, delete(Table.NOTE, 1, 105), update(Table.PERSON, 0, 106))
        .does(1, Operation.SYNC)
        .does(0, Operation.SYNC)
        .as(
            "pull-pages",
            "A device that was away pulls bundle by bundle while its app goes on writing.",
            1);
  }

  /**
   * The server never accepts one of the rows (spec 4.4.8). That it also refuses a note whose person
   * another device deleted ends with the pull that brings the deletion and takes the note along
   * (W-38).
   */
  private static Scenario poisonRow() {
    return new Script(2)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.MEASURE, 1, 2))
        .does(0, Operation.SYNC)
        .does(1, Operation.OPEN, Operation.ATTACH)
        .does(0, delete(Table.PERSON, 0, 3))
        .does(0, Operation.SYNC)
        .does(
            1,
            insert(Table.NOTE, 2, 4),
            insert(Table.NOTE, 3, 5),
            insert(Table.MEASURE, RowWrite.REFUSED_ROW, 6),
            update(Table.MEASURE, 1, 7))
        .does(1, Operation.PUSH, Operation.SYNC)
        .does(0, Operation.SYNC)
        .as(
            "poison-row",
            "The server refuses one row of a push; it is isolated and the others are sent.",
            1);
  }

  private static Scenario syncThenDetachLateWrites() {
    return new Script(1)
        .does(0, Operation.OPEN, Operation.ATTACH)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 0, 2))
        .does(0, Operation.SYNC_THEN_DETACH)
        .at(COMMITTED, 0, update(Table.NOTE, 0, 3))
        .at(PAGE, 0, insert(Table.NOTE, 1, 4))
        .at(PAGE, 0, update(Table.NOTE, 0, 5), delete(Table.NOTE, 1, 6))
        .at(PAGE, 0, insert(Table.MEASURE, 0, 7))
        .does(0, Operation.ATTACH, Operation.SYNC)
        .as(
            "sync-then-detach-late-writes",
            "The app goes on writing while everything is synced in order to leave the account.",
            0);
  }

  /**
   * The sync takes the place of a download that is at work, which goes on after it (spec 1.1.8).
   */
  private static Scenario downloadsBesideCalls() {
    return seededAccount(new Script(2))
        .does(1, Operation.OPEN, Operation.ATTACH)
        .does(0, update(Table.NOTE, 1, 4), insert(Table.NOTE, 3, 5))
        .does(0, Operation.SYNC)
        .does(0, update(Table.MEASURE, 2, 6), delete(Table.NOTE, 3, 7))
        .does(0, Operation.SYNC)
        .does(1, Operation.AUTO_DOWNLOADS)
        .at("SEND GET /sync/pull", 1, update(Table.NOTE, 1, 101), insert(Table.NOTE, 4, 102))
        .at(PAGE, 1, Operation.SYNC)
        .does(0, Operation.SYNC)
        .as(
            "downloads-beside-calls",
            "A sync begins while automatic downloads are at work, and the app writes meanwhile.",
            1);
  }

  private static Script seededAccount(Script script) {
    return script
        .does(0, Operation.OPEN)
        .does(0, insert(Table.PERSON, 0, 1), insert(Table.NOTE, 1, 2), insert(Table.MEASURE, 2, 3))
        .does(0, Operation.ATTACH, Operation.SYNC);
  }

  private static Script fullAccount(Script script) {
    script.does(0, Operation.OPEN, Operation.ATTACH);
    for (int row = 0; row < 6; row++) {
      script.does(
          0,
          insert(Table.PERSON, row, 3 * row + 1),
          insert(Table.NOTE, row, 3 * row + 2),
          insert(Table.MEASURE, row, 3 * row + 3));
    }
    return script.does(0, Operation.SYNC);
  }

  private static RowWrite insert(String table, int row, int value) {
    return new RowWrite(RowWrite.Kind.INSERT, table, row, value);
  }

  private static RowWrite update(String table, int row, int value) {
    return new RowWrite(RowWrite.Kind.UPDATE, table, row, value);
  }

  private static RowWrite upsert(String table, int row, int value) {
    return new RowWrite(RowWrite.Kind.UPSERT, table, row, value);
  }

  private static RowWrite delete(String table, int row, int value) {
    return new RowWrite(RowWrite.Kind.DELETE, table, row, value);
  }

  /** The steps of a scenario in the making, strictly in their order. */
  private static final class Script {

    private final List<ResolverChoice> resolvers;
    private final List<Step> steps = new ArrayList<>();

    Script(int devices) {
      this.resolvers = new ArrayList<>(Collections.nCopies(devices, ResolverChoice.SERVER_WINS));
    }

    Script resolves(int device, ResolverChoice resolver) {
      resolvers.set(device, resolver);
      return this;
    }

    Script does(int device, Operation... operations) {
      for (Operation operation : operations) {
        then(Step.of(device, new Command.Call(operation)));
      }
      return this;
    }

    Script does(int device, RowWrite... rows) {
      return then(Step.of(device, new Command.Write(List.of(rows), Ending.COMMIT)));
    }

    Script at(String seam, int device, Operation operation) {
      return then(
          new Step(
              device, new Command.Call(operation), List.of(), AfterCrash.RETRY, Optional.of(seam)));
    }

    Script at(String seam, int device, RowWrite... rows) {
      return then(
          new Step(
              device,
              new Command.Write(List.of(rows), Ending.COMMIT),
              List.of(),
              AfterCrash.RETRY,
              Optional.of(seam)));
    }

    Script adopted(int device) {
      return disturbed(device, Disturbance.OTHER_CLIENT).does(device, Operation.OPEN);
    }

    /** The process dies when this request of the call has reached the server, and stays dead. */
    Script diesAt(int device, Operation operation, int request) {
      return then(
          new Step(
              device,
              new Command.Call(operation),
              List.of(new Fault.CrashAtAnswer(request)),
              AfterCrash.MOVE_ON,
              Optional.empty()));
    }

    /** The network is gone from this request of the call on. */
    Script failsFrom(int device, Operation operation, int request) {
      List<Fault> lost = new ArrayList<>();
      for (int n = request; n < request + REQUESTS_OF_A_FAILING_CALL; n++) {
        lost.add(new Fault.LoseRequest(n));
      }
      return then(
          new Step(
              device, new Command.Call(operation), lost, AfterCrash.MOVE_ON, Optional.empty()));
    }

    Script disturbed(int device, Disturbance what) {
      return then(Step.of(device, new Command.Disturb(what)));
    }

    Script disturbedAt(String seam, int device, Disturbance what) {
      return then(
          new Step(
              device, new Command.Disturb(what), List.of(), AfterCrash.RETRY, Optional.of(seam)));
    }

    Script then(Step step) {
      steps.add(step);
      return this;
    }

    Scenario as(String name, String about, int crashedDevice) {
      Plan plan =
          new Plan(
              Plan.VERSION,
              0,
              0,
              resolvers.size(),
              Collections.nCopies(resolvers.size(), ACCOUNT),
              resolvers,
              steps,
              Optional.of(about));
      return new Scenario(name, about, plan, crashedDevice);
    }
  }
}
