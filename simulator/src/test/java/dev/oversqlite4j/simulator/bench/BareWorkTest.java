package dev.oversqlite4j.simulator.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.bench.RecordedWork.Exchanged;
import dev.oversqlite4j.simulator.bench.RecordedWork.Executed;
import dev.oversqlite4j.simulator.bench.RecordedWork.Item;
import dev.oversqlite4j.simulator.bench.RecordedWork.Started;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BareWorkTest {

  private static Plan plan(long seed) {
    return new PlanGenerator().generate(seed, Profile.CRASHES_ONLY);
  }

  private static List<Item> recorded(Plan plan) {
    RecordedWork work = new RecordedWork();
    new Simulation(work, Tracing.CONTENT).run(plan, work);
    return work.items();
  }

  @Test
  void recordingChangesNothing() {
    RecordedWork work = new RecordedWork();

    assertEquals(
        new Simulation(Parts.REAL, Tracing.CONTENT).run(plan(1)).traceHash(),
        new Simulation(work, Tracing.CONTENT).run(plan(1), work).traceHash());
  }

  @Test
  void processesStatementsAndRequestsAreRecorded() {
    List<Item> items = recorded(plan(1));

    assertTrue(items.get(0) instanceof Started);
    assertTrue(items.stream().filter(item -> item instanceof Started).count() > 2);
    assertTrue(items.stream().anyMatch(item -> item instanceof Executed e && !e.binds().isEmpty()));
    assertTrue(
        items.stream()
            .anyMatch(item -> item instanceof Executed e && e.sql().startsWith("INSERT INTO ")));
    assertTrue(
        items.stream()
            .filter(item -> item instanceof Exchanged)
            .map(item -> (Exchanged) item)
            .allMatch(e -> e.request().length > 0));
  }

  /** Work that fails is not the work that was recorded. */
  @Test
  void nearlyEveryStatementWorksOnABareDevice() {
    BareDevice.Tally tally =
        LongStream.rangeClosed(1, 10)
            .mapToObj(BareWorkTest::plan)
            .map(plan -> SimulatedCalls.replay(recorded(plan), plan.devices()))
            .reduce(new BareDevice.Tally(0, 0), BareDevice.Tally::plus);

    assertTrue(tally.executed() > 10_000, tally.toString());
    assertTrue(tally.failed() * 100 < tally.executed(), tally.toString());
  }

  @Test
  void theMiddleIsTheMedian() {
    assertEquals(new Measured.Ratio(1, 2, 9), Measured.Ratio.of(List.of(9.0, 1.0, 2.0)));
    assertEquals(new Measured.Ratio(1, 1.5, 2), Measured.Ratio.of(List.of(2.0, 1.0)));
    assertTrue(new Measured("it", new Measured.Ratio(1, 2, 9), 2).meets());
    assertFalse(new Measured("it", new Measured.Ratio(1, 2.5, 9), 2).meets());
  }
}
