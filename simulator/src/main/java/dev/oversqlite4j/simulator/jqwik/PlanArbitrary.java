package dev.oversqlite4j.simulator.jqwik;

import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlannedTable;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * Plans of an app that attaches, writes on one connection or on two, migrates if it can, and syncs
 * on some devices of one user while processes die and messages get lost. They shrink to fewer
 * steps, rows and faults with smaller numbers. {@code Simulator.Builder#plan(Plan)} runs one.
 */
public final class PlanArbitrary {

  private static final int STEPS_MAX = 30;
  private static final int ROWS_MAX = 4;
  private static final int LAST_ROW = 5;
  private static final int SEAM_MAX = 120;
  private static final int REQUEST_MAX = 8;
  private static final double SECOND_WRITES = 0.25;
  // More seams than anybody waits for a lock.
  private static final int HELD_OPEN_MAX = 2_000;

  private PlanArbitrary() {}

  /**
   * Plans for an app.
   *
   * @param tables as {@code Simulator.Builder#plannedTables()} says
   * @param devices how many, 1 to {@value Plan#MAX_DEVICES}
   */
  public static Arbitrary<Plan> of(List<PlannedTable> tables, int devices) {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1_000),
            Arbitraries.of(0, 2, 10, 30),
            steps(tables, devices).list().ofMaxSize(STEPS_MAX))
        .as(
            (schedule, switchPercent, steps) ->
                new Plan(
                    Plan.VERSION,
                    schedule,
                    switchPercent,
                    devices,
                    Collections.nCopies(devices, "ada"),
                    numbered(steps),
                    Optional.empty()));
  }

  private static Arbitrary<Step> steps(List<PlannedTable> tables, int devices) {
    return Combinators.combine(
            Arbitraries.integers().between(0, devices - 1),
            commands(tables),
            faults().list().ofMaxSize(2))
        .as(
            (device, command, faults) ->
                new Step(device, command, faults, AfterCrash.RETRY, Optional.empty()));
  }

  private static Arbitrary<Command> commands(List<PlannedTable> tables) {
    Arbitrary<Command> calls =
        Arbitraries.of(
                Operation.ATTACH, Operation.SYNC, Operation.PUSH, Operation.PULL, Operation.DETACH)
            .map(Command.Call::new);
    Arbitrary<Command> writes =
        Combinators.combine(
                rows(tables).list().ofMinSize(1).ofMaxSize(ROWS_MAX),
                Arbitraries.of(Ending.class),
                heldOpen())
            .as(Command.Write::new);
    // Nothing happens in an app without migrations.
    Arbitrary<Command> migrations =
        Arbitraries.create(() -> new Command.Disturb(Disturbance.ADD_COLUMN));
    return Arbitraries.oneOf(
        calls, calls, writes, writes, Arbitraries.create(Command.Restart::new), migrations);
  }

  /** One write of four is the second connection's; shrinking makes it the first one's. */
  private static Arbitrary<OptionalInt> heldOpen() {
    return Arbitraries.integers()
        .between(0, HELD_OPEN_MAX)
        .optional(SECOND_WRITES)
        .map(seams -> seams.map(OptionalInt::of).orElse(OptionalInt.empty()));
  }

  private static Arbitrary<RowWrite> rows(List<PlannedTable> tables) {
    return Combinators.combine(
            Arbitraries.of(RowWrite.Kind.class),
            Arbitraries.of(tables),
            Arbitraries.integers().between(0, LAST_ROW))
        .as(
            (kind, table, row) ->
                // Deleting a parent could delete rows that no plan names.
                kind == RowWrite.Kind.DELETE && table.place() == PlannedTable.Place.PARENT
                    ? new RowWrite(RowWrite.Kind.UPSERT, table.name(), row, 0)
                    : new RowWrite(kind, table.name(), row, 0));
  }

  private static Arbitrary<Fault> faults() {
    Arbitrary<Integer> requests = Arbitraries.integers().between(1, REQUEST_MAX);
    Arbitrary<Fault> seams =
        Arbitraries.integers().between(1, SEAM_MAX).map(Fault.CrashAtSeam::new);
    return Arbitraries.oneOf(
        seams,
        requests.map(Fault.CrashAtAnswer::new),
        requests.map(Fault.LoseRequest::new),
        requests.map(Fault.LoseResponse::new));
  }

  /** Every write has a value of its own, which names it wherever it is found later. */
  private static List<Step> numbered(List<Step> steps) {
    List<Step> numbered = new ArrayList<>();
    int value = 0;
    for (Step step : steps) {
      if (step.command() instanceof Command.Write write) {
        List<RowWrite> rows = new ArrayList<>();
        for (RowWrite row : write.rows()) {
          rows.add(new RowWrite(row.kind(), row.table(), row.row(), ++value));
        }
        numbered.add(step.withCommand(write.withRows(rows)));
      } else {
        numbered.add(step);
      }
    }
    return numbered;
  }
}
