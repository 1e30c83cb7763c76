package dev.oversqlite4j.simulator.campaign;

import dev.oversqlite4j.simulator.campaign.CampaignResult.Reached;
import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.coverage.Coverage;
import dev.oversqlite4j.simulator.coverage.Reachable;
import dev.oversqlite4j.simulator.coverage.Sometimes;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Result;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunCounts;
import dev.oversqlite4j.simulator.world.SimulatedApp;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Runs many seeds on several threads and adds up what they did. Thread-safe. */
public final class Campaign {

  /** A campaign ends here: more failures of the same defect teach nothing. */
  private static final int FAILURES_MAX = 3;

  private static final int MIN_DEVICES = 2;
  private static final int MIN_OPERATIONS = 20;
  private static final int MIN_ACK_GAP_PERCENT = 10;

  /** So many seeds meet everything that has to happen now and then; fewer need not. */
  private static final int SEEDS_TO_MEET_EVERYTHING = 400;

  // Enough that no thread waits for the seed whose turn it is to be counted.
  private static final int QUEUED_PER_THREAD = 8;

  private final SimulatedApp app;
  private final Parts parts;
  private final int threads;

  /**
   * Of the built-in app.
   *
   * @param parts what the devices are built from
   * @param threads how many seeds run at a time, at least 1; changes nothing but the time
   */
  public Campaign(Parts parts, int threads) {
    this(Business.APP, parts, threads);
  }

  /**
   * @param app whose sync is simulated
   * @param parts what the devices are built from
   * @param threads how many seeds run at a time, at least 1; changes nothing but the time
   */
  public Campaign(SimulatedApp app, Parts parts, int threads) {
    this.app = app;
    this.parts = parts;
    this.threads = threads;
  }

  /** Is told how far a campaign is, on the thread that runs it, in the order of the seeds. */
  @FunctionalInterface
  public interface Progress {
    void seedDone(long done, RunCounts soFar, int failures);
  }

