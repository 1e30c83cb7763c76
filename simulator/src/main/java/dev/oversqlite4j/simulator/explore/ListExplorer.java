package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.explore.Explorer.Following;
import dev.oversqlite4j.simulator.explore.Explorer.Violated;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.ShortLists.Start;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.world.Folders;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunEvent;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Runs every list of a few commands, and each of them with a crash at every point of every command.
 *
 * <p>What comes after a list depends on nothing but the state it ends in, whatever led there: of
 * all lists that end in one state, the first is made longer (a client in that state which crashes
 * no more is not the one that still may). A crash is followed once for each state it leaves and
 * each command that is tried again after it.
 */
public final class ListExplorer {

  private static final int VIOLATIONS_MAX = 5;

  private final Parts parts;
  private final int threads;
  private final Following following;

  /** On all cores. */
  public ListExplorer(Parts parts) {
    this(parts, Runtime.getRuntime().availableProcessors(), Following.EVERY_STATE);
  }

  /**
   * @param threads how many runs at a time, at least 1; changes nothing but the time
   * @param following whether lists and crashes that lead to a known state are followed all the same
   */
  public ListExplorer(Parts parts, int threads, Following following) {
    this.parts = parts;
    this.threads = threads;
    this.following = following;
  }

  /**
   * @param runs how many plans were run to their end
   * @param points crash points looked at
   * @param states distinct states that lists and crashes ended in
   * @param violations what failed, each with its plan
   * @param finalStates what the runs ended in
   */
  public record Explored(
      long runs,
      long points,
      long states,
      List<Violated> violations,
      Set<String> finalStates,
      double seconds) {}

  private enum Crashes {
    NONE_YET,
    ONE
  }

  private record Attempt(Plan plan, Crashes crashes) {}

  private record Point(int seam, String state) {}

  private record Outcome(
      Attempt attempt,
      Optional<Violated> violated,
      Optional<String> end,
      List<Point> points,
      Optional<String> finalState) {}

  /**
   * Explores all lists from one start.
   *
   * @param length how many commands, at least 1
   * @param progress is told how far it is
   */
  public Explored explore(Start start, int length, Consumer<String> progress) {
    long started = System.nanoTime();
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    try {
      Search search = new Search(workers, start);
      List<Attempt> frontier = List.of(new Attempt(start.plan(), Crashes.NONE_YET));
      for (int commands = 1; commands <= length; commands++) {
        progress.accept(
            start.name() + ": " + frontier.size() + " states, then command " + commands);
        frontier = search.longer(frontier);
      }
      return search.explored((System.nanoTime() - started) / 1e9);
    } finally {
      workers.shutdownNow();
    }
  }

  private final class Search {
    private final ExecutorService workers;
    private final Start start;
    private final Set<String> ends = new HashSet<>();
    private final Set<String> crashStates = new HashSet<>();
    private final List<Violated> violations = new ArrayList<>();
    private final Set<String> finalStates = new TreeSet<>();
    private long runs;
    private long points;

    Search(ExecutorService workers, Start start) {
      this.workers = workers;
      this.start = start;
    }

    List<Attempt> longer(List<Attempt> lists) {
      List<Attempt> longer = new ArrayList<>();
      for (Attempt list : lists) {
        for (Step command : start.commands()) {
          longer.add(new Attempt(start.followed(list.plan(), command), list.crashes()));
        }
      }
      List<Attempt> next = new ArrayList<>();
      List<Attempt> crashed = new ArrayList<>();
      // In the order of the attempts: which one stands for a state does not depend on threads.
      for (Outcome outcome : run(longer)) {
        add(outcome, next);
        for (Point point : outcome.points()) {
          points++;
          if (crashStates.add(point.state()) || following == Following.EVERY_POINT) {
            crashed.add(new Attempt(crashed(outcome.attempt().plan(), point), Crashes.ONE));
          }
        }
      }
      for (Outcome outcome : run(crashed)) {
        add(outcome, next);
      }
      return next;
    }

    private void add(Outcome outcome, List<Attempt> next) {
      runs++;
      outcome.violated().ifPresent(violations::add);
      outcome.finalState().ifPresent(finalStates::add);
      outcome
          .end()
          .filter(
              state ->
                  ends.add(outcome.attempt().crashes() + " " + state)
                      || following == Following.EVERY_POINT)
          .ifPresent(state -> next.add(outcome.attempt()));
    }

    private List<Outcome> run(List<Attempt> attempts) {
      List<Callable<Outcome>> tasks = new ArrayList<>();
      attempts.forEach(attempt -> tasks.add(() -> ListExplorer.this.run(attempt)));
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

    Explored explored(double seconds) {
      return new Explored(
          runs,
          points,
          ends.size() + crashStates.size(),
          List.copyOf(violations.subList(0, Math.min(VIOLATIONS_MAX, violations.size()))),
          finalStates,
          seconds);
    }
  }

  private Outcome run(Attempt attempt) {
    Path folder = Folders.createInMemory();
    try {
      Look look = new Look(attempt, new CrashStates(folder));
      Simulation.Result result =
          new Simulation(parts, Tracing.STATEMENTS).run(attempt.plan(), look);
      return new Outcome(
          attempt,
          result.failure().map(f -> new Violated(f.describe(), attempt.plan())),
          look.end,
          List.copyOf(look.points),
          look.finalState);
    } finally {
      Folders.delete(folder);
    }
  }

  /** Looks at the last command of one run, and at the state it leaves. */
  private static final class Look implements RunListener {
    private final Crashes crashes;
    private final int last;
    private final int device;
    private final String command;
    private final CrashStates states;
    private final List<Point> points = new ArrayList<>();
    private Optional<String> end = Optional.empty();
    private Optional<String> finalState = Optional.empty();

    Look(Attempt attempt, CrashStates states) {
      this.crashes = attempt.crashes();
      this.states = states;
      this.last = attempt.plan().steps().size() - 1;
      Step step = attempt.plan().steps().get(last);
      this.device = step.device();
      this.command = step.toString();
    }

    @Override
    public void reached(World world, Reached at) {
      if (crashes == Crashes.NONE_YET && at.step() == last && at.device().index() == device) {
        points.add(new Point(at.seam(), states.ifCrashed(world, at, command)));
      }
    }

    @Override
    public void happened(World world, RunEvent event) {
      if (end.isEmpty()
          && event.what() instanceof RunEvent.Told told
          && told.kind() == RunEvent.Kind.PHASE) {
        end = Optional.of(LogicalState.of(world, "end"));
      }
    }

    @Override
    public void settled(World world) {
      finalState = Optional.of(Explorer.finalState(world));
    }
  }

  private static Plan crashed(Plan plan, Point point) {
    List<Step> steps = new ArrayList<>(plan.steps());
    Step step = steps.remove(steps.size() - 1);
    steps.add(
        new Step(
            step.device(),
            step.command(),
            List.of(new Fault.CrashAtSeam(point.seam())),
            step.afterCrash(),
            step.at()));
    return plan.withSteps(steps);
  }
}
