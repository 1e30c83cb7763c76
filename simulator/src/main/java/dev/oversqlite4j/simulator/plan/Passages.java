package dev.oversqlite4j.simulator.plan;

import static dev.oversqlite4j.simulator.plan.Script.row;
import static dev.oversqlite4j.simulator.plan.Script.steps;

import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import java.util.List;

/**
 * Passages through what neither random workloads nor {@link Directions} come to: each is named
 * after what it takes of the lifecycle's transitions and of the cells of its operation matrix.
 * Stateless.
 */
final class Passages {

  /**
   * One passage.
   *
   * @param name what happens on it, for people
   * @param takes transitions as {@code from trigger to} and cells as {@code call state}
   * @param resolver how the led device decides conflicts
   */
  record Passage(String name, List<String> takes, ResolverChoice resolver, List<Step> steps) {}

  /** A statement in the middle of the transaction that replaces the rows. */
  private static final int INSIDE_APPLY = 48;

  static final List<Passage> ALL =
      List.of(
          passage(
              "an attach that dies, and one that is refused",
              List.of("OPENED REPAIR OPENED", "OPENED ATTACH_ABORT OPENED", "CLOSE OPENED"),
              steps()
                  .call(Operation.OPEN)
                  .dying(Operation.ATTACH, "ATTACH_BEGIN")
                  .call(Operation.OPEN)
                  .refused(Operation.ATTACH, 2)
                  .call(Operation.CLOSE)
                  .then(new Command.Restart())),
          passage(
              "the same after a detach",
              List.of(
                  "DETACHED REPAIR DETACHED", "DETACHED ATTACH_ABORT DETACHED", "CLOSE DETACHED"),
              Script.synced()
                  .call(Operation.DETACH)
                  .dying(Operation.ATTACH, "ATTACH_BEGIN")
                  .call(Operation.OPEN)
                  .refused(Operation.ATTACH, 2)
                  .call(Operation.CLOSE)
                  .then(new Command.Restart())),
          passage(
              "a detach in the middle of a seed, and back too early",
              List.of("SEEDING DETACH DETACHED", "DETACHED CONNECT_RETRY_LATER DETACHED"),
              idleLease().call(Operation.DETACH).call(Operation.ATTACH)),
          passage(
              "another client takes over what is being replaced",
              List.of(
                  "UNOPENED ADOPT REPLACE_PENDING", "REPLACE_PENDING ATTACH_ABORT REPLACE_PENDING"),
              taken("CONNECT_REMOTE_AUTH").refused(Operation.ATTACH, 2)),
          passage(
              "another client takes over what is staged",
              List.of(
                  "UNOPENED ADOPT REPLACE_STAGED", "REPLACE_STAGED ATTACH_ABORT REPLACE_STAGED"),
              taken("STAGE_DONE")
                  .faulty(
                      Operation.ATTACH, new Fault.Disk(INSIDE_APPLY, DiskFault.INTERRUPTED, 0))),
          passage(
              "a resolver that throws",
              List.of("PUSH_PREPARED CONFLICT_INVALID ATTACHED"),
              ResolverChoice.THROWS,
              Script.behind().write(row(Kind.UPDATE, Table.NOTE, 0)).call(Operation.PUSH)),
          passage(
              "a resolver that throws while a rebuild is due",
              List.of("REBUILD_REQUIRED CONFLICT_INVALID REBUILD_REQUIRED"),
              ResolverChoice.THROWS,
              rebuildRequired(Script.behind())
                  .write(row(Kind.UPDATE, Table.NOTE, 0))
                  .call(Operation.SYNC)),
          passage(
              "pushes and rebuilds that are refused",
              List.of(
                  "PUSH_PREPARED PUSH_ABORT PUSH_PREPARED",
                  "PUSH_COMMITTED PUSH_ABORT PUSH_COMMITTED",
                  "PUSH_COMMITTED REBUILD_ABORT PUSH_COMMITTED"),
              Script.dirty()
                  .refused(Operation.PUSH, 2)
                  .dying(Operation.PUSH, "ACK")
                  .call(Operation.ATTACH)
                  .refused(Operation.PUSH, 2)
                  .refused(Operation.REBUILD, 3)),
          passage(
              "the same while a rebuild is due",
              List.of(
                  "REBUILD_REQUIRED REBUILD_ABORT REBUILD_REQUIRED",
                  "REBUILD_REQUIRED PUSH_ABORT REBUILD_REQUIRED"),
              rebuildRequired(Script.synced())
                  .refused(Operation.REBUILD, 2)
                  .write(row(Kind.UPDATE, Table.NOTE, 0))
                  .refused(Operation.SYNC, 2)),
          passage(
              "a bundle that is committed while a rebuild is due, and not read back",
              List.of(
                  "REBUILD_COMMITTED PUSH_ABORT REBUILD_COMMITTED",
                  "REBUILD_COMMITTED REPAIR REBUILD_COMMITTED",
                  "REBUILD_COMMITTED REBUILD_ABORT REBUILD_COMMITTED",
                  "OPEN REBUILD_COMMITTED",
                  "ATTACH_OTHER_USER REBUILD_COMMITTED",
                  "LOCAL_APP_WRITE REBUILD_COMMITTED"),
              rebuildRequired(Script.synced())
                  .write(row(Kind.UPDATE, Table.NOTE, 0))
                  .refused(Operation.SYNC, 5)
                  .call(Operation.OPEN)
                  .call(Operation.ATTACH_OTHER_USER)
                  .write(row(Kind.INSERT, Table.NOTE, 3))
                  .dying(Operation.SYNC, "REBUILD_BEGIN")
                  .call(Operation.ATTACH)
                  .refused(Operation.REBUILD, 3)),
          passage(
              "a bundle that is pruned while a rebuild is due",
              List.of("REBUILD_COMMITTED REPLAY_PRUNED REBUILD_COMMITTED"),
              rebuildRequired(Script.synced())
                  .write(row(Kind.UPDATE, Table.NOTE, 0))
                  .call(Operation.SYNC)
                  .during(
                      "SEND GET /sync/committed-bundles",
                      new Command.Disturb(Disturbance.PRUNE_ALL))),
          passage(
              "rows that came and went while a rebuild is due",
              List.of("REBUILD_REQUIRED FREEZE_NO_OPS REBUILD_REQUIRED"),
              rebuildRequired(Script.synced())
                  .write(row(Kind.INSERT, Table.NOTE, 5))
                  .write(row(Kind.DELETE, Table.NOTE, 5))
                  .call(Operation.SYNC)),
          passage(
              "a rebuild in the middle of a seed, and nothing left to seed",
              List.of(
                  "SEEDING REBUILD_BEGIN REBUILD_REQUIRED",
                  "REBUILD_REQUIRED LEASE_RELEASED REBUILD_REQUIRED"),
              rebuiltSeed(Disturbance.DEVICE_CLOCK_FORWARD)
                  .write(row(Kind.DELETE, Table.NOTE, 1))
                  .call(Operation.SYNC)),
          passage(
              "a rebuild in the middle of a seed whose lease expires",
              List.of(
                  "SEEDING REBUILD_BEGIN REBUILD_REQUIRED",
                  "REBUILD_REQUIRED LEASE_INVALID OPENED"),
              rebuiltSeed(Disturbance.EXPIRE_LEASE)),
          passage(
              "a row set aside in the middle of a seed, tried again and given up",
              List.of("SEEDING QUARANTINE_RETRIED SEEDING", "SEEDING QUARANTINE_DISCARDED SEEDING"),
              setAsideSeeding()
                  .call(Operation.RETRY_QUARANTINED)
                  .refused(Operation.PUSH, 18)
                  .call(Operation.DISCARD_QUARANTINED)),
          passage(
              "a row set aside before the lease was lost, tried again",
              List.of("OPENED QUARANTINE_RETRIED OPENED"),
              leaseLost(setAsideSeeding()).call(Operation.PUSH).call(Operation.RETRY_QUARANTINED)),
          passage(
              "a row set aside before the lease was lost, given up",
              List.of("OPENED QUARANTINE_DISCARDED OPENED"),
              leaseLost(setAsideSeeding())
                  .call(Operation.PUSH)
                  .call(Operation.DISCARD_QUARANTINED)),
          passage(
              "a lease that was lost to an account whose history is pruned already",
              List.of("SEEDING HISTORY_PRUNED REBUILD_REQUIRED"),
              leaseLost(idleLease())
                  .helper(row(Kind.INSERT, Table.NOTE, 3))
                  .helper(Operation.SYNC)
                  .disturb(Disturbance.PRUNE_BUT_LAST)
                  .call(Operation.PULL)),
          passage(
              "a server restored to before our checkpoint, which numbers our next bundle as that",
              List.of(
                  "ATTACHED CHECKPOINT_AHEAD REBUILD_REQUIRED",
                  "REBUILD_COMMITTED HASH_MISMATCH REBUILD_COMMITTED"),
              Script.synced()
                  .disturb(Disturbance.SAVE_SERVER)
                  .helper(Operation.OPEN)
                  .helper(Operation.ATTACH)
                  .helper(row(Kind.INSERT, Table.NOTE, 3))
                  .helper(Operation.SYNC)
                  .call(Operation.PULL)
                  .disturb(Disturbance.RESTORE_SERVER)
                  .call(Operation.SYNC)
                  .during(
                      "SEND GET /sync/pull",
                      new Command.Write(List.of(row(Kind.INSERT, Table.NOTE, 5)), Ending.COMMIT))),
          passage(
              "a server restored to before our bundle",
              List.of("PUSH_COMMITTED SOURCE_FAILURE SOURCE_RECOVERY"),
              Script.synced()
                  .disturb(Disturbance.SAVE_SERVER)
                  .write(row(Kind.UPDATE, Table.NOTE, 0))
                  .dying(Operation.PUSH, "ACK")
                  .disturb(Disturbance.RESTORE_SERVER)
                  .call(Operation.ATTACH)
                  .call(Operation.PUSH)),
          passage(
              "a server restored to before our bundle while a rebuild is due",
              List.of("REBUILD_COMMITTED SOURCE_FAILURE SOURCE_RECOVERY"),
              Script.rebuildCommitted(
                      Script.synced()
                          .disturb(Disturbance.SAVE_SERVER)
                          .write(row(Kind.UPDATE, Table.NOTE, 0)))
                  .disturb(Disturbance.RESTORE_SERVER)
                  .call(Operation.SYNC)),
          passage(
              "a rotation that dies, and one that is refused",
              List.of(
                  "SOURCE_RECOVERY REPAIR SOURCE_RECOVERY",
                  "SOURCE_RECOVERY REBUILD_ABORT SOURCE_RECOVERY"),
              Script.sourceRecovery(Script.dirty())
                  .dying(Operation.REBUILD, "REBUILD_BEGIN")
                  .call(Operation.ATTACH)
                  .refused(Operation.REBUILD, 2)),
          passage(
              "a copied file whose reservation is used up",
              List.of("SOURCE_RECOVERY SOURCE_FAILURE SOURCE_RECOVERY"),
              Script.sourceRecovery(Script.dirty())
                  .disturb(Disturbance.SAVE_FILE)
                  .call(Operation.REBUILD)
                  .call(Operation.SYNC)
                  .disturb(Disturbance.RETIRE_SOURCE)
                  .disturb(Disturbance.RESTORE_FILE)
                  .call(Operation.REBUILD)),
          passage(
              "a restored file whose bundle and what came after are in the snapshot already",
              List.of("PUSH_COMMITTED HASH_MISMATCH REBUILD_COMMITTED"),
              Script.sourceRecovery(Script.dirty())
                  .disturb(Disturbance.SAVE_FILE)
                  .call(Operation.REBUILD)
                  .write(row(Kind.UPDATE, Table.NOTE, 1))
                  .call(Operation.SYNC)
                  .disturb(Disturbance.RESTORE_FILE)
                  .call(Operation.OPEN)
                  .call(Operation.REBUILD)
                  .call(Operation.SYNC)),
          passage(
              "a disk that is full before anything is open",
              List.of("CLOSE UNOPENED", "ATTACH_SAME_USER UNOPENED", "ATTACH_OTHER_USER UNOPENED"),
              steps()
                  .call(Operation.CLOSE)
                  .then(new Command.Restart())
                  .faulty(Operation.ATTACH, new Fault.Disk(1, DiskFault.FULL, 0))
                  .write(row(Kind.INSERT, Table.NOTE, 0))
                  .dying(Operation.PUSH, "FREEZE")
                  .faulty(Operation.ATTACH_OTHER_USER, new Fault.Disk(1, DiskFault.READ_ONLY, 0))));

