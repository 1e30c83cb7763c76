package dev.oversqlite4j.simulator.planted;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.planted.Result.Evidence;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The planted bugs are found, as {@link PlantedBugsHunt} wrote down. The hunt itself takes minutes;
 * here each bug meets the plan it left.
 */
class PlantedBugsTest {

  private static final int BUGS_MIN = 50;
  private static final int MEDIAN_STEPS_MAX = 8;
  private static final int WEAKNESSES = 44;

  private static final String AGAIN =
      "hunt again: ./mvnw -pl simulator -am test -Dtest=PlantedBugsHunt"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dplanted.write";

  @TestFactory
  Stream<DynamicTest> everyBugIsSeenInItsPlanAndNothingWithoutIt() {
    List<Result> results = Records.read();
    return PlantedBugs.all().stream()
        .map(
            bug ->
                DynamicTest.dynamicTest(
                    bug.name(),
                    () -> {
                      Optional<Evidence> evidence =
                          results.stream()
                              .filter(r -> r.bug().equals(bug.name()))
                              .findFirst()
                              .flatMap(Result::evidence);
                      assertTrue(evidence.isPresent(), AGAIN);
                      Plan plan = Records.plan(bug.name());
                      assertEquals(
                          Optional.of(evidence.get().property()),
                          run(bug.parts(), plan).map(Failure::property),
                          AGAIN);
                      assertEquals(Optional.empty(), run(Parts.REAL, plan).map(Failure::describe));
                    }));
  }

  private static Optional<Failure> run(Parts parts, Plan plan) {
    return new Simulation(parts, Tracing.STATEMENTS).run(plan).failure();
  }

  /** What the tampering itself does, without a bug. */
  @Test
  void tamperedPartsWithoutABugAreTheRealOnes() {
    Parts untouched = new TamperedParts(List.of(), sql -> sql);
    for (Result result : Records.read()) {
      Plan plan = Records.plan(result.bug());
      Simulation.Result real = new Simulation(Parts.REAL, Tracing.CONTENT).run(plan);
      Simulation.Result wrapped = new Simulation(untouched, Tracing.CONTENT).run(plan);
      assertEquals(real.traceHash(), wrapped.traceHash(), result.bug());
    }
  }

  @Test
  void thereAreEnoughAndTheirPlansAreSmall() {
    List<Result> results = Records.read();
    assertEquals(
        PlantedBugs.all().stream().map(PlantedBug::name).toList(),
        results.stream().map(Result::bug).toList(),
        AGAIN);
    assertEquals(results.size(), results.stream().map(Result::bug).distinct().count());
    assertTrue(results.size() >= BUGS_MIN);
    assertTrue(Summary.medianSteps(results) <= MEDIAN_STEPS_MAX, () -> results.toString());
    for (Result result : results) {
      assertTrue(result.evidence().filter(e -> e.seeds() <= Hunt.SEEDS).isPresent(), result::bug);
      assertEquals(
          result.evidence().orElseThrow().steps(),
          Records.plan(result.bug()).steps().size(),
          AGAIN);
    }
  }

  @Test
  void everyWeaknessIsPlantedOrSaidNotToBe() {
    List<String> mentioned =
        new ArrayList<>(PlantedBugs.all().stream().flatMap(b -> b.weakness().stream()).toList());
    assertTrue(mentioned.stream().noneMatch(NotPlanted.REASONS::containsKey));
    mentioned.addAll(NotPlanted.REASONS.keySet());
    assertEquals(
        new TreeSet<>(IntStream.rangeClosed(1, WEAKNESSES).mapToObj(n -> "W-" + n).toList()),
        new TreeSet<>(mentioned));
  }

  @Test
  void theReadmeShowsTheResults() {
    assertEquals(Summary.markdown(Records.read()), Records.inReadme(), AGAIN);
  }
}
