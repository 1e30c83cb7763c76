package dev.oversqlite4j.simulator.plan;

import static dev.oversqlite4j.simulator.plan.Script.row;

import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Where plans with a direction go: a way into each state of the lifecycle, and what happens to a
 * device that is there. Random workloads hardly ever get to most of these pairs. Stateless.
 *
 * <p>The first device is led, the second one helps; both have the same user.
 */
final class Directions {

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
        new Way("opened", Script.steps().call(Operation.OPEN).all()),
        new Way("detached", Script.synced().call(Operation.DETACH).all()),
        new Way("replace pending", Script.replacing("CONNECT_REMOTE_AUTH").all()),
        new Way("replace pending, some of it staged", Script.replacing("STAGE_CHUNK").all()),
        new Way("replace staged", Script.replacing("STAGE_DONE").all()),
        new Way("seeding", Script.seeding().all()),
        new Way(
            "seeding, only no-ops", Script.seeding().write(row(Kind.DELETE, Table.NOTE, 0)).all()),
        new Way("attached", Script.synced().all()),
        new Way("attached, dirty", Script.dirty().all()),
        new Way(
            "attached, only no-ops",
            Script.synced()
                .write(row(Kind.INSERT, Table.NOTE, 5))
                .write(row(Kind.DELETE, Table.NOTE, 5))
                .all()),
        new Way("attached, behind", Script.behind().all()),
        new Way(
            "attached, in conflict", Script.behind().write(row(Kind.UPDATE, Table.NOTE, 0)).all()),
        new Way("attached, " + SET_ASIDE, Script.quarantined().all()),
        new Way("attached, an edit without its parent", Script.orphaned().all()),
        new Way("seeding, a refused row", Script.refusedSeed().all()),
        new Way(
            "push prepared",
            Script.dirty().dying(Operation.PUSH, "FREEZE").call(Operation.ATTACH).all()),
        new Way(
            "push prepared, seeding",
            Script.seeding().dying(Operation.PUSH, "FREEZE").call(Operation.ATTACH).all()),
        new Way(
            "push prepared, " + SET_ASIDE,
            Script.quarantined()
                .write(row(Kind.UPSERT, Table.MEASURE, 3))
                .dying(Operation.PUSH, "FREEZE")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "push committed",
            Script.dirty().dying(Operation.PUSH, "ACK").call(Operation.ATTACH).all()),
        new Way(
            "push committed, " + SET_ASIDE,
            Script.quarantined()
                .write(row(Kind.UPSERT, Table.MEASURE, 3))
                .dying(Operation.PUSH, "ACK")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "rebuild required",
            Script.synced().dying(Operation.REBUILD, "REBUILD_BEGIN").call(Operation.ATTACH).all()),
        new Way(
            "rebuild required, dirty",
            Script.synced()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .write(row(Kind.UPDATE, Table.NOTE, 0))
                .all()),
        new Way(
            "rebuild required, prepared",
            Script.synced()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .write(row(Kind.UPDATE, Table.NOTE, 0))
                .dying(Operation.SYNC, "FREEZE")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "rebuild required, in conflict",
            Script.behind()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .write(row(Kind.UPDATE, Table.NOTE, 0))
                .all()),
        new Way(
            "rebuild required, " + SET_ASIDE,
            Script.quarantined()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .all()),
        new Way(
            "rebuild required, seeding",
            Script.seeding()
                .dying(Operation.REBUILD, "REBUILD_BEGIN")
                .call(Operation.ATTACH)
                .all()),
        new Way("rebuild committed", Script.rebuildCommitted(Script.dirty()).all()),
        new Way(
            "rebuild committed, " + SET_ASIDE,
            Script.rebuildCommitted(Script.quarantined().write(row(Kind.UPSERT, Table.MEASURE, 3)))
                .all()),
        new Way("source recovery, frozen", Script.sourceRecovery(Script.dirty()).all()),
        new Way(
            "source recovery, " + SET_ASIDE,
            Script.sourceRecovery(Script.quarantined().write(row(Kind.UPSERT, Table.MEASURE, 3)))
                .all()),
        new Way("closed", Script.synced().call(Operation.CLOSE).all()));
  }

  private static List<Asked> asked() {
    return List.of(
        new Asked(
            "asked what changes nothing",
            Script.steps()
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
        new Asked("pushed", Script.steps().call(Operation.PUSH).all()),
        new Asked(
            "pulled and rebuilt",
            Script.steps().call(Operation.PULL).call(Operation.REBUILD).all()),
        new Asked("synced and detached", Script.steps().call(Operation.SYNC_THEN_DETACH).all()),
        new Asked(
            "detached and back",
            Script.steps().call(Operation.DETACH).call(Operation.ATTACH).all()),
        new Asked(
            "uninstalled and closed",
            Script.steps()
                .call(Operation.UNINSTALL)
                .call(Operation.CLOSE)
                .call(Operation.CLOSE)
                .all()),
        new Asked(
            "retired",
            Script.steps()
                .then(new Command.Disturb(Disturbance.RETIRE_SOURCE_NAMING))
                .call(Operation.PUSH)
                .call(Operation.REBUILD)
                .all()),
        new Asked(
            "pruned",
            Script.steps()
                .then(new Command.Disturb(Disturbance.PRUNE_ALL))
                .call(Operation.PULL)
                .call(Operation.SYNC)
                .all()),
        new Asked(
            "used by another client",
            Script.steps()
                .then(new Command.Disturb(Disturbance.OTHER_CLIENT))
                .call(Operation.ATTACH)
                .call(Operation.SYNC)
                .all()),
        new Asked(
            "late",
            Script.steps()
                .then(new Command.AdvanceClock(OUTLIVES_LEASES))
                .call(Operation.SYNC)
                .call(Operation.ATTACH)
                .all()));
  }

  private static List<Asked> askedAboutRowsSetAside() {
    return List.of(
        new Asked(
            "told to try again",
            Script.steps().call(Operation.RETRY_QUARANTINED).call(Operation.PUSH).all()),
        new Asked(
            "told to give up",
            Script.steps().call(Operation.DISCARD_QUARANTINED).call(Operation.SYNC).all()));
  }
}
