package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.simulator.campaign.CampaignResult;
import dev.oversqlite4j.simulator.campaign.CampaignResult.Reached;
import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.coverage.Reachable;
import dev.oversqlite4j.simulator.coverage.Sometimes;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.report.Statechart.Edge;
import dev.oversqlite4j.simulator.report.Statechart.Look;
import dev.oversqlite4j.simulator.report.Statechart.Mark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The page of a campaign: what was run, what failed and where its page is, how much happened, and
 * which declared transitions were taken.
 */
public final class CampaignPage {

  private final CampaignResult result;
  private final Profile profile;
  private final Set<String> uncovered;

  /**
   * A failure and its page.
   *
   * @param finding what is wrong
   * @param steps how many steps the plan on the page has
   * @param file the page, in the same folder
   */
  public record FailureLink(long seed, Finding finding, int steps, String file) {}

  private CampaignPage(CampaignResult result, Profile profile) {
    this.result = result;
    this.profile = profile;
    this.uncovered = new TreeSet<>(result.transitions().uncovered());
  }

  /**
   * The complete file.
   *
   * @param profile what could go wrong in it
   * @param options the campaign's settings by their names on the command line, in order
   * @param again the command line that runs it again
   */
  public static String html(
      Profile profile,
      Map<String, String> options,
      String again,
      CampaignResult result,
      List<FailureLink> failures) {
    CampaignPage page = new CampaignPage(result, profile);
    Tag main =
        Tag.of("main")
            .add(
                page.header(again),
                section("failures", "Failures", failures(failures)),
                section("properties", "Properties", page.properties()),
                section("coverage", "Transitions of the lifecycle", page.coverage()),
                section("cells", "Calls in each state", page.cells()),
                section("pairs", "Faults in each state", page.pairs()),
                section("bars", "What a campaign has to have done", page.bars()),
                section("counts", "Counts", List.of(facts(Numbers.of(result.counts())))),
                section("options", "Options", List.of(facts(options), page.trace())));
    return Page.html(page.sign() + " " + page.verdict(), main);
  }

  private static Tag section(String id, String heading, List<Tag> content) {
    return Tag.of("section").with("id", id).add(Tag.of("h2").text(heading)).add(content);
  }

  // --- The verdict -----------------------------------------------------------------------------

  private boolean fine() {
    return result.failures().isEmpty() && result.missedBars().isEmpty();
  }

  private String sign() {
    return fine() ? "✓" : "✗";
  }

  private String verdict() {
    if (!result.failures().isEmpty()) {
      return result.failures().size() + " of " + result.seeds() + " seeds failed";
    }
    return result.missedBars().isEmpty()
        ? "Every property held in " + result.seeds() + " seeds"
        : "Nothing failed, but " + result.seeds() + " seeds proved nothing";
  }

  private Tag header(String again) {
    Tag header = Tag.of("header", fine() ? "held" : "failed");
    header.add(
        Tag.of("p", "name").text("oversqlite4j simulator · campaign"),
        Tag.of("h1").text(sign() + " " + verdict()));
    if (!result.violatedProperties().isEmpty()) {
      header.add(
          Tag.of("p", "seen")
              .text(
                  "Violated: "
                      + result.violatedProperties().stream()
                          .map(number -> "property " + number)
                          .collect(Collectors.joining(", "))));
    }
    return header.add(
        Tag.of("p", "seen")
            .text(
                reached("transitions", result.transitions())
                    + ", "
                    + reached("cells of the operation matrix", result.cells())
                    + ", "
                    + reached("faults in a state", result.pairs())
                    + "."),
        Tag.of("div", "replay")
            .add(
                Tag.of("code").with("id", "again").text(again),
                Tag.of("button")
                    .with("type", "button")
                    .with("data-copy", "again")
                    .with("hidden", "hidden")
                    .text("Copy")));
  }

  private static String reached(String what, Reached reached) {
    return reached.covered() + " of " + reached.total() + " " + what;
  }

  private static List<Tag> failures(List<FailureLink> failures) {
    if (failures.isEmpty()) {
      return List.of(Tag.of("p").text("None."));
    }
    Tag list = Tag.of("ol", "story");
    for (FailureLink failure : failures) {
      Tag item =
          Tag.of("li", "step")
              .add(
                  RunPage.link(failure.file(), "seed " + failure.seed()),
                  Tag.of("span", "planned").text(failure.steps() + " steps"));
      if (failure.finding() instanceof Finding.Violated violated) {
        int property = violated.failure().property();
        Properties.sentence(property)
            .ifPresent(s -> item.add(Tag.of("p").text("Property " + property + ": " + s)));
      }
      list.add(item.add(Tag.of("ul").add(Tag.of("li").text(failure.finding().describe()))));
    }
    return List.of(list);
  }

  // --- Properties ------------------------------------------------------------------------------

  private List<Tag> properties() {
    Tag list = Tag.of("ul", "missing-list");
    for (int number : Properties.numbers()) {
      boolean violated = result.violatedProperties().contains(number);
      list.add(
          Tag.of("li", violated ? "threw" : "met")
              .text(
                  (violated ? "✗ " : "✓ ")
                      + number
                      + " "
                      + Properties.sentence(number).orElseThrow()));
    }
    return List.of(list);
  }

  // --- Coverage --------------------------------------------------------------------------------

