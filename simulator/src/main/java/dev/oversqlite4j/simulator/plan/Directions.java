package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where plans with a direction go: a way into each state of the lifecycle, and what happens to a
 * device that is there. Random workloads hardly ever get to most of these pairs. Stateless.
 *
 * <p>The first device is led, the second one helps; both have the same user.
 */
final class Directions {

  private static final int LED = 0;
  private static final int HELPER = 1;
  private static final long OUTLIVES_LEASES = 901;

  /** One way into a state. */
  private record Way(String into, List<Step> steps) {}

  /** What is done to a device in a state. */
  private record Asked(String what, List<Step> steps) {}

  /** A way and what is done at its end. */
  private record Direction(Way way, Asked asked) {}

  private static final String SET_ASIDE = "a row set aside";
  private static final List<Direction> ALL = directions();

  private Directions() {}

  /** How many there are. */
  static int count() {
    return ALL.size();
  }

  /** The way of a direction, on which nothing else is to go wrong. */
  static List<Step> way(int direction) {
    return ALL.get(direction).way().steps();
  }

  /** The steps that follow the way. */
  static List<Step> ending(int direction) {
    return ALL.get(direction).asked().steps();
  }

  /** Where it leads and what happens there, for people. */
  static String name(int direction) {
    return ALL.get(direction).way().into() + "; " + ALL.get(direction).asked().what();
  }

  private static List<Direction> directions() {
    List<Direction> all = new ArrayList<>();
    for (Way way : ways()) {
      asked().forEach(asked -> all.add(new Direction(way, asked)));
      if (way.into().contains(SET_ASIDE)) {
        askedAboutRowsSetAside().forEach(asked -> all.add(new Direction(way, asked)));
      }
    }
    return List.copyOf(all);
  }

  private static List<Way> ways() {
    return List.of(
        new Way("nothing", List.of()),
        new Way("opened", steps().call(Operation.OPEN).all()),
        new Way("detached", synced().call(Operation.DETACH).all()),
        new Way("replace pending", replacing("CONNECT_REMOTE_AUTH").all()),
        new Way("replace pending, some of it staged", replacing("STAGE_CHUNK").all()),
        new Way("replace staged", replacing("STAGE_DONE").all()),
        new Way("seeding", seeding().all()),
        new Way("seeding, only no-ops", seeding().write(row(Kind.DELETE, Table.NOTE, 0)).all()),
        new Way("attached", synced().all()),
        new Way("attached, dirty", dirty().all()),
        new Way(
            "attached, only no-ops",
            synced()
                .write(row(Kind.INSERT, Table.NOTE, 5))
                .write(row(Kind.DELETE, Table.NOTE, 5))
                .all()),
        new Way("attached, behind", behind().all()),
        new Way("attached, in conflict", behind().write(row(Kind.UPDATE, Table.NOTE, 0)).all()),
        new Way("attached, " + SET_ASIDE, quarantined().all()),
        new Way("attached, an edit without its parent", orphaned().all()),
        new Way("seeding, a refused row", refusedSeed().all()),
        new Way(
            "push prepared", dirty().dying(Operation.PUSH, "FREEZE").call(Operation.ATTACH).all()),
        new Way(
            "push prepared, seeding",
            seeding().dying(Operation.PUSH, "FREEZE").call(Operation.ATTACH).all()),
        new Way(
            "push prepared, " + SET_ASIDE,
            quarantined()
                .write(row(Kind.UPSERT, Table.MEASURE, 3))
                .dying(Operation.PUSH, "FREEZE")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "push committed", dirty().dying(Operation.PUSH, "ACK").call(Operation.ATTACH).all()),
        new Way(
            "push committed, " + SET_ASIDE,
            quarantined()
                .write(row(Kind.UPSERT, Table.MEASURE, 3))
                .dying(Operation.PUSH, "ACK")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "rebuild required",
            synced().dying(Operation.REBUILD, "REBUILD_BEGIN").call(Operation.ATTACH).all()),
        new Way(
            "rebuild required, dirty",
            synced()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .write(row(Kind.UPDATE, Table.NOTE, 0))
                .all()),
        new Way(
            "rebuild required, prepared",
            synced()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .write(row(Kind.UPDATE, Table.NOTE, 0))
                .dying(Operation.SYNC, "FREEZE")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "rebuild required, in conflict",
            behind()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .write(row(Kind.UPDATE, Table.NOTE, 0))
                .all()),
        new Way(
            "rebuild required, " + SET_ASIDE,
            quarantined().dying(Operation.REBUILD, "REBUILD_BEGIN").call(Operation.ATTACH).all()),
        new Way(
            "rebuild required, seeding",
            seeding().dying(Operation.REBUILD, "REBUILD_BEGIN").call(Operation.ATTACH).all()),
        new Way("rebuild committed", rebuildCommitted(dirty()).all()),
        new Way(
            "rebuild committed, " + SET_ASIDE,
            rebuildCommitted(quarantined().write(row(Kind.UPSERT, Table.MEASURE, 3))).all()),
        new Way("source recovery, frozen", sourceRecovery(dirty()).all()),
        new Way(
            "source recovery, " + SET_ASIDE,
            sourceRecovery(quarantined().write(row(Kind.UPSERT, Table.MEASURE, 3))).all()),
        new Way("closed", synced().call(Operation.CLOSE).all()));
  }

