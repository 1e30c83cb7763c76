package dev.oversqlite4j.simulator.oracle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every stored plan, always: each failed once, or would fail without the remedy it is named after,
 * and says so in its {@code why}.
 */
class CorpusTest {

  @TestFactory
  Stream<DynamicTest> everyStoredPlanHolds() throws IOException, URISyntaxException {
    Path folder = Path.of(CorpusTest.class.getResource("/plans").toURI());
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.sorted().toList();
    }
    assertFalse(files.isEmpty(), "the corpus is empty");
    return files.stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> holds(file)));
  }

  private static void holds(Path file) throws IOException {
    Plan plan = PlanJson.read(file);
    assertTrue(plan.why().isPresent(), "a stored plan says why it is here");
    Simulation.Result result = new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
    assertTrue(
        result.failure().isEmpty(),
        () -> result.failure().get().describe() + "\n  " + String.join("\n  ", result.timeline()));
  }
}
