package dev.oversqlite4j.simulator.planted;

import dev.oversqlite4j.simulator.explore.Explorer;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanShrinker;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Scenarios;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Looks for one planted bug the way anybody would look for an unknown one: the seeds that {@code
 * simulate} runs, every scenario of {@code explore} with one crash, and more seeds. What the client
 * without the bug does wrong, too, is not counted.
 */
final class Hunt {

  /** A campaign as it is without options. */
  private static final int CAMPAIGN = 500;

  /** So many seeds have to be enough. */
  static final int SEEDS = 2_000;

  /** Enough for the plan to become as small as it gets. */
  static final int SHRINKING_RUNS = 600;

  private final PlantedBug bug;
  private final long seeds;
  private final int shrinkingRuns;
  private final Simulation planted;
  private final Simulation real = new Simulation(Parts.REAL, Tracing.STATEMENTS);

  Hunt(PlantedBug bug, long seeds, int shrinkingRuns) {
    this.bug = bug;
    this.seeds = seeds;
    this.shrinkingRuns = shrinkingRuns;
    this.planted = new Simulation(bug.parts(), Tracing.STATEMENTS);
  }

  /** Which command found it. */
  enum By {
    SIMULATE,
    EXPLORE
  }

  /**
   * A bug that was found.
   *
   * @param seeds how many seeds were run until then
   * @param plan what is left of the plan that showed it
   */
  record Found(PlantedBug bug, By by, Failure failure, long seeds, Plan plan) {}

  /** Empty if nothing shows it. */
  Optional<Found> search() {
    return simulate(1, Math.min(seeds, CAMPAIGN))
        .or(this::explore)
        .or(() -> simulate(CAMPAIGN + 1L, seeds));
  }

  /** The first of these seeds that shows it. */
  private Optional<Found> simulate(long first, long last) {
    PlanGenerator generator = new PlanGenerator();
    for (long seed = first; seed <= last; seed++) {
      Plan plan = generator.forCampaign(seed, Profile.DEFAULT);
      Optional<Failure> failure = failureOf(plan);
      if (failure.isPresent()) {
        return Optional.of(found(By.SIMULATE, failure.get(), seed, plan));
      }
    }
    return Optional.empty();
  }

  /** The first of the scenarios that shows it. */
  Optional<Found> explore() {
    for (Scenario scenario : Scenarios.all()) {
      for (Explorer.Violated violated :
          new Explorer(bug.parts(), 1).explore(scenario, 1, line -> {}).violations()) {
        Optional<Failure> failure = failureOf(violated.plan());
        if (failure.isPresent()) {
          return Optional.of(found(By.EXPLORE, failure.get(), CAMPAIGN, violated.plan()));
        }
      }
    }
    return Optional.empty();
  }

  private Found found(By by, Failure failure, long seeds, Plan plan) {
    int property = failure.property();
    Plan small = smaller(plan, shorter -> fails(shorter, property));
    if (real.run(small).failure().isPresent()) {
      // On the way it met another defect; asking every time costs half as much again.
      small = smaller(plan, shorter -> fails(shorter, property) && failureOf(shorter).isPresent());
    }
    return new Found(bug, by, failureOf(small).orElseThrow(), seeds, small);
  }

  private Plan smaller(Plan plan, Predicate<Plan> stillFails) {
    return new PlanShrinker().shrink(plan, stillFails, shrinkingRuns);
  }

  private boolean fails(Plan plan, int property) {
    return planted.run(plan).failure().filter(f -> f.property() == property).isPresent();
  }

  /** How a plan fails with the bug, if it holds without it. */
  private Optional<Failure> failureOf(Plan plan) {
    return planted.run(plan).failure().filter(failure -> real.run(plan).failure().isEmpty());
  }
}