  private Passages() {}

  private static Passage passage(String name, List<String> takes, Script script) {
    // What the app of a device does where plans name no resolver.
    return passage(name, takes, ResolverChoice.SERVER_WINS, script);
  }

  private static Passage passage(
      String name, List<String> takes, ResolverChoice resolver, Script script) {
    return new Passage(name, takes, resolver, script.all());
  }

  private static Script rebuildRequired(Script attached) {
    return attached.dying(Operation.REBUILD, "REBUILD_BEGIN").call(Operation.ATTACH);
  }

  /** A lease is held with nothing left to seed. */
  private static Script idleLease() {
    return Script.seeding()
        .write(row(Kind.DELETE, Table.NOTE, 0))
        .dying(Operation.PUSH, "FREEZE_NO_OPS")
        .call(Operation.ATTACH);
  }

  /**
   * The app writes again when the push before the rebuild has just found nothing to seed. Many
   * transactions of the call begin, so something else says which one the write comes before.
   *
   * @param first what happens on the server while the push finds that
   */
  private static Script rebuiltSeed(Disturbance first) {
    return Script.seeding()
        .write(row(Kind.DELETE, Table.NOTE, 0))
        .call(Operation.REBUILD)
        .during("STATEMENT INSERT INTO _fsm_discarded_intent", new Command.Disturb(first))
        .during(
            "STATEMENT BEGIN",
            new Command.Write(List.of(row(Kind.INSERT, Table.NOTE, 1)), Ending.COMMIT));
  }