  private List<Tag> coverage() {
    List<Tag> tags = new ArrayList<>();
    tags.add(
        Tag.of("p")
            .add(
                Tag.of("span", "chip").text("taken"),
                Tag.of("span", "chip no").text("not, or not by each of its triggers"))
            .text(
                " A number says how many of the declared triggers led this way; ↻ stays in the"
                    + " state, ● opens the file in it."));
    tags.add(
        Tag.of("div", "scroll")
            .with("tabindex", "0")
            .with("role", "region")
            .with("aria-label", "Statechart with what was covered")
            .add(
                Statechart.of(
                    LifecycleDefinition.get(),
                    "The lifecycle with the transitions that were taken; those that were not are"
                        + " listed below",
                    this::mark)));
    Tag missing = Tag.of("ul", "missing-list");
    for (Edge edge : Statechart.edges(LifecycleDefinition.get())) {
      List<String> not = edge.steps().stream().filter(step -> !covered(edge, step)).toList();
      if (!not.isEmpty()) {
        missing.add(
            Tag.of("li")
                .text(edge.stays() ? edge.from() + " ↻ " : edge.from() + " → " + edge.to() + " ")
                .add(not.stream().map(step -> notTaken(edge, step)).toList()));
      }
    }
    tags.add(Tag.of("h3").text(missing.isEmpty() ? "Nothing is left out" : "Not taken"));
    if (!missing.isEmpty()) {
      tags.add(missing);
    }
    return tags;
  }

  private static Tag notTaken(Edge edge, String step) {
    Tag chip = Tag.of("span", "chip no").text(step);
    return Optional.ofNullable(Reachable.exceptions().get(name(edge, step)))
        .map(reason -> chip.with("title", reason))
        .orElse(chip);
  }

  private static String name(Edge edge, String step) {
    String trigger = step.contains(" ") ? step.substring(0, step.indexOf(' ')) : step;
    return edge.from() + " " + trigger + " " + edge.to();
  }

  private boolean covered(Edge edge, String step) {
    String name = name(edge, step);
    return !uncovered.contains(name) && !Reachable.exceptions().containsKey(name);
  }

  private Mark mark(Edge edge) {
    long taken = edge.steps().stream().filter(step -> covered(edge, step)).count();
    boolean all = taken == edge.steps().size();
    boolean said = all || edge.steps().size() == 1;
    Look look = all ? Look.TAKEN : taken > 0 ? Look.PARTLY : Look.MISSING;
    return new Mark(look, said && !edge.stays() ? "" : taken + "/" + edge.steps().size());
  }

  private List<Tag> cells() {
    return List.of(
        Tag.of("p").text("A dot: the call was made in this state, and ended as the matrix says."),
        grid("Calls by state", Reachable.cells(), result.cells()));
  }

  private List<Tag> pairs() {
    return List.of(
        Tag.of("p").text("A dot: the fault met a process in this state."),
        grid("States by fault", Reachable.pairs(), result.pairs()));
  }

  /** Names of two words as a table: the first is the row, the second the column. */
  private static Tag grid(String about, List<String> names, Reached reached) {
    Set<String> missing = new TreeSet<>(reached.uncovered());
    Map<String, String> excepted = Reachable.exceptions();
    Map<String, Map<String, Tag>> rows = new LinkedHashMap<>();
    Set<String> columns = new LinkedHashSet<>();
    for (String name : names) {
      String[] words = name.split(" ", 2);
      columns.add(words[1]);
      Tag cell =
          missing.contains(name)
              ? Tag.of("td", "no").with("title", name + ": never").text("·")
              : excepted.containsKey(name)
                  ? Tag.of("td", "excepted").with("title", excepted.get(name)).text("–")
                  : Tag.of("td", "yes").with("title", name).text("●");
      rows.computeIfAbsent(words[0], row -> new LinkedHashMap<>()).put(words[1], cell);
    }
    Tag head = Tag.of("tr").add(Tag.of("td"));
    columns.forEach(
        column -> head.add(Tag.of("th").with("scope", "col").add(Tag.of("span").text(column))));
    Tag body = Tag.of("tbody");
    rows.forEach(
        (row, cells) -> {
          Tag line = Tag.of("tr").add(Tag.of("th").with("scope", "row").text(row));
          columns.forEach(c -> line.add(Optional.ofNullable(cells.get(c)).orElse(Tag.of("td"))));
          body.add(line);
        });
    return Tag.of("div", "scroll")
        .with("tabindex", "0")
        .with("role", "region")
        .with("aria-label", about)
        .add(Tag.of("table", "grid").add(Tag.of("thead").add(head), body));
  }

  private List<Tag> bars() {
    List<Tag> tags = new ArrayList<>();
    if (!result.missedBars().isEmpty()) {
      Tag list = Tag.of("ul");
      result.missedBars().forEach(missed -> list.add(Tag.of("li", "threw").text("✗ " + missed)));
      tags.add(Tag.of("p").text("A campaign like this proves nothing:"));
      tags.add(list);
    }
    List<Sometimes> expected =
        Arrays.stream(Sometimes.values()).filter(s -> s.expectedIn(profile)).toList();
    Tag list = Tag.of("ul", "missing-list");
    for (Sometimes condition : expected) {
      boolean unmet = result.unmet().contains(condition);
      list.add(
          Tag.of("li", unmet ? "threw" : "met")
              .text((unmet ? "✗ it never happened that " : "✓ ") + condition.text()));
    }
    tags.add(expected.isEmpty() ? Tag.of("p").text("Nothing is asked of this profile.") : list);
    return tags;
  }

  // --- Numbers ---------------------------------------------------------------------------------

  private static Tag facts(Map<String, String> facts) {
    Tag list = Tag.of("dl", "facts");
    facts.forEach(
        (name, value) ->
            list.add(Tag.of("div").add(Tag.of("dt").text(name), Tag.of("dd").text(value))));
    return list;
  }

  private Tag trace() {
    return Tag.of("p")
        .text("Trace hash, the same for the same options on any machine: ")
        .add(Tag.of("code").text(result.traceHash()));
  }
}
