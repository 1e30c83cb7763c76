package dev.oversqlite4j.simulator.cli;

import static dev.oversqlite4j.simulator.cli.Environment.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.campaign.Campaign;
import dev.oversqlite4j.simulator.campaign.CampaignResult;
import dev.oversqlite4j.simulator.campaign.CampaignResult.Reached;
import dev.oversqlite4j.simulator.campaign.FailedSeed;
import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.campaign.Settings;
import dev.oversqlite4j.simulator.campaign.Settings.Repetition;
import dev.oversqlite4j.simulator.campaign.Settings.Shard;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.PlanShrinker;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.RunCounts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code simulate}. */
@Command(
    name = "simulate",
    description = "Runs many interrupted sync lifecycles, each from its seed, and checks them all.",
    footer = {"", "Example: oversqlite4j simulate --seeds 2000 --start 10000 --json"})
final class SimulateCommand implements Callable<Integer> {

  private static final int SHRINK_RUNS_MAX = 400;
  private static final int UNCOVERED_LINES_MAX = 10;
  private static final int UNCOVERED_NAMES_MAX = 3;
  private static final Pattern SHARD = Pattern.compile("(\\d{1,6})/(\\d{1,6})");

  private final Environment environment;

  @Mixin private HelpOption help;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "500",
      description = "How many seeds to run (default ${DEFAULT-VALUE}).")
  private long seeds;

  @Option(
      names = "--start",
      paramLabel = "S",
      defaultValue = "1",
      description = "The first seed (default ${DEFAULT-VALUE}).")
  private long start;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      defaultValue = "default",
      description =
          "What may go wrong: default, three-devices, long-lives, synchronous-normal,"
              + " crashes-only or calm.")
  private Profile profile;

  @Option(
      names = "--revision",
      paramLabel = "NAME",
      defaultValue = "july-2026",
      description = "The protocol: june-2026 or july-2026 (default ${DEFAULT-VALUE}).")
  private Revision revision;

  @Option(
      names = "--json",
      description =
          "Print nothing but one JSON object to standard output; the rest goes to standard error.")
  private boolean json;

  @Option(
      names = "--doublecheck",
      description = "Run every seed twice; both runs must be the same.")
  private boolean doublecheck;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      defaultValue = "1/1",
      description =
          "Run only every N-th seed, from the I-th on, for N processes to share the seeds.")
  private String shard;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "Write index.html, a page for a browser about the campaign, and one about each failure,"
              + " here.")
  private Optional<Path> report;

  SimulateCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException {
    Settings settings = settings();
    Optional<ReportFiles> pages = report.map(folder -> new ReportFiles(environment, folder));
    PrintWriter people = json ? environment.err() : environment.out();
    long begun = environment.nowMillis();
    double cpuBegun = Environment.cpuSeconds();
    printOptions(people);
    Campaign campaign =
        new Campaign(environment.parts(), Runtime.getRuntime().availableProcessors());
    ProgressLine progress = new ProgressLine(people, environment.screen(), settings.seedsOfShard());
    CampaignResult result = campaign.run(settings, progress::seedDone);
    Took took = new Took(environment.secondsSince(begun), Environment.cpuSeconds() - cpuBegun);
    progress.end();
    printSummary(people, result, took);
    printFailures(people, result, settings, pages);
    if (pages.isPresent()) {
      people.println(
          "Report: " + pages.get().campaign(profile, options(), again(settings), result));
    }
    people.flush();
    if (json) {
      environment.out().println(json(result, took));
      environment.out().flush();
    }
    return result.exitCode();
  }

  private Settings settings() {
    try {
      return new Settings(
          start,
          seeds,
          profile,
          doublecheck ? Repetition.TWICE : Repetition.ONCE,
          shard(),
          revision);
    } catch (IllegalArgumentException wrong) {
      throw new UsageException("--" + wrong.getMessage(), wrong);
    }
  }

  private Shard shard() {
    Matcher parts = SHARD.matcher(shard);
    if (!parts.matches()) {
      throw new UsageException("--shard must be like 3/16, not " + shard + ".");
    }
    return new Shard(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
  }

  private Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("seeds", String.valueOf(seeds));
    options.put("start", String.valueOf(start));
    options.put("profile", Names.of(profile));
    options.put("revision", Names.of(revision));
    options.put("doublecheck", doublecheck ? "on" : "off");
    options.put("shard", shard);
    return options;
  }

  private String again(Settings settings) {
    return ReportFiles.PROGRAM
        + " simulate --seeds "
        + seeds
        + " --start "
        + start
        + run()
        + (doublecheck ? " --doublecheck" : "")
        + (settings.shard().equals(Shard.ALL) ? "" : " --shard " + shard);
  }

  private void printOptions(PrintWriter people) {
    options().forEach((name, value) -> printRow(people, name, value));
    people.println();
    people.flush();
  }

  private static void printRow(PrintWriter people, String name, Object value) {
    people.println(format("%-16s %s", name, value));
  }

  /** What a campaign cost; of all threads, the compiler's and the collector's included. */
  private record Took(double seconds, double cpuSeconds) {
    long perCpuSecond(long operations) {
      return cpuSeconds > 0 ? Math.round(operations / cpuSeconds) : 0;
    }
  }

  private static void printSummary(PrintWriter people, CampaignResult result, Took took) {
    RunCounts counts = result.counts();
    people.println();
    printRow(people, "seeds", result.seeds());
    printRow(people, "failures", result.failures().size());
    printRow(
        people,
        "operations",
        counts.operations()
            + ", "
            + counts.fullOperations()
            + " of them attach, push, pull, sync, rebuild or detach");
    printRow(
        people,
        "crashes",
        counts.crashes()
            + ", "
            + counts.ackGapCrashes()
            + " of them between the server's commit and the acknowledgement");
    printRow(people, "power losses", counts.powerLosses());
    printRow(people, "network faults", counts.networkFaults());
    printRow(people, "server faults", counts.serverFaults());
    printRow(people, "disk faults", counts.diskFaults());
    printRow(people, "schema changes", counts.schemaChanges());
    counts.faults().forEach((kind, times) -> printRow(people, "  " + kind, times));
    printReached(people, "transitions", "declared ones covered", result.transitions());
    printUncovered(people, byTrigger(result.transitions().uncovered()));
    printReached(people, "matrix cells", "covered", result.cells());
    printUncovered(people, byFirstWord(result.cells().uncovered()));
    printReached(people, "state and fault", "pairs hit", result.pairs());
    printUncovered(people, byFirstWord(result.pairs().uncovered()));
    result.unmet().forEach(condition -> printRow(people, "never happened", condition.text()));
    printRow(people, "trace hash", result.traceHash());
    printRow(
        people,
        "seconds",
        format("%.1f", took.seconds())
            + "; "
            + took.perCpuSecond(counts.fullOperations())
            + " calls that sync for each second of a core");
  }

  private static void printReached(PrintWriter people, String what, String verb, Reached reached) {
    int excepted = reached.total() - reached.covered() - reached.uncovered().size();
    printRow(
        people,
        what,
        reached.covered()
            + " of "
            + reached.total()
            + " "
            + verb
            + (excepted == 0 ? "" : ", " + excepted + " excepted")
            + (reached.uncovered().isEmpty() ? "" : "; not:"));
  }

  /** The first of each group, and of how many: all of them are in the JSON and in the report. */
  private static void printUncovered(PrintWriter people, Map<String, List<String>> groups) {
    groups.entrySet().stream()
        .limit(UNCOVERED_LINES_MAX)
        .forEach(
            group -> {
              List<String> names = group.getValue();
              int shown = Math.min(names.size(), UNCOVERED_NAMES_MAX);
              printRow(
                  people,
                  "",
                  group.getKey()
                      + ": "
                      + String.join(", ", names.subList(0, shown))
                      + (shown == names.size() ? "" : ", and " + (names.size() - shown) + " more"));
            });
    if (groups.size() > UNCOVERED_LINES_MAX) {
      printRow(people, "", "and more; --json and --report have all of them");
    }
  }

  private static Map<String, List<String>> byFirstWord(List<String> names) {
    Map<String, List<String>> groups = new LinkedHashMap<>();
    for (String name : names) {
      String[] parts = name.split(" ");
      groups.computeIfAbsent(parts[0], first -> new ArrayList<>()).add(parts[1]);
    }
    return groups;
  }

  private static Map<String, List<String>> byTrigger(List<String> transitions) {
    Map<String, List<String>> groups = new LinkedHashMap<>();
    for (String transition : transitions) {
      String[] parts = transition.split(" ");
      groups
          .computeIfAbsent(parts[1], trigger -> new ArrayList<>())
          .add(parts[0] + " → " + parts[2]);
    }
    return groups;
  }

  private void printFailures(
      PrintWriter people, CampaignResult result, Settings settings, Optional<ReportFiles> pages)
      throws IOException {
    people.println();
    if (result.failures().isEmpty()) {
      if (result.missedBars().isEmpty()) {
        people.println("Every property held.");
      } else {
        people.println("VACUOUS: nothing failed, but this campaign proves nothing:");
        result.missedBars().forEach(missed -> people.println("  " + missed));
      }
      return;
    }
    boolean first = true;
    for (FailedSeed failed : result.failures()) {
      people.println("FAILED seed " + failed.seed() + ": " + failed.finding().describe());
      Plan plan = failed.plan();
      if (first || pages.isPresent()) {
        plan = shrink(people, failed);
        first = false;
      }
      if (pages.isPresent()) {
        pages.get().failure(fileName(failed), failed, plan);
      }
      people.println("  " + environment.program() + " replay --seed " + failed.seed() + run());
    }
    if (result.seeds() < settings.seedsOfShard()) {
      people.println(
          "The campaign ended after " + result.failures().size() + " failures; see the first one.");
    }
  }

  /** The options of a run that are not as they are without being given. */
  private String run() {
    return (profile == Profile.DEFAULT ? "" : " --profile " + Names.of(profile))
        + (revision == Revision.JULY_2026 ? "" : " --revision " + Names.of(revision));
  }

  private String fileName(FailedSeed failed) {
    return "seed-"
        + failed.seed()
        + "-"
        + Names.of(profile)
        + (revision == Revision.JULY_2026 ? "" : "-" + Names.of(revision));
  }

  /** The smallest plan that is found to fail alike; the plan itself where there is no telling. */
  private Plan shrink(PrintWriter people, FailedSeed failed) throws IOException {
    if (!(failed.finding() instanceof Finding.Violated violated)) {
      return failed.plan();
    }
    people.println("  making its plan smaller ...");
    people.flush();
    Simulation simulation = new Simulation(environment.parts(), Tracing.STATEMENTS);
    Plan small =
        new PlanShrinker()
            .shrink(
                failed.plan(),
                plan ->
                    simulation
                        .run(plan)
                        .failure()
                        .filter(again -> sameClass(again, violated.failure()))
                        .isPresent(),
                SHRINK_RUNS_MAX);
    Path file =
        FailureFiles.write(
            environment.folder(),
            fileName(failed),
            PlanJson.write(small.withWhy(violated.failure().describe())));
    people.println(
        "  "
            + failed.plan().steps().size()
            + " steps became "
            + small.steps().size()
            + "; the same failure from the plan alone, and from the seed:");
    people.println(
        "  " + environment.program() + " replay --plan " + Names.quoted(file.toString()));
    return small.withWhy(violated.failure().describe());
  }

  private static boolean sameClass(Failure one, Failure other) {
    return one.exitCode() == other.exitCode() && one.property() == other.property();
  }

  private static ObjectNode json(CampaignResult result, Took took) {
    RunCounts counts = result.counts();
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("seeds", result.seeds());
    object.put("failures", result.failures().size());
    if (result.failures().isEmpty()) {
      object.putNull("firstFailingSeed");
    } else {
      object.put("firstFailingSeed", result.failures().get(0).seed());
    }
    object.put("operations", counts.operations());
    object.put("fullOperations", counts.fullOperations());
    object.put("crashes", counts.crashes());
    object.put("powerLosses", counts.powerLosses());
    object.put("networkFaults", counts.networkFaults());
    object.put("serverFaults", counts.serverFaults());
    object.put("diskFaults", counts.diskFaults());
    object.put("schemaChanges", counts.schemaChanges());
    ObjectNode kinds = object.putObject("faultKinds");
    counts.faults().forEach(kinds::put);
    object.put("ackGapCrashes", counts.ackGapCrashes());
    ArrayNode properties = object.putArray("violatedProperties");
    result.violatedProperties().forEach(number -> properties.add((int) number));
    put(object, "transitions", "Transitions", result.transitions());
    put(object, "cells", "Cells", result.cells());
    put(object, "pairs", "Pairs", result.pairs());
    ArrayNode unmet = object.putArray("neverHappened");
    result.unmet().forEach(condition -> unmet.add(condition.text()));
    object.put("traceHash", result.traceHash());
    object.put("seconds", took.seconds());
    object.put("cpuSeconds", took.cpuSeconds());
    return object;
  }

  private static void put(ObjectNode object, String name, String title, Reached reached) {
    object.put(name + "Covered", reached.covered());
    object.put(name + "Total", reached.total());
    ArrayNode uncovered = object.putArray("uncovered" + title);
    reached.uncovered().forEach(uncovered::add);
  }
}