  /** The only row of a seed is refused, and giving the lease back is, too. */
  private static Script setAsideSeeding() {
    return steps()
        .call(Operation.OPEN)
        .write(row(Kind.INSERT, Table.MEASURE, RowWrite.REFUSED_ROW))
        .call(Operation.ATTACH)
        .refused(Operation.PUSH, 18);
  }

  /** The helper seeds the account after the lease of the led device. */
  private static Script leaseLost(Script seeding) {
    return seeding
        .disturb(Disturbance.EXPIRE_LEASE)
        .helper(Operation.OPEN)
        .helper(Operation.ATTACH)
        .helper(row(Kind.INSERT, Table.NOTE, 2))
        .helper(Operation.SYNC);
  }

  /** The process dies while nothing of its own is replaced, and another client has the file. */
  private static Script taken(String dyingAfter) {
    return steps()
        .helper(Operation.OPEN)
        .helper(Operation.ATTACH)
        .helper(row(Kind.INSERT, Table.PERSON, 0), row(Kind.INSERT, Table.NOTE, 0))
        .helper(Operation.SYNC)
        .call(Operation.OPEN)
        .dying(Operation.ATTACH, dyingAfter)
        .disturb(Disturbance.OTHER_CLIENT)
        .call(Operation.OPEN);
  }
}
