package dev.oversqlite4j.simulator.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The app's second connection holds a transaction open while others go on. */
class SecondWriterTest {

  private static Step call(Operation operation) {
    return Step.of(0, new Command.Call(operation));
  }

  private static Step write(int row, int value, Ending ending, OptionalInt heldOpen) {
    return Step.of(
        0,
        new Command.Write(
            List.of(new RowWrite(Kind.UPSERT, Table.MEASURE, row, value)), ending, heldOpen));
  }

  private static Plan plan(Step... steps) {
    return new Plan(Plan.VERSION, 1, 0, 1, List.of("ada"), List.of(steps), Optional.empty());
  }

  private static Plan held(int seams, Ending ending, List<Fault> faultsOfTheSync) {
    return plan(
        call(Operation.ATTACH),
        write(0, 1, Ending.COMMIT, OptionalInt.empty()),
        write(0, 2, ending, OptionalInt.of(seams)),
        new Step(
            0,
            new Command.Call(Operation.SYNC),
            faultsOfTheSync,
            AfterCrash.RETRY,
            Optional.empty()),
        write(0, 3, Ending.COMMIT, OptionalInt.empty()));
  }

  private static Simulation.Result holds(Plan plan) {
    assertEquals(plan, PlanJson.read(PlanJson.write(plan)));
    Simulation.Result result = new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
    assertTrue(
        result.failure().isEmpty(),
        () ->
            result.failure().get().describe()
                + "\n"
                + PlanJson.write(plan)
                + String.join("\n", result.timeline()));
    return result;
  }

  private static int line(Simulation.Result result, String part) {
    for (int i = 0; i < result.timeline().size(); i++) {
      if (result.timeline().get(i).contains(part)) {
        return i;
      }
    }
    throw new AssertionError(part + " is not in\n" + String.join("\n", result.timeline()));
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void theClientWaitsForTheTransactionAndGoesOn(Ending ending) {
    Simulation.Result result = holds(held(100, ending, List.of()));
    assertEquals(1, result.counts().faults().get("app heldOpen"), result.counts()::toString);
    assertTrue(line(result, "holds a transaction open") < line(result, "SYNC →"));
    assertTrue(result.timeline().stream().noneMatch(told -> told.contains("Busy")));
    assertEquals(
        ending == Ending.COMMIT,
        result.timeline().stream().anyMatch(told -> told.contains("measure 0 w2")));
  }

  @Test
  void whoeverWaitsTooLongIsToldSoAndTriesAgain() {
    Simulation.Result result = holds(held(5_000, Ending.COMMIT, List.of()));
    assertEquals(
        1, result.counts().faults().get("disk DatabaseBusyException"), result.counts()::toString);
    assertTrue(line(result, "DatabaseBusyException") < line(result, "measure 0 w2"));
  }

  @Test
  void theOtherConnectionIsToldToo() {
    Simulation.Result result =
        holds(
            plan(
                write(0, 1, Ending.COMMIT, OptionalInt.of(5_000)),
                write(1, 2, Ending.COMMIT, OptionalInt.empty())));
    assertEquals(1, result.counts().faults().get("disk SQLITE_BUSY"), result.counts()::toString);
    assertTrue(line(result, "measure 0 w1") < line(result, "measure 1 w2"));
  }

  @Test
  void aProcessThatDiesTakesTheTransactionAlong() {
    for (int seam = 1; seam < 30; seam++) {
      Simulation.Result result =
          holds(held(5_000, Ending.COMMIT, List.of(new Fault.CrashAtSeam(seam))));
      assertEquals(1, result.counts().crashes());
      assertTrue(
          result.timeline().stream().noneMatch(told -> told.contains("measure 0 w2")),
          () -> String.join("\n", result.timeline()));
    }
  }

  @Test
  void aProcessThatIsClosedTakesItAlongWithoutACrash() {
    Simulation.Result result =
        holds(
            plan(
                call(Operation.ATTACH),
                write(0, 1, Ending.COMMIT, OptionalInt.of(5_000)),
                Step.of(0, new Command.Restart()),
                call(Operation.SYNC)));
    assertEquals(0, result.counts().crashes());
    assertTrue(result.timeline().stream().noneMatch(told -> told.contains("measure 0 w1")));
  }
}
