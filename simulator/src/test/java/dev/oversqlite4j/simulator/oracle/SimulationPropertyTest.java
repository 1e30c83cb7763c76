package dev.oversqlite4j.simulator.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanArbitraries;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** The oracle's properties over plans that jqwik makes up, and the determinism of a run. */
class SimulationPropertyTest {

  @Provide
  Arbitrary<Plan> plans() {
    return PlanArbitraries.plans();
  }

  @Property(tries = 60, seed = "20261121", shrinking = ShrinkingMode.FULL)
  void whateverAPlanDoesNothingIsLostAndEverythingSettles(@ForAll("plans") Plan plan) {
    Simulation.Result result = new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
    assertTrue(
        result.failure().isEmpty(),
        () -> result.failure().get().describe() + "\n" + PlanJson.write(plan));
  }

  @Property(tries = 8, seed = "4711", shrinking = ShrinkingMode.OFF)
  void theSamePlanLeavesTheSameTrace(@ForAll long seed) {
    Plan plan = new PlanGenerator().generate(seed, Profile.DEFAULT);
    Simulation simulation = new Simulation(Parts.REAL, Tracing.CONTENT);
    Simulation.Result first = simulation.run(plan);
    Simulation.Result second = simulation.run(plan);
    assertEquals(first.traceHash(), second.traceHash());
    assertEquals(first.timeline(), second.timeline());
  }
}
