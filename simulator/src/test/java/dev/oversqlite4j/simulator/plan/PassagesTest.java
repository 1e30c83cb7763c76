package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.coverage.Coverage;
import dev.oversqlite4j.simulator.coverage.Reachable;
import dev.oversqlite4j.simulator.coverage.Sometimes;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Passages.Passage;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PassagesTest {

  @TestFactory
  Stream<DynamicTest> everyPassageTakesWhatItIsNamedAfter() {
    return Passages.ALL.stream()
        .map(passage -> DynamicTest.dynamicTest(passage.name(), () -> takes(passage)));
  }

  private static void takes(Passage passage) {
    Coverage reached = run(plan(passage));

    Set<String> missed = new TreeSet<>(passage.takes());
    missed.removeAll(reached.transitions());
    missed.removeAll(reached.cells());
    assertEquals(Set.of(), missed);
    if (passage.name().contains("set aside")) {
      assertTrue(reached.sometimes().contains(Sometimes.QUARANTINED));
    }
  }

  /** Whoever declares a transition has to think of how a campaign takes it. */
  @Test
  void passagesDirectionsAndExceptionsAreEverything() {
    Coverage reached =
        Stream.concat(
                Passages.ALL.stream().map(PassagesTest::plan),
                IntStream.range(0, Directions.count()).mapToObj(PassagesTest::plan))
            .parallel()
            .map(PassagesTest::run)
            .reduce(Coverage.NONE, Coverage::plus);

    Set<String> taken = new TreeSet<>(reached.transitions());
    taken.addAll(reached.cells());
    Set<String> missed = new TreeSet<>(Reachable.transitions());
    missed.addAll(Reachable.cells());
    missed.removeAll(taken);
    assertEquals(new TreeSet<>(Reachable.exceptions().keySet()), missed);
  }

  private static Plan plan(Passage passage) {
    return plan(passage.steps())
        .withResolvers(List.of(passage.resolver(), ResolverChoice.SERVER_WINS));
  }

  private static Plan plan(int direction) {
    List<Step> steps = new ArrayList<>(Directions.way(direction));
    steps.addAll(Directions.ending(direction));
    return plan(steps);
  }

  private static Plan plan(List<Step> script) {
    List<Step> steps = new ArrayList<>();
    for (Step step : script) {
      steps.add(PlanGenerator.numbered(step, 12 * (1 + steps.size())));
    }
    return new Plan(Plan.VERSION, 0, 0, 2, List.of("ada", "ada"), steps, Optional.empty());
  }

  private static Coverage run(Plan plan) {
    Simulation.Result result = new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
    assertTrue(
        result.failure().isEmpty(),
        () -> result.failure() + "\n" + String.join("\n", result.timeline()));
    return result.coverage();
  }
}
