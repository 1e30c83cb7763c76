package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.simulator.coverage.Coverage;
import dev.oversqlite4j.simulator.coverage.Recorder;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.Folders;
import dev.oversqlite4j.simulator.world.LivenessException;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunCounts;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.SimulatedApp;
import dev.oversqlite4j.simulator.world.Witnesses;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Runs one plan in a world of its own under the eyes of the oracle. Thread-safe. */
public final class Simulation {

  private final SimulatedApp app;
  private final Parts parts;
  private final Tracing tracing;

  /** Of the built-in app. */
  public Simulation(Parts parts, Tracing tracing) {
    this(Business.APP, parts, tracing);
  }

  /** Of an app. */
  public Simulation(SimulatedApp app, Parts parts, Tracing tracing) {
    this.app = app;
    this.parts = parts;
    this.tracing = tracing;
  }

  /** What came of a run. */
  public record Result(
      Optional<Failure> failure,
      RunCounts counts,
      Coverage coverage,
      String traceHash,
      List<String> timeline) {}

  /** How a run failed; each class has its exit code. */
  public sealed interface Failure {
    int exitCode();

    String describe();

    int property();

    /** The error of the client that shows it. */
    Optional<Throwable> cause();

    /** Something happened that must never happen. */
    record Safety(Violation violation, Optional<Throwable> cause) implements Failure {
      @Override
      public int exitCode() {
        return 1;
      }

      @Override
      public String describe() {
        return violation + cause.map(c -> " (" + c + ")").orElse("");
      }

      @Override
      public int property() {
        return violation.property();
      }
    }

    /** Something that must happen does not. */
    record Liveness(String what, Optional<Throwable> cause) implements Failure {
      @Override
      public int exitCode() {
        return 2;
      }

      @Override
      public String describe() {
        return "property 40: " + what + cause.map(c -> " (" + c + ")").orElse("");
      }

      @Override
      public int property() {
        return 40;
      }
    }
  }

  /**
   * Runs a plan.
   *
   * @throws dev.oversqlite4j.simulator.plan.InvalidPlanException if it is a plan of another app
   */
  public Result run(Plan plan) {
    return run(plan, RunListener.NOBODY);
  }

  /** Runs a plan under the eyes of a listener, too. */
  public Result run(Plan plan, RunListener listener) {
    Path folder = Folders.createInMemory();
    try {
      return runIn(plan, listener, folder);
    } finally {
      Folders.delete(folder);
    }
  }

  /** Runs a plan and leaves the devices' files in {@code folder}. */
  public Result runIn(Plan plan, RunListener listener, Path folder) {
    Oracle[] oracle = new Oracle[1];
    Recorder recorder = new Recorder();
    try (World world =
        new World(
            app,
            plan,
            folder,
            parts,
            tracing,
            server ->
                new Witnesses(
                    List.of(
                        recorder,
                        // What has a number of its own is said before what follows from it.
                        new AnswerChecks(),
                        new CallChecks(),
                        new RowChecks(server),
                        new ReturnChecks(),
                        new WireChecks(app, server),
                        oracle[0] = new Oracle(app, server))))) {
      world.tell(listener);
      Optional<Failure> failure = Optional.empty();
      try {
        world.run();
      } catch (PropertyViolated violated) {
        failure =
            Optional.of(
                new Failure.Safety(violated.violation(), Optional.ofNullable(violated.getCause())));
      } catch (LivenessException stuck) {
        failure =
            Optional.of(
                new Failure.Liveness(stuck.getMessage(), Optional.ofNullable(stuck.getCause())));
      }
      return new Result(
          failure,
          world.counts(oracle[0].ackGapCrashes()),
          recorder.coverage(),
          world.traceHash(),
          world.timeline());
    }
  }
}
