package dev.oversqlite4j.simulator;

import dev.oversqlite4j.simulator.plan.Plan;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What came of a simulation.
 *
 * @param runs how many plans were run before the failure was made smaller
 * @param operations how many calls of the client that did something, and transactions of the app
 * @param crashes how many processes died
 * @param networkFaults how many requests or answers were lost
 * @param failure the first one
 */
public record SimulationReport(
    long runs, long operations, long crashes, long networkFaults, Optional<Failure> failure) {

  /**
   * A failure, made as small as it could be.
   *
   * @param property the number of the property in the protocol's client specification, 0 for an
   *     invariant of the app
   * @param message what does not hold
   * @param plan what to do to see it
   * @param file the plan as JSON
   * @param replay the line that shows it again
   */
  public record Failure(int property, String message, Plan plan, Path file, String replay) {

    @Override
    public String toString() {
      return message
          + System.lineSeparator()
          + "A plan of "
          + plan.steps().size()
          + " steps shows it: "
          + file
          + System.lineSeparator()
          + "  "
          + replay;
    }
  }

  /**
   * The report itself.
   *
   * @throws AssertionError telling the failure, if there is one
   */
  public SimulationReport orThrow() {
    if (failure.isPresent()) {
      throw new AssertionError(failure.get().toString());
    }
    return this;
  }
}
