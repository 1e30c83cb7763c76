package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
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
 * once and the others are cut short where they meet it (architecture, crash model).
 */
public final class Explorer {

  private static final int VIOLATIONS_MAX = 5;

  private final Parts parts;
  private final Repeats repeats;

  public Explorer(Parts parts) {
    this(parts, Repeats.CUT_SHORT);
  }

  Explorer(Parts parts, Repeats repeats) {
    this.parts = parts;
    this.repeats = repeats;
  }

  /** What becomes of an attempt that meets a state which another one has left already. */
  enum Repeats {
    CUT_SHORT,
    /** For comparison: the same is found, only slower. */
    FOLLOWED
  }

  /**
   * @param points crash points tried
   * @param distinctStates logical states the crashes left behind
   * @param violations the first few different ones, each with its plan
   */
  public record Explored(
      String scenario,
      int crashes,
      long points,
      long distinctStates,
      List<Violated> violations,
      double seconds) {}

  /** A plan that violates a property. */
  public record Violated(String what, Plan plan) {
    /** The plan as text to store. */
    public String planJson() {
      return PlanJson.write(plan);
    }
  }

  /** One crash point: a seam of one life of the process within one step. */
  private record Point(int step, int life, int seam) {}

  /** A plan to try, and the crash that has to be the last one in it. */
  private record Attempt(Plan plan, int crashes) {}

  /** What became of an attempt. */
  private record Outcome(
      Optional<Violated> violated, Optional<String> state, List<Point> pointsAfterCrash) {}

  /** Ends a run whose state was followed before; not an error. */
  private static final class SeenBefore extends RuntimeException {
    private static final long serialVersionUID = 1;

    SeenBefore() {
      super(null, null, false, false);
    }
  }

  /**
   * Explores one scenario.
   *
   * @param crashes 1 or 2
   * @param progress is told how far it is, now and then
   */
  public Explored explore(Scenario scenario, int crashes, Consumer<String> progress) {
    if (crashes < 1 || crashes > 2) {
      throw new IllegalArgumentException("one or two crashes can be explored, not " + crashes);
    }
    long started = System.nanoTime();
    ExecutorService workers =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      Map<String, Boolean> seen = new ConcurrentHashMap<>();
      List<Violated> violations = new ArrayList<>();
      List<Point> reached = new ArrayList<>();
      Simulation.Result baseline =
          new Simulation(parts, Tracing.STATEMENTS)
              .run(scenario.plan(), record(scenario, reached), world -> {});
      baseline
          .failure()
          .ifPresent(f -> violations.add(new Violated(f.describe(), scenario.plan())));
      List<Attempt> first =
          reached.stream().map(p -> new Attempt(with(scenario.plan(), p), 1)).toList();
      long points = first.size();
      // Which attempt stands for a state must not depend on which thread was faster.
      Map<String, Outcome> representatives = new TreeMap<>();
      Map<String, Attempt> representativePlans = new TreeMap<>();
      List<Outcome> outcomes = run(workers, scenario, first, seen, progress);
      for (int i = 0; i < first.size(); i++) {
        Outcome outcome = outcomes.get(i);
        outcome.violated().ifPresent(violations::add);
        if (outcome.state().isPresent() && !outcome.pointsAfterCrash().isEmpty()) {
          representatives.putIfAbsent(outcome.state().get(), outcome);
          representativePlans.putIfAbsent(outcome.state().get(), first.get(i));
        }
      }
      if (crashes == 2) {
        List<Attempt> second = new ArrayList<>();
        representatives.forEach(
            (state, outcome) ->
                outcome
                    .pointsAfterCrash()
                    .forEach(
                        p ->
                            second.add(
                                new Attempt(with(representativePlans.get(state).plan(), p), 2))));
        points += second.size();
        run(workers, scenario, second, seen, progress)
            .forEach(outcome -> outcome.violated().ifPresent(violations::add));
      }
      return new Explored(
          scenario.name(),
          crashes,
          points,
          seen.size(),
          distinct(violations),
          (System.nanoTime() - started) / 1e9);
    } finally {
      workers.shutdownNow();
    }
  }

  /** The first of each kind: hundreds of crash points tend to show the same defect. */
  private static List<Violated> distinct(List<Violated> violations) {
    Map<String, Violated> byKind = new LinkedHashMap<>();
    violations.forEach(v -> byKind.putIfAbsent(v.what(), v));
    return byKind.values().stream().limit(VIOLATIONS_MAX).toList();
  }

  private List<Outcome> run(
      ExecutorService workers,
      Scenario scenario,
      List<Attempt> attempts,
      Map<String, Boolean> seen,
      Consumer<String> progress) {
    AtomicLong done = new AtomicLong();
    List<Callable<Outcome>> tasks = new ArrayList<>();
    for (Attempt attempt : attempts) {
      tasks.add(
          () -> {
            Outcome outcome = run(scenario, attempt, seen);
            long count = done.incrementAndGet();
            if (count % 100 == 0 || count == attempts.size()) {
              progress.accept(
                  scenario.name() + ": " + count + " of " + attempts.size() + " points");
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

  private Outcome run(Scenario scenario, Attempt attempt, Map<String, Boolean> seen) {
    List<Point> after = new ArrayList<>();
    String[] state = new String[1];
    int[] crashes = new int[1];
    // The scenario may bring crashes of its own; the explored ones come on top.
    int last = attempt.crashes() + ownCrashes(scenario.plan());
    Consumer<World> onCrash =
        world -> {
          crashes[0]++;
          after.clear();
          if (crashes[0] < last) {
            return;
          }
          state[0] = LogicalState.of(world);
          if (seen.putIfAbsent(state[0], true) != null && repeats == Repeats.CUT_SHORT) {
            throw new SeenBefore();
          }
        };
    World.SeamListener seams =
        (device, step, life, n, seam) -> {
          if (device == scenario.crashedDevice() && crashes[0] >= last) {
            after.add(new Point(step, life, n));
          }
        };
    try {
      Simulation.Result result =
          new Simulation(parts, Tracing.STATEMENTS).run(attempt.plan(), seams, onCrash);
      return new Outcome(
          result.failure().map(f -> new Violated(f.describe(), attempt.plan())),
          Optional.ofNullable(state[0]),
          List.copyOf(after));
    } catch (SeenBefore known) {
      return new Outcome(Optional.empty(), Optional.empty(), List.of());
    }
  }

  private static int ownCrashes(Plan plan) {
    return (int)
        plan.steps().stream().flatMap(s -> s.faults().stream()).filter(Fault::isCrash).count();
  }

  private static World.SeamListener record(Scenario scenario, List<Point> reached) {
    return (device, step, life, n, seam) -> {
      if (device == scenario.crashedDevice()) {
        reached.add(new Point(step, life, n));
      }
    };
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
