package dev.oversqlite4j.simulator.cli;

import static dev.oversqlite4j.simulator.cli.Environment.format;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.explore.Explorer;
import dev.oversqlite4j.simulator.explore.Explorer.Explored;
import dev.oversqlite4j.simulator.explore.Explorer.Violated;
import dev.oversqlite4j.simulator.explore.ListExplorer;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Scenarios;
import dev.oversqlite4j.simulator.plan.ShortLists;
import dev.oversqlite4j.simulator.server.Revision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code explore}. */
@Command(
    name = "explore",
    description = "Crashes a scripted lifecycle at every point there is, one after the other.",
    footer = {"", "Example: oversqlite4j explore --scenario first-seed --crashes 2"})
final class ExploreCommand implements Callable<Integer> {

  private static final int LISTS_MAX = 4;

  private final Environment environment;

  @Mixin private HelpOption help;

  @Option(
      names = "--scenario",
      paramLabel = "NAME",
      description = "Only this one; all of them without.")
  private Optional<String> name;

  @Option(
      names = "--crashes",
      paramLabel = "1|2",
      defaultValue = "1",
      description = "1 crash, or also a second one during the recovery (default 1).")
  private int crashes;

  @Option(
      names = "--revision",
      paramLabel = "NAME",
      defaultValue = "july-2026",
      description = "The protocol: june-2026 or july-2026 (default ${DEFAULT-VALUE}).")
  private Revision revision;

  @Option(
      names = "--json",
      description =
          "Print nothing but one JSON object per scenario to standard output; the rest goes to"
              + " standard error.")
  private boolean json;

  @Option(
      names = "--lists",
      paramLabel = "N",
      description =
          "Every list of up to N commands, 1 to 4; --scenario then names where they start.")
  private Optional<Integer> lists;

  @Option(names = "--list", description = "Name the scenarios and explore nothing.")
  private boolean list;

  ExploreCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException {
    if (list) {
      Scenarios.all()
          .forEach(s -> environment.out().println(format("%-22s %s", s.name(), s.about())));
      environment.out().flush();
      return ExitCode.OK;
    }
    if (crashes < 1 || crashes > 2) {
      throw new UsageException("--crashes must be 1 or 2, not " + crashes + ".");
    }
    if (lists.isPresent()) {
      return exploreLists(lists.get());
    }
    PrintWriter people = json ? environment.err() : environment.out();
    Explorer explorer = new Explorer(environment.parts());
    boolean failed = false;
    for (Scenario scenario : scenarios()) {
      people.println(scenario.name() + ": " + scenario.about());
      people.flush();
      Explored explored = explorer.explore(scenario, crashes, line -> progress(people, line));
      people.println(
          format(
              "  %d crash points, %d distinct states, %d violations, %.1f seconds",
              explored.points(),
              explored.distinctStates(),
              explored.violations().size(),
              explored.seconds()));
      report(people, explored);
      people.flush();
      if (json) {
        environment.out().println(json(explored));
        environment.out().flush();
      }
      failed |= !explored.violations().isEmpty();
    }
    return failed ? ExitCode.SAFETY : ExitCode.OK;
  }

  private int exploreLists(int length) throws IOException {
    List<ShortLists.Start> starts =
        ShortLists.starts().stream()
            .filter(start -> name.isEmpty() || name.get().equals(start.name()))
            .toList();
    if (length < 1 || length > LISTS_MAX || crashes != 1 || starts.isEmpty()) {
      throw new UsageException(
          "--lists must be 1 to "
              + LISTS_MAX
              + ", with one crash, and --scenario one of "
              + ShortLists.starts().stream().map(ShortLists.Start::name).toList()
              + ".");
    }
    PrintWriter people = json ? environment.err() : environment.out();
    boolean failed = false;
    for (ShortLists.Start start : starts) {
      people.println(start.name() + ": " + start.about());
      people.flush();
      ListExplorer.Explored explored =
          new ListExplorer(environment.parts())
              .explore(start.withRevision(revision), length, line -> progress(people, line));
      people.println(
          format(
              "  %d plans, %d crash points, %d distinct states, %d violations, %.1f seconds",
              explored.runs(),
              explored.points(),
              explored.states(),
              explored.violations().size(),
              explored.seconds()));
      Explored reported =
          new Explored(
              "lists-" + length + "-" + start.name(),
              1,
              explored.points(),
              explored.states(),
              explored.violations(),
              explored.finalStates(),
              explored.seconds());
      report(people, reported);
      people.flush();
      if (json) {
        environment.out().println(json(reported));
        environment.out().flush();
      }
      failed |= !explored.violations().isEmpty();
    }
    return failed ? ExitCode.SAFETY : ExitCode.OK;
  }

  private List<Scenario> scenarios() {
    return name
        .map(
            wanted ->
                List.of(
                    Scenarios.named(wanted)
                        .orElseThrow(
                            () ->
                                new UsageException(
                                    "There is no scenario "
                                        + wanted
                                        + "; explore --list names them."))))
        .orElseGet(Scenarios::all)
        .stream()
        .map(scenario -> scenario.withRevision(revision))
        .toList();
  }

  // The explorer's threads report, too.
  private static synchronized void progress(PrintWriter people, String line) {
    people.println("  " + line);
    people.flush();
  }

  private void report(PrintWriter people, Explored explored) throws IOException {
    int number = 1;
    for (Violated violated : explored.violations()) {
      Path file =
          FailureFiles.write(
              environment.folder(),
              explored.scenario() + "-" + explored.crashes() + "-" + number++,
              violated.planJson());
      people.println("  FAILED: " + violated.what());
      people.println(
          "  " + environment.program() + " replay --plan " + Names.quoted(file.toString()));
    }
  }

  private static ObjectNode json(Explored explored) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("scenario", explored.scenario());
    object.put("crashes", explored.crashes());
    object.put("points", explored.points());
    object.put("distinctStates", explored.distinctStates());
    object.put("violations", explored.violations().size());
    object.put("seconds", explored.seconds());
    return object;
  }
}
