package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.campaign.CampaignResult;
import dev.oversqlite4j.simulator.campaign.FailedSeed;
import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.report.CampaignPage;
import dev.oversqlite4j.simulator.report.CampaignPage.FailureLink;
import dev.oversqlite4j.simulator.report.RunPage;
import dev.oversqlite4j.simulator.report.RunPage.Naming;
import dev.oversqlite4j.simulator.report.RunRecorder;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pages of one campaign, in one folder. */
final class ReportFiles {

  /** What a page tells to type: it may be read on another machine than this one. */
  static final String PROGRAM = "java -jar oversqlite4j.jar";

  private final Environment environment;
  private final Path shown;
  private final Path folder;
  private final List<FailureLink> failures = new ArrayList<>();

  /**
   * Makes the folder.
   *
   * @throws UsageException if there can be none
   */
  ReportFiles(Environment environment, Path folder) {
    this.environment = environment;
    this.shown = folder;
    this.folder = environment.folder().resolve(folder);
    try {
      Files.createDirectories(this.folder);
    } catch (IOException refused) {
      throw new UsageException("--report " + folder + " is no folder and cannot be made", refused);
    }
  }

  /**
   * The page of a failure; runs the plan once more.
   *
   * @param name of the page, without ending
   * @param plan the plan that shows it, as small as it is known
   */
  void failure(String name, FailedSeed failed, Plan plan) throws IOException {
    Simulation simulation = new Simulation(environment.parts(), Tracing.CONTENT);
    Optional<String> finding =
        failed.finding() instanceof Finding.Nondeterministic
            ? Optional.of(failed.finding().describe())
            : Optional.empty();
    Naming naming =
        new Naming(name, List.of(PROGRAM + " replay --plan " + name + ".json"), finding);
    Files.writeString(
        folder.resolve(name + ".html"), RunPage.html(RunRecorder.record(simulation, plan), naming));
    failures.add(
        new FailureLink(failed.seed(), failed.finding(), plan.steps().size(), name + ".html"));
  }

  /** The page of the campaign; returns where it is. */
  Path campaign(Profile profile, Map<String, String> options, String again, CampaignResult result)
      throws IOException {
    Files.writeString(
        folder.resolve("index.html"), CampaignPage.html(profile, options, again, result, failures));
    return shown.resolve("index.html");
  }
}
