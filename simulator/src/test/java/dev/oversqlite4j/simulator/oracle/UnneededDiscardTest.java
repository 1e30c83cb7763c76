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
  void anAccountThatWeInitialisedUnansweredIsStillOurs() throws Exception {
    Simulation.Result result = run("w-15-lost-initialize-empty");

    List<String> attaches =
        result.timeline().stream()
            .filter(line -> line.contains("ATTACH →"))
            .map(line -> line.replaceAll(".*ATTACH → (Connected\\[outcome=)?(\\w+).*", "$2"))
            .toList();
    assertEquals(
        List.of("TransientRetryExhaustedException", "STARTED_EMPTY", "RESUMED_ATTACHED_STATE"),
        attaches);
    assertTrue(result.failure().isEmpty());
  }

  @Test
  void aSeedThatIsReplayedLeavesNoLeaseBehind() throws Exception {
    Simulation.Result result = run("w-24-crash-after-the-seed-replay");

    assertTrue(
        result.timeline().stream().noneMatch(line -> line.contains("InitializationLeaseInvalid")),
        () -> String.join("\n", result.timeline()));
    assertTrue(result.failure().isEmpty());
  }

  private static Simulation.Result run(String name) throws Exception {
    Plan plan =
        PlanJson.read(
            Path.of(UnneededDiscardTest.class.getResource("/plans/" + name + ".json").toURI()));
    return new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
  }
}
