package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Collects the steps of a plan made by hand, and knows how the usual ones begin. Values are
 * numbered when the plan is made. Not thread-safe.
 *
 * <p>The first device is led, the second one helps; both have the same user.
 */
final class Script {

  private static final int LED = 0;
  private static final int HELPER = 1;
  private static final int FORBIDDEN = 403;

  private final List<Step> steps = new ArrayList<>();

  private Script() {}

  // --- Beginnings ------------------------------------------------------------------------------

  /** Nothing yet. */
  static Script steps() {
    return new Script();
  }

  static Script synced() {
    return steps()
        .call(Operation.OPEN)
        .call(Operation.ATTACH)
        .write(row(Kind.INSERT, Table.PERSON, 0), row(Kind.INSERT, Table.NOTE, 0))
        .call(Operation.SYNC);
  }

  static Script dirty() {
    return synced().write(row(Kind.UPDATE, Table.NOTE, 0), row(Kind.INSERT, Table.NOTE, 1));
  }

  static Script seeding() {
    return steps()
        .call(Operation.OPEN)
        .write(row(Kind.INSERT, Table.NOTE, 0))
        .call(Operation.ATTACH);
  }

  static Script behind() {
    return synced()
        .helper(Operation.OPEN)
        .helper(Operation.ATTACH)
        .helper(row(Kind.UPDATE, Table.NOTE, 0), row(Kind.INSERT, Table.NOTE, 2))
        .helper(Operation.SYNC);
  }

  static Script refusedSeed() {
    return steps()
        .call(Operation.OPEN)
        .write(
            row(Kind.INSERT, Table.MEASURE, RowWrite.REFUSED_ROW),
            row(Kind.INSERT, Table.MEASURE, 1))
        .call(Operation.ATTACH);
  }

  /** The server refuses notes whose person the helper has deleted meanwhile. */
  static Script orphaned() {
    return synced()
        .helper(Operation.OPEN)
        .helper(Operation.ATTACH)
        .helper(row(Kind.DELETE, Table.PERSON, 0))
        .helper(Operation.SYNC)
        .write(row(Kind.INSERT, Table.NOTE, 2), row(Kind.INSERT, Table.NOTE, 3));
  }

  static Script replacing(String dyingAfter) {
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
  static Script quarantined() {
    return synced()
        .write(
            row(Kind.INSERT, Table.MEASURE, RowWrite.REFUSED_ROW),
            row(Kind.INSERT, Table.MEASURE, 1))
        .call(Operation.PUSH);
  }

  static Script rebuildCommitted(Script dirty) {
    return dirty
        .dying(Operation.PUSH, "ACK")
        .call(Operation.ATTACH)
        .then(new Command.Disturb(Disturbance.PRUNE_ALL))
        .dying(Operation.PUSH, "REPLAY_PRUNED")
        .call(Operation.ATTACH);
  }

  static Script sourceRecovery(Script dirty) {
    return dirty.then(new Command.Disturb(Disturbance.RETIRE_SOURCE)).call(Operation.PUSH);
  }

  static RowWrite row(Kind kind, String table, int row) {
    return new RowWrite(kind, table, row, 0);
  }

  // --- Steps -----------------------------------------------------------------------------------

  /** A call of the led device. */
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

  Script disturb(Disturbance what) {
    return then(new Command.Disturb(what));
  }

  Script then(Command command) {
    steps.add(Step.of(LED, command));
    return this;
  }

  /** The process dies when the transition is on disk; what the next one does is the next step. */
  Script dying(Operation operation, String transition) {
    return faulty(operation, new Fault.CrashAfter(transition));
  }

  /** A gateway refuses one request of the call, and the server never sees it. */
  Script refused(Operation operation, int request) {
    return faulty(operation, new Fault.Answer(request, FORBIDDEN, 0, Fault.Answer.Effect.NONE));
  }

  Script faulty(Operation operation, Fault fault) {
    steps.add(
        new Step(
            LED,
            new Command.Call(operation),
            List.of(fault),
            AfterCrash.DO_NOTHING,
            Optional.empty()));
    return this;
  }

  /** Happens in the middle of the call before it. */
  Script during(String seam, Command command) {
    steps.add(new Step(LED, command, List.of(), AfterCrash.RETRY, Optional.of(seam)));
    return this;
  }

  List<Step> all() {
    return List.copyOf(steps);
  }
}
