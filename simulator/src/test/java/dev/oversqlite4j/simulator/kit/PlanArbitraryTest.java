package dev.oversqlite4j.simulator.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.SimulationReport;
import dev.oversqlite4j.simulator.Simulator;
import dev.oversqlite4j.simulator.jqwik.PlanArbitrary;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Shrinkable;

/** Properties of an app over plans of jqwik. */
class PlanArbitraryTest {

  private static final String SCHEMA =
      """
      -- @@{ enableSync=true }
      CREATE TABLE todo (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, rank INTEGER)""";

  private static Simulator.Builder todos() {
    return Simulator.builder().schema("app", SCHEMA).artefacts(Path.of("target", "sim", "jqwik"));
  }

  @Provide
  Arbitrary<Plan> plans() {
    return PlanArbitrary.of(todos().plannedTables(), 2);
  }

  @Property(tries = 15, seed = "1")
  void whatTheOracleChecksHolds(@ForAll("plans") Plan plan) {
    assertEquals(plan, PlanJson.read(PlanJson.write(plan)));
    todos().plan(plan).run().orThrow();
  }

  /** What jqwik does with a plan that breaks a promise: it tries what is smaller. */
  @Property(tries = 1)
  void aPlanShrinksToTheStepThatBreaksAPromise() {
    Random random = new Random(1);
    Shrinkable<Plan> smallest = plans().generator(1_000).next(random);
    while (keepsPromise(smallest.value())) {
      smallest = plans().generator(1_000).next(random);
    }
    for (boolean smaller = true; smaller; ) {
      Shrinkable<Plan> broken =
          smallest.shrink().filter(plan -> !keepsPromise(plan.value())).findFirst().orElse(null);
      smaller = broken != null;
      smallest = smaller ? broken : smallest;
    }
    Plan plan = smallest.value();
    assertEquals(1, plan.steps().size(), () -> PlanJson.write(plan));
    SimulationReport report = broken(plan);
    assertTrue(Files.exists(report.failure().orElseThrow().file()), report::toString);
  }

  private static boolean keepsPromise(Plan plan) {
    return broken(plan).failure().isEmpty();
  }

  private static SimulationReport broken(Plan plan) {
    return todos().invariant("no todo", "SELECT 1 FROM todo").plan(plan).run();
  }
}
