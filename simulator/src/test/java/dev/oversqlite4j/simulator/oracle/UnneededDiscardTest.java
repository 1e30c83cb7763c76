package dev.oversqlite4j.simulator.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * W-15, what the oracle cannot see: rows discarded by a remote replace are in the audit and so not
 * lost, but here there is nothing to replace them with.
 */
class UnneededDiscardTest {

  @Test
  void w15AnAccountThatWeInitialisedUnansweredIsStillOurs() throws Exception {
    Simulation.Result result = run("w-15-lost-initialize-empty");

    assertEquals(
        List.of("TransientRetryExhaustedException", "STARTED_EMPTY", "RESUMED_ATTACHED_STATE"),
        attaches(result, 0));
    assertTrue(result.failure().isEmpty());
  }

  @Test
  void w24ASeedThatIsReplayedLeavesNoLeaseBehind() throws Exception {
    Simulation.Result result = run("w-24-crash-after-the-seed-replay");

    assertTrue(
        result.timeline().stream().noneMatch(line -> line.contains("InitializationLeaseInvalid")),
        () -> String.join("\n", result.timeline()));
    assertTrue(result.failure().isEmpty());
  }

  /** Property 52, what the oracle does not ask: who seeded. */
  @Test
  void property52OneOfTwoFirstSeedsWins() throws Exception {
    Simulation.Result result = run("property-52-two-first-seeds");

    assertEquals(List.of("SEEDED_FROM_LOCAL", "RESUMED_ATTACHED_STATE"), attaches(result, 0));
    assertEquals(
        List.of("RetryLater", "USED_REMOTE_STATE", "RESUMED_ATTACHED_STATE"), attaches(result, 1));
    assertTrue(result.failure().isEmpty());
  }

  private static List<String> attaches(Simulation.Result result, int device) {
    return result.timeline().stream()
        .filter(line -> line.contains("device " + device + ": ATTACH →"))
        .map(line -> line.replaceAll(".*ATTACH → (Connected\\[outcome=)?(\\w+).*", "$2"))
        .toList();
  }

  private static Simulation.Result run(String name) throws Exception {
    Plan plan =
        PlanJson.read(
            Path.of(UnneededDiscardTest.class.getResource("/plans/" + name + ".json").toURI()));
    return new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
  }
}
