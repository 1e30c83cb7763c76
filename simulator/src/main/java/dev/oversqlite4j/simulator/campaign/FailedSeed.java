package dev.oversqlite4j.simulator.campaign;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Plan;

/**
 * A seed that failed.
 *
 * @param seed the seed
 * @param plan what it makes
 * @param finding how it failed
 */
public record FailedSeed(long seed, Plan plan, Finding finding) {

  /** How a seed failed. */
  public sealed interface Finding {

    /** The exit code of this class of failures. */
    int exitCode();

    /** What happened, on one line. */
    String describe();

    /** The oracle saw it. */
    record Violated(Simulation.Failure failure) implements Finding {
      @Override
      public int exitCode() {
        return failure.exitCode();
      }

      @Override
      public String describe() {
        return failure.describe();
      }
    }

    /** Two runs of the same plan were not the same run. */
    record Nondeterministic(String firstDifference) implements Finding {
      @Override
      public int exitCode() {
        return 3;
      }

      @Override
      public String describe() {
        return "two runs of the same plan differ: " + firstDifference;
      }
    }
  }
}
