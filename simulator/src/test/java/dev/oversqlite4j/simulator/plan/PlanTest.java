package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlanTest {

  private static final Command SYNC = new Command.Call(Operation.SYNC);

  @Test
  void faultsStandInOneOrder() {
    Step step =
        step(
            new Fault.LoseResponse(2),
            new Fault.CrashAtAnswer(4),
            new Fault.LoseRequest(3),
            new Fault.CrashAtSeam(9),
            new Fault.LoseRequest(1),
            new Fault.LoseResponse(2));
    assertEquals(
        List.of(
            new Fault.CrashAtAnswer(4),
            new Fault.CrashAtSeam(9),
            new Fault.LoseRequest(1),
            new Fault.LoseRequest(3),
            new Fault.LoseResponse(2)),
        step.faults());
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    assertThrows(InvalidPlanException.class, () -> plan(2, 0, 1, List.of("ada"), List.of()));
    assertThrows(InvalidPlanException.class, () -> plan(1, -1, 1, List.of("ada"), List.of()));
    assertThrows(InvalidPlanException.class, () -> plan(1, 0, 0, List.of(), List.of()));
    assertThrows(InvalidPlanException.class, () -> plan(1, 0, 2, List.of("ada"), List.of()));
    assertThrows(
        InvalidPlanException.class, () -> plan(1, 0, 1, List.of("ada"), List.of(Step.of(1, SYNC))));
    Plan two = plan(1, 0, 2, List.of("ada", "ada"), List.of());
    assertThrows(
        InvalidPlanException.class, () -> two.withResolvers(List.of(ResolverChoice.MERGE)));
    assertThrows(InvalidPlanException.class, () -> Step.of(-1, SYNC));
    assertThrows(InvalidPlanException.class, () -> new Command.Write(List.of(), Ending.COMMIT));
    assertThrows(InvalidPlanException.class, () -> new Command.AdvanceClock(0));
    assertThrows(InvalidPlanException.class, () -> new Fault.CrashAtSeam(0));
    assertThrows(
        InvalidPlanException.class,
        () -> new RowWrite(RowWrite.Kind.INSERT, Table.NOTE, RowWrite.MAX_ROW + 1, 0));
  }

  private static Step step(Fault... faults) {
    return new Step(0, SYNC, List.of(faults), AfterCrash.RETRY, Optional.empty());
  }

  private static Plan plan(
      int version, int switchPercent, int devices, List<String> users, List<Step> steps) {
    return new Plan(version, 7, switchPercent, devices, users, steps, Optional.empty());
  }
}