  /**
   * Runs a campaign to its end, or to its first few failures.
   *
   * @throws BrokenRunException if a run could not be finished
   */
  public CampaignResult run(Settings settings, Progress progress) {
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "campaign");
              thread.setDaemon(true);
              return thread;
            });
    Deque<Future<SeedRun>> queue = new ArrayDeque<>();
    Totals totals = new Totals(settings.profile());
    try {
      long next = 0;
      for (long done = 0; done < settings.seedsOfShard(); done++) {
        while (next < settings.seedsOfShard() && queue.size() < threads * QUEUED_PER_THREAD) {
          long seed = settings.seed(next++);
          queue.add(pool.submit(() -> runSeed(seed, settings)));
        }
        totals.add(await(settings.seed(done), queue.remove()));
        progress.seedDone(done + 1, totals.counts(), totals.failures.size());
        if (totals.failures.size() == FAILURES_MAX) {
          break;
        }
      }
    } finally {
      queue.forEach(waiting -> waiting.cancel(false));
      pool.shutdown();
    }
    return totals.result();
  }

  private record SeedRun(long seed, Result result, Optional<FailedSeed> failure) {}

  private SeedRun runSeed(long seed, Settings settings) {
    Plan plan =
        new PlanGenerator(app.plannedTables())
            .forCampaign(seed, settings.profile())
            .withRevision(settings.revision());
    Simulation simulation = new Simulation(app, parts, Tracing.CONTENT);
    Result result = simulation.run(plan);
    Optional<Finding> finding = result.failure().map(Finding.Violated::new);
    if (finding.isEmpty() && settings.repetition() == Settings.Repetition.TWICE) {
      finding = firstDifference(result, simulation.run(plan)).map(Finding.Nondeterministic::new);
    }
    return new SeedRun(seed, result, finding.map(f -> new FailedSeed(seed, plan, f)));
  }

  private static Optional<String> firstDifference(Result first, Result second) {
    int lines = Math.max(first.timeline().size(), second.timeline().size());
    for (int i = 0; i < lines; i++) {
      String one = i < first.timeline().size() ? first.timeline().get(i) : "(the end)";
      String other = i < second.timeline().size() ? second.timeline().get(i) : "(the end)";
      if (!one.equals(other)) {
        return Optional.of("line " + (i + 1) + ": " + one.strip() + " | " + other.strip());
      }
    }
    return first.traceHash().equals(second.traceHash())
        ? Optional.empty()
        : Optional.of("the same timeline, but other statements, requests or content");
  }

  private static SeedRun await(long seed, Future<SeedRun> run) {
    try {
      return run.get();
    } catch (ExecutionException broken) {
      throw new BrokenRunException(seed, broken.getCause());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new BrokenRunException(seed, stopped);
    }
  }

  private static final class Totals {
    private final MessageDigest traces = sha256();
    private Coverage coverage = Coverage.NONE;
    private final List<FailedSeed> failures = new ArrayList<>();
    private final List<String> smallSeeds = new ArrayList<>();
    private final Profile profile;
    private Optional<RunCounts> sum = Optional.empty();
    private long seeds;

    Totals(Profile profile) {
      this.profile = profile;
    }

    void add(SeedRun run) {
      RunCounts counts = run.result().counts();
      seeds++;
      sum = Optional.of(sum.map(before -> before.plus(counts)).orElse(counts));
      coverage = coverage.plus(run.result().coverage());
      traces.update(run.result().traceHash().getBytes(StandardCharsets.US_ASCII));
      run.failure().ifPresent(failures::add);
      if (run.failure().isEmpty()
          && smallSeeds.isEmpty()
          && (counts.devices() < MIN_DEVICES || counts.operations() < MIN_OPERATIONS)) {
        smallSeeds.add(
            "every seed needs "
                + MIN_DEVICES
                + " devices and "
                + MIN_OPERATIONS
                + " operations, but seed "
                + run.seed()
                + " has "
                + counts.devices()
                + " and "
                + counts.operations());
      }
    }

    RunCounts counts() {
      return sum.orElseThrow();
    }

    CampaignResult result() {
      Set<String> excepted = Reachable.exceptions().keySet();
      List<Sometimes> unmet =
          Stream.of(Sometimes.values())
              .filter(condition -> condition.expectedIn(profile))
              .filter(condition -> !coverage.sometimes().contains(condition))
              .toList();
      return new CampaignResult(
          seeds,
          failures,
          counts(),
          Reached.of(Reachable.transitions(), coverage.transitions(), excepted),
          Reached.of(Reachable.cells(), coverage.cells(), excepted),
          Reached.of(Reachable.pairs(), coverage.pairs(), Set.of()),
          unmet,
          missedBars(unmet),
          HexFormat.of().formatHex(traces.digest()));
    }

    private List<String> missedBars(List<Sometimes> unmet) {
      List<String> missed = new ArrayList<>(smallSeeds);
      long crashes = counts().crashes();
      if (crashes < seeds) {
        missed.add("there must be a crash per seed on average: " + crashes + " in " + seeds);
      }
      if (counts().ackGapCrashes() * 100 < crashes * MIN_ACK_GAP_PERCENT) {
        missed.add(
            MIN_ACK_GAP_PERCENT
                + " % of the crashes must be between the server's commit and the acknowledgement: "
                + counts().ackGapCrashes()
                + " of "
                + crashes);
      }
      if (seeds >= SEEDS_TO_MEET_EVERYTHING) {
        unmet.forEach(condition -> missed.add("it never happened that " + condition.text()));
      }
      Reachable.exceptions().keySet().stream()
          .filter(name -> coverage.transitions().contains(name) || coverage.cells().contains(name))
          .forEach(name -> missed.add("it is declared out of reach and was reached: " + name));
      return missed;
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException impossible) {
        // Every Java platform has to have it.
        throw new IllegalStateException(impossible);
      }
    }
  }
}
