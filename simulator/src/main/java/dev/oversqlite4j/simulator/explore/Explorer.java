package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.Folders;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Crashes a scenario's device at every seam it reaches, and with two crashes at every seam of every
 * recovery that follows the first.
 *
 * <p>Most seams of a transaction leave the same state behind. What follows a crash depends on
 * nothing but that state and the position in the plan, so each distinct one is followed to its end
 * once (architecture, crash model). Which states a run's crashes would leave is read while it goes
 * on; only those that are followed are crashed into.
 */
public final class Explorer {

  private static final int VIOLATIONS_MAX = 5;
  private static final int PROGRESS_EVERY = 20;

  private final Parts parts;
  private final int threads;

  /** On all cores. */
  public Explorer(Parts parts) {
    this(parts, Runtime.getRuntime().availableProcessors());
  }

  /**
   * @param threads how many runs at a time, at least 1; changes nothing but the time
   */
  public Explorer(Parts parts, int threads) {
    this.parts = parts;
    this.threads = threads;
  }

  /**
   * @param points crash points looked at
   * @param distinctStates logical states that crashes there leave behind
   * @param violations what failed, each with its plan
   * @param finalStates what the runs ended in
   */
  public record Explored(
      String scenario,
      int crashes,
      long points,
      long distinctStates,
      List<Violated> violations,
      Set<String> finalStates,
      double seconds) {}

  /** A plan that violates a property. */
  public record Violated(String what, Plan plan) {
    /** The plan as text to store. */
    public String planJson() {
      return PlanJson.write(plan);
    }
  }

  /** Which crashes are followed to the end of the plan. */
  public enum Following {
    /** One for each state that crashes leave. */
    EVERY_STATE,
    /** Every single one, to see that nothing was missed. */
    EVERY_POINT
  }

  /**
   * A seam at which the process could have died.
   *
   * @param step of the plan
   * @param life how often the process had crashed in this step
   * @param seam which seam since then
   * @param crashesBefore how often processes had crashed in the run
   * @param position what in the plan would still be to come
   * @param state what the crash would have left behind
   */
  private record Point(
      int step, int life, int seam, long crashesBefore, String position, String state) {}

  /** A plan, and the last crash that was added to it. */
  private record Attempt(Plan plan, Optional<Point> crash) {}

  /** What became of an attempt, and where it could have been crashed after its last crash. */
  private record Outcome(
      Attempt attempt,
      Optional<Violated> violated,
      List<Point> points,
      Optional<String> finalState) {}

  /** Explores one scenario, following every state. */
  public Explored explore(Scenario scenario, int crashes, Consumer<String> progress) {
    return explore(scenario, crashes, Following.EVERY_STATE, progress);
  }

  /**
   * Explores one scenario.
   *
   * @param crashes 1 or 2
   * @param progress is told how far it is, now and then, on any thread
   */
  public Explored explore(
      Scenario scenario, int crashes, Following following, Consumer<String> progress) {
    if (crashes < 1 || crashes > 2) {
      throw new IllegalArgumentException("one or two crashes can be explored, not " + crashes);
    }
    long started = System.nanoTime();
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    try {
      long points = 0;
      Set<String> seen = new TreeSet<>();
      List<Violated> violations = new ArrayList<>();
      Set<String> finalStates = new TreeSet<>();
      List<Attempt> attempts = List.of(new Attempt(scenario.plan(), Optional.empty()));
      for (int crash = 0; crash <= crashes; crash++) {
        Looking looking = crash < crashes ? Looking.AT_EVERY_SEAM : Looking.AT_THE_END;
        List<Attempt> next = new ArrayList<>();
        // In the order of the attempts: which one stands for a state does not depend on threads.
        for (Outcome outcome : run(workers, scenario, attempts, looking, progress)) {
          outcome.violated().ifPresent(violations::add);
          outcome.finalState().ifPresent(finalStates::add);
          for (Point point : outcome.points()) {
            points++;
            if (seen.add(point.state()) || following == Following.EVERY_POINT) {
              next.add(new Attempt(with(outcome.attempt().plan(), point), Optional.of(point)));
            }
          }
        }
        attempts = next;
      }
      return new Explored(
          scenario.name(),
          crashes,
          points,
          seen.size(),
          List.copyOf(violations.subList(0, Math.min(VIOLATIONS_MAX, violations.size()))),
          finalStates,
          (System.nanoTime() - started) / 1e9);
    } finally {
      workers.shutdownNow();
    }
  }