  private static List<Asked> asked() {
    return List.of(
        new Asked(
            "asked what changes nothing",
            steps()
                .call(Operation.SOURCE_INFO)
                .call(Operation.SYNC_STATUS)
                .call(Operation.PAUSE_RESUME)
                .call(Operation.AUTO_TICK)
                .write(row(Kind.UPSERT, Table.PERSON, 4))
                .call(Operation.OPEN)
                .call(Operation.ATTACH_OTHER_USER)
                .call(Operation.CLOSE)
                .then(new Command.Restart())
                .call(Operation.ATTACH)
                .all()),
        new Asked("pushed", steps().call(Operation.PUSH).all()),
        new Asked("pulled and rebuilt", steps().call(Operation.PULL).call(Operation.REBUILD).all()),
        new Asked("synced and detached", steps().call(Operation.SYNC_THEN_DETACH).all()),
        new Asked("detached and back", steps().call(Operation.DETACH).call(Operation.ATTACH).all()),
        new Asked(
            "uninstalled and closed",
            steps().call(Operation.UNINSTALL).call(Operation.CLOSE).call(Operation.CLOSE).all()),
        new Asked(
            "retired",
            steps()
                .then(new Command.Disturb(Disturbance.RETIRE_SOURCE_NAMING))
                .call(Operation.PUSH)
                .call(Operation.REBUILD)
                .all()),
        new Asked(
            "pruned",
            steps()
                .then(new Command.Disturb(Disturbance.PRUNE_ALL))
                .call(Operation.PULL)
                .call(Operation.SYNC)
                .all()),
        new Asked(
            "used by another client",
            steps()
                .then(new Command.Disturb(Disturbance.OTHER_CLIENT))
                .call(Operation.ATTACH)
                .call(Operation.SYNC)
                .all()),
        new Asked(
            "late",
            steps()
                .then(new Command.AdvanceClock(OUTLIVES_LEASES))
                .call(Operation.SYNC)
                .call(Operation.ATTACH)
                .all()));
  }

  private static List<Asked> askedAboutRowsSetAside() {
    return List.of(
        new Asked(
            "told to try again",
            steps().call(Operation.RETRY_QUARANTINED).call(Operation.PUSH).all()),
        new Asked(
            "told to give up",
            steps().call(Operation.DISCARD_QUARANTINED).call(Operation.SYNC).all()));
  }

  private static Script steps() {
    return new Script();
  }

  private static Script synced() {
    return steps()
        .call(Operation.OPEN)
        .call(Operation.ATTACH)
        .write(row(Kind.INSERT, Table.PERSON, 0), row(Kind.INSERT, Table.NOTE, 0))
        .call(Operation.SYNC);
  }

