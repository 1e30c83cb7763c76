package dev.oversqlite4j.simulator.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.plan.Words;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The app changes its own tables between two launches (spec 4.9a). */
class MigrationsTest {

  // Coprime to the statements that repeat for each table.
  private static final int STRIDE = 5;
  private static final int SEAMS_MIN = 50;

  private static Step call(int device, Operation operation) {
    return Step.of(device, new Command.Call(operation));
  }

  private static Step write(int device, RowWrite... rows) {
    return Step.of(device, new Command.Write(List.of(rows), Ending.COMMIT));
  }

  private static RowWrite row(Kind kind, String table, int row, int value) {
    return new RowWrite(kind, table, row, value);
  }

  private static Step dying(int device, Operation operation, String after) {
    return dying(device, operation, after, AfterCrash.MOVE_ON);
  }

  /** What follows finds the process started and nothing else done. */
  private static Step dead(int device, Operation operation, String after) {
    return dying(device, operation, after, AfterCrash.DO_NOTHING);
  }

  private static Step dying(int device, Operation operation, String after, AfterCrash then) {
    return new Step(
        device,
        new Command.Call(operation),
        List.of(new Fault.CrashAfter(after)),
        then,
        Optional.empty());
  }

  /**
   * Two devices of one user that sync, edit, and stop in the middle of a push; a third one that
   * waits for the rows of an account in place of its own.
   */
  private static List<Step> life() {
    return List.of(
        call(0, Operation.OPEN),
        write(
            0,
            row(Kind.INSERT, Table.PERSON, 0, 1),
            row(Kind.INSERT, Table.NOTE, 0, 2),
            row(Kind.INSERT, Table.MEASURE, 0, 3),
            row(Kind.INSERT, Table.MEASURE, 1, 4)),
        call(0, Operation.ATTACH),
        call(0, Operation.SYNC),
        call(1, Operation.ATTACH),
        write(1, row(Kind.UPDATE, Table.NOTE, 0, 5), row(Kind.INSERT, Table.MEASURE, 2, 6)),
        call(1, Operation.SYNC),
        write(0, row(Kind.UPDATE, Table.NOTE, 0, 7), row(Kind.DELETE, Table.MEASURE, 1, 8)),
        dying(0, Operation.PUSH, "FREEZE"),
        write(0, row(Kind.UPDATE, Table.MEASURE, 0, 9)),
        dying(0, Operation.SYNC, "ACK"),
        call(0, Operation.SYNC),
        write(2, row(Kind.INSERT, Table.NOTE, 3, 10), row(Kind.INSERT, Table.MEASURE, 3, 11)),
        call(2, Operation.OPEN),
        dead(2, Operation.ATTACH, "CONNECT_REMOTE_AUTH"),
        dead(2, Operation.ATTACH, "STAGE_DONE"),
        call(2, Operation.DETACH),
        call(2, Operation.ATTACH),
        call(2, Operation.SYNC));
  }

  private static Plan plan(int devices, List<Step> steps) {
    return new Plan(
        Plan.VERSION, 1, 0, devices, Collections.nCopies(devices, "ada"), steps, Optional.empty());
  }

  /** With the change as the step before this one. */
  private static Plan changing(int before, Disturbance what, List<Fault> faults) {
    List<Step> steps = new ArrayList<>(life());
    int device = before == steps.size() ? 0 : steps.get(before).device();
    steps.add(
        before,
        new Step(device, new Command.Disturb(what), faults, AfterCrash.RETRY, Optional.empty()));
    return plan(3, steps);
  }

  private static Map<String, Long> holds(Plan plan) {
    Simulation.Result result = new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
    assertTrue(
        result.failure().isEmpty(),
        () -> result.failure().get().describe() + "\n" + PlanJson.write(plan));
    Map<String, Long> counted = new TreeMap<>(result.counts().faults());
    counted.put("crashes", result.counts().crashes());
    return counted;
  }

  @ParameterizedTest
  @EnumSource(
      value = Disturbance.class,
      names = {"ADD_COLUMN", "ADD_INDEX", "RECREATE_TABLES", "DROP_TRIGGERS"},
      mode = Mode.INCLUDE)
  void anAppMayChangeItsTablesInEveryState(Disturbance what) {
    long changed = 0;
    for (int before = 0; before <= life().size(); before++) {
      changed +=
          holds(changing(before, what, List.of())).getOrDefault("schema " + Words.of(what), 0L);
    }
    // Before the first open() there are no triggers to be dropped, on any of the devices.
    int nothingToDo = what == Disturbance.DROP_TRIGGERS ? 4 : 0;
    assertEquals(life().size() + 1 - nothingToDo, changed);
  }

  @ParameterizedTest
  @EnumSource(
      value = Disturbance.class,
      names = {"ADD_COLUMN", "ADD_INDEX", "RECREATE_TABLES", "DROP_TRIGGERS"},
      mode = Mode.INCLUDE)
  void aProcessMayDieAnywhereInAMigration(Disturbance what) {
    List<Step> steps = new ArrayList<>(life().subList(0, 4));
    steps.add(write(0, row(Kind.UPDATE, Table.NOTE, 0, 7), row(Kind.INSERT, Table.NOTE, 1, 8)));
    int seam = 1;
    while (true) {
      List<Step> all = new ArrayList<>(steps);
      all.add(
          new Step(
              0,
              new Command.Disturb(what),
              List.of(new Fault.CrashAtSeam(seam)),
              AfterCrash.RETRY,
              Optional.empty()));
      if (holds(plan(1, all)).get("crashes") == 0) {
        break;
      }
      seam += STRIDE;
    }
    assertTrue(seam > SEAMS_MIN, "seams: " + seam);
  }
}