  private List<Outcome> run(
      ExecutorService workers,
      Scenario scenario,
      List<Attempt> attempts,
      Looking looking,
      Consumer<String> progress) {
    AtomicLong done = new AtomicLong();
    List<Callable<Outcome>> tasks = new ArrayList<>();
    for (Attempt attempt : attempts) {
      tasks.add(
          () -> {
            Outcome outcome = run(scenario, attempt, looking);
            long count = done.incrementAndGet();
            if (attempts.size() > 1 && (count % PROGRESS_EVERY == 0 || count == attempts.size())) {
              progress.accept(
                  scenario.name() + ": " + count + " of " + attempts.size() + " states followed");
            }
            return outcome;
          });
    }
    try {
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<Outcome> future : workers.invokeAll(tasks)) {
        outcomes.add(future.get());
      }
      return outcomes;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The exploration was interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("The exploration broke", e.getCause());
    }
  }

  private Outcome run(Scenario scenario, Attempt attempt, Looking looking) {
    Path folder = Folders.createInMemory();
    try {
      Look look = new Look(scenario, attempt, looking, new CrashStates(folder));
      Simulation.Result result =
          new Simulation(parts, Tracing.STATEMENTS).run(attempt.plan(), look);
      return new Outcome(
          attempt,
          result.failure().map(f -> new Violated(f.describe(), attempt.plan())),
          List.copyOf(look.points),
          look.finalState);
    } finally {
      Folders.delete(folder);
    }
  }

  private enum Looking {
    AT_EVERY_SEAM,
    AT_THE_END
  }

  /** Looks at one run. */
  private static final class Look implements RunListener {
    private final Scenario scenario;
    private final Attempt attempt;
    private final Looking looking;
    private final CrashStates states;
    private final List<Point> points = new ArrayList<>();
    private Optional<String> finalState = Optional.empty();
    private long crashes;
    private boolean afterLastCrash;

    Look(Scenario scenario, Attempt attempt, Looking looking, CrashStates states) {
      this.scenario = scenario;
      this.attempt = attempt;
      this.looking = looking;
      this.states = states;
      this.afterLastCrash = attempt.crash().isEmpty();
    }

    @Override
    public void reached(World world, Reached at) {
      if (afterLastCrash
          && looking == Looking.AT_EVERY_SEAM
          && at.device().index() == scenario.crashedDevice()) {
        String position = position(scenario.plan(), at);
        points.add(
            new Point(
                at.step(),
                at.life(),
                at.seam(),
                crashes,
                position,
                states.ifCrashed(world, at, position)));
      }
    }

    @Override
    public void crashed(World world) {
      if (!afterLastCrash && attempt.crash().orElseThrow().crashesBefore() == crashes) {
        afterLastCrash = true;
        Point point = attempt.crash().get();
        if (!LogicalState.of(world, point.position()).equals(point.state())) {
          throw new IllegalStateException(
              "The explorer read another state at step "
                  + point.step()
                  + ", seam "
                  + point.seam()
                  + " than the crash there left; this is a defect of the simulator");
        }
      }
      crashes++;
    }

    @Override
    public void settled(World world) {
      finalState = Optional.of(Explorer.finalState(world));
    }
  }

  /** In the oracle's words, not in those that decide which states are equal. */
  static String finalState(World world) {
    StringBuilder text = new StringBuilder();
    for (Device device : world.devices()) {
      DeviceTables tables = DeviceTables.read(device.observer());
      text.append(tables.rows()).append(tables.rowStates()).append(tables.dirty());
      text.append(tables.discarded()).append(tables.quarantined()).append(tables.fold());
    }
    return text.toString();
  }

  /** The step, and how much of the faults is behind it that the scenario itself has in it. */
  private static String position(Plan scenario, RunListener.Reached at) {
    StringBuilder position = new StringBuilder("step ").append(at.step());
    List<Fault> faults = scenario.steps().get(at.step()).faults();
    if (faults.stream().anyMatch(Fault::isCrash)) {
      position.append(" life ").append(at.life());
    }
    if (!faults.stream().allMatch(Fault::isCrash)) {
      position.append(" requests ").append(at.requestsOfStep());
    }
    return position.toString();
  }

  /** The plan with one more crash; it comes after the crashes of earlier lives of the step. */
  private static Plan with(Plan plan, Point point) {
    List<Step> steps = new ArrayList<>(plan.steps());
    Step step = steps.get(point.step());
    List<Fault> faults = new ArrayList<>(step.faults());
    int position = 0;
    int crashesBefore = 0;
    while (position < faults.size() && crashesBefore < point.life()) {
      if (faults.get(position).isCrash()) {
        crashesBefore++;
      }
      position++;
    }
    faults.add(position, new Fault.CrashAtSeam(point.seam()));
    steps.set(
        point.step(),
        new Step(step.device(), step.command(), faults, step.afterCrash(), step.at()));
    return plan.withSteps(steps);
  }
}
