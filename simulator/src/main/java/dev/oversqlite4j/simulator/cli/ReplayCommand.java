package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.oracle.Simulation.Result;
import dev.oversqlite4j.simulator.plan.InvalidPlanException;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.report.RunPage;
import dev.oversqlite4j.simulator.report.RunPage.Naming;
import dev.oversqlite4j.simulator.report.RunRecord;
import dev.oversqlite4j.simulator.report.RunRecorder;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.RunCounts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code replay}. */
@Command(
    name = "replay",
    description = "Runs one seed or plan again, byte for byte, and tells what happens.",
    footer = {"", "Example: oversqlite4j replay --seed 4711"})
final class ReplayCommand implements Callable<Integer> {

  private static final int LINE_MAX = 160;

  private final Environment environment;

  @Mixin private HelpOption help;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      defaultValue = "default",
      description =
          "The profile the seed was run with: default, three-devices, long-lives,"
              + " synchronous-normal, crashes-only or calm.")
  private Profile profile;

  @Option(
      names = "--revision",
      paramLabel = "NAME",
      defaultValue = "july-2026",
      description =
          "The protocol the seed was run with: june-2026 or july-2026 (default ${DEFAULT-VALUE})."
              + " A plan says it itself.")
  private Revision revision;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write the run as a page for a browser here.")
  private Optional<Path> page;

  /** A run comes from one of these. */
  private static final class Source {
    @Option(names = "--seed", paramLabel = "S", description = "The seed to run again.")
    private Long seed;

    @Option(names = "--plan", paramLabel = "FILE", description = "A file that simulate wrote.")
    private Path plan;
  }

  ReplayCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    PrintWriter out = environment.out();
    Plan plan =
        source.plan == null
            ? new PlanGenerator().forCampaign(source.seed, profile).withRevision(revision)
            : read(source.plan);
    Simulation simulation = new Simulation(environment.parts(), Tracing.CONTENT);
    Optional<RunRecord> run = page.map(file -> RunRecorder.record(simulation, plan));
    Result result = run.map(RunRecord::result).orElseGet(() -> simulation.run(plan));
    plan.why().ifPresent(why -> out.println(Text.shortened("About this plan: " + why, LINE_MAX)));
    out.println("Virtual time, device: what it did → how that ended");
    result.timeline().forEach(line -> out.println(Text.shortened(line, LINE_MAX)));
    RunCounts counts = result.counts();
    out.println();
    out.println(
        counts.devices()
            + " devices, "
            + counts.operations()
            + " operations, "
            + counts.crashes()
            + " crashes ("
            + counts.ackGapCrashes()
            + " between the server's commit and the acknowledgement), "
            + counts.networkFaults()
            + " network faults");
    out.println("Trace hash " + result.traceHash());
    out.println(
        result.failure().map(f -> "FAILED: " + f.describe()).orElse("Every property held."));
    // The line above says what went wrong; whoever mends it wants to know where.
    result.failure().flatMap(Failure::cause).ifPresent(cause -> cause.printStackTrace(out));
    run.ifPresent(record -> write(record, page.orElseThrow()));
    out.flush();
    return result.failure().map(Failure::exitCode).orElse(ExitCode.OK);
  }

  private void write(RunRecord run, Path file) {
    String name;
    String replay;
    if (source.plan == null) {
      replay =
          "--seed "
              + source.seed
              + (profile == Profile.DEFAULT ? "" : " --profile " + Names.of(profile))
              + (revision == Revision.JULY_2026 ? "" : " --revision " + Names.of(revision));
      name = "seed-" + source.seed + "-" + Names.of(profile);
    } else {
      // The page may go anywhere; the folder would only be true here.
      String plan = source.plan.getFileName().toString();
      replay = "--plan " + Names.quoted(plan);
      name = plan.replaceFirst("\\.json$", "");
    }
    Naming naming =
        new Naming(name, List.of(ReportFiles.PROGRAM + " replay " + replay), Optional.empty());
    try {
      Files.writeString(environment.folder().resolve(file), RunPage.html(run, naming));
    } catch (IOException unwritable) {
      throw new UsageException(file + " cannot be written: " + unwritable, unwritable);
    }
    environment.out().println("Page: " + file);
  }

  private Plan read(Path file) {
    try {
      Plan plan = PlanJson.read(environment.folder().resolve(file));
      Business.APP.check(plan);
      return plan;
    } catch (IOException unreadable) {
      throw new UsageException("The plan " + file + " cannot be read: " + unreadable, unreadable);
    } catch (InvalidPlanException invalid) {
      throw new UsageException(file + " is not a plan: " + invalid.getMessage(), invalid);
    }
  }
}