  private static Script dirty() {
    return synced().write(row(Kind.UPDATE, Table.NOTE, 0), row(Kind.INSERT, Table.NOTE, 1));
  }

  private static Script seeding() {
    return steps()
        .call(Operation.OPEN)
        .write(row(Kind.INSERT, Table.NOTE, 0))
        .call(Operation.ATTACH);
  }

  private static Script behind() {
    return synced()
        .helper(Operation.OPEN)
        .helper(Operation.ATTACH)
        .helper(row(Kind.UPDATE, Table.NOTE, 0), row(Kind.INSERT, Table.NOTE, 2))
        .helper(Operation.SYNC);
  }

  private static Script refusedSeed() {
    return steps()
        .call(Operation.OPEN)
        .write(
            row(Kind.INSERT, Table.MEASURE, RowWrite.REFUSED_ROW),
            row(Kind.INSERT, Table.MEASURE, 1))
        .call(Operation.ATTACH);
  }

  /** The server refuses notes whose person the helper has deleted meanwhile. */
  private static Script orphaned() {
    return synced()
        .helper(Operation.OPEN)
        .helper(Operation.ATTACH)
        .helper(row(Kind.DELETE, Table.PERSON, 0))
        .helper(Operation.SYNC)
        .write(row(Kind.INSERT, Table.NOTE, 2), row(Kind.INSERT, Table.NOTE, 3));
  }

  private static Script replacing(String dyingAfter) {
    Script script = steps().helper(Operation.OPEN).helper(Operation.ATTACH);
    for (int row = 0; row < 3; row++) {
      script.helper(row(Kind.INSERT, Table.PERSON, row), row(Kind.INSERT, Table.NOTE, row));
    }
    return script
        .helper(Operation.SYNC)
        .call(Operation.OPEN)
        .write(row(Kind.INSERT, Table.NOTE, 0), row(Kind.INSERT, Table.NOTE, 5))
        .dying(Operation.ATTACH, dyingAfter)
        .call(Operation.OPEN);
  }

  /** The server never accepts one of two rows (spec 4.4.8). */
  private static Script quarantined() {
    return synced()
        .write(
            row(Kind.INSERT, Table.MEASURE, RowWrite.REFUSED_ROW),
            row(Kind.INSERT, Table.MEASURE, 1))
        .call(Operation.PUSH);
  }

  private static Script rebuildCommitted(Script dirty) {
    return dirty
        .dying(Operation.PUSH, "ACK")
        .call(Operation.ATTACH)
        .then(new Command.Disturb(Disturbance.PRUNE_ALL))
        .dying(Operation.PUSH, "REPLAY_PRUNED")
        .call(Operation.ATTACH);
  }

  private static Script sourceRecovery(Script dirty) {
    return dirty.then(new Command.Disturb(Disturbance.RETIRE_SOURCE)).call(Operation.PUSH);
  }

  private static RowWrite row(Kind kind, String table, int row) {
    return new RowWrite(kind, table, row, 0);
  }

  /** Collects steps; what is written is numbered when the plan is made. */
  private static final class Script {
    private final List<Step> steps = new ArrayList<>();

    Script call(Operation operation) {
      return then(new Command.Call(operation));
    }

    Script helper(Operation operation) {
      steps.add(Step.of(HELPER, new Command.Call(operation)));
      return this;
    }

    Script write(RowWrite... rows) {
      return then(new Command.Write(List.of(rows), Ending.COMMIT));
    }

    Script helper(RowWrite... rows) {
      steps.add(Step.of(HELPER, new Command.Write(List.of(rows), Ending.COMMIT)));
      return this;
    }

    Script then(Command command) {
      steps.add(Step.of(LED, command));
      return this;
    }

    /** The process dies when the transition is on disk; what the next one does is the next step. */
    Script dying(Operation operation, String transition) {
      steps.add(
          new Step(
              LED,
              new Command.Call(operation),
              List.of(new Fault.CrashAfter(transition)),
              AfterCrash.DO_NOTHING,
              Optional.empty()));
      return this;
    }

    List<Step> all() {
      return List.copyOf(steps);
    }
  }
}
