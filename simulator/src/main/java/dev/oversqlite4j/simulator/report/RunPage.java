package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.report.RunRecord.Changed;
import dev.oversqlite4j.simulator.report.RunRecord.Entry;
import dev.oversqlite4j.simulator.report.RunRecord.JournalRow;
import dev.oversqlite4j.simulator.report.RunRecord.Told;
import dev.oversqlite4j.simulator.report.Statechart.Edge;
import dev.oversqlite4j.simulator.report.Statechart.Look;
import dev.oversqlite4j.simulator.report.Statechart.Mark;
import dev.oversqlite4j.simulator.report.Words.StepWords;
import dev.oversqlite4j.simulator.world.RunEvent.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The page of one run: what does not hold, how it came to that step by step, the lifecycle with the
 * path each device took, and everything that happened, in lanes.
 */
public final class RunPage {

  // A run of more segments than this starts folded, but for where something went wrong.
  private static final int UNFOLDED_MAX = 12;
  private static final int BADGE_NUMBERS_MAX = 3;
  private static final String LIFECYCLE = "oversqlite/lifecycle";

  private final RunRecord run;
  private final Naming naming;
  private final List<StepWords> steps;
  private final List<Segment> segments;

  /**
   * How to get at the run again.
   *
   * @param name a file name without folder and ending, for the plan that the page hands out
   * @param replay command lines that replay it, without any path of this machine
   * @param finding what is wrong beyond what the run itself shows, for example that it differs from
   *     another run of the same plan
   */
  public record Naming(String name, List<String> replay, Optional<String> finding) {
    public Naming {
      replay = List.copyOf(replay);
    }
  }

  private RunPage(RunRecord run, Naming naming) {
    this.run = run;
    this.naming = naming;
    this.steps = Words.steps(run.plan());
    this.segments = Segment.of(run.entries());
  }

  /** The complete file. */
  public static String html(RunRecord run, Naming naming) {
    RunPage page = new RunPage(run, naming);
    return Page.html(page.title(), page.main());
  }

  private String title() {
    return failed() ? "✗ " + verdict() + " · " + naming.name() : "✓ " + naming.name();
  }

  private boolean failed() {
    return run.result().failure().isPresent() || naming.finding().isPresent();
  }

  private String verdict() {
    return run.result()
        .failure()
        .map(failure -> "Property " + failure.property() + " does not hold")
        .orElse(naming.finding().isPresent() ? "Not deterministic" : "Every property held");
  }

  private Tag main() {
    return Tag.of("main")
        .add(header())
        .add(lastChange())
        .add(
            section("story", "What happened, step by step", story()),
            section("path", "The path through the lifecycle", paths()),
            section("lanes", "Everything that happened", everything()),
            section("plan", "The plan", plan()),
            section("legend", "How to read this page", legend()));
  }

  private static Tag section(String id, String heading, List<Tag> content) {
    return Tag.of("section").with("id", id).add(Tag.of("h2").text(heading)).add(content);
  }

  // --- What does not hold ----------------------------------------------------------------------

  private Tag header() {
    Tag header = Tag.of("header", failed() ? "failed" : "held");
    header.add(Tag.of("p", "name").text("oversqlite4j simulator · " + naming.name()));
    header.add(Tag.of("h1").text((failed() ? "✗ " : "✓ ") + verdict()));
    run.result().failure().ifPresent(failure -> blame(header, failure));
    naming.finding().ifPresent(finding -> header.add(Tag.of("p", "seen").text(finding)));
    for (int i = 0; i < naming.replay().size(); i++) {
      String id = "replay-" + (i + 1);
      header.add(
          Tag.of("div", "replay")
              .add(
                  Tag.of("code").with("id", id).text(naming.replay().get(i)),
                  Tag.of("button")
                      .with("type", "button")
                      .with("data-copy", id)
                      .with("hidden", "hidden")
                      .text("Copy")));
    }
    Tag links = Tag.of("nav").with("aria-label", "Parts of this page");
    last()
        .ifPresent(
            s -> links.add(link("#" + s.anchor(), failed() ? "Where it failed" : "The end")));
    links.add(
        link("#story", "Steps"),
        link("#path", "Statechart"),
        link("#lanes", "Lanes"),
        link("#plan", "Plan"),
        link("#legend", "How to read this"));
    return header.add(links);
  }

  private void blame(Tag header, Failure failure) {
    Properties.sentence(failure.property())
        .ifPresent(sentence -> header.add(Tag.of("p", "sentence").text(sentence)));
    header.add(
        Tag.of("p", "seen")
            .add(Tag.of("strong").text("Seen: "))
            .text(failure.describe().replaceFirst("^property \\d+: ", "")));
    last()
        .ifPresent(
            segment ->
                header.add(
                    Tag.of("p")
                        .add(Tag.of("strong").text("Where: "))
                        .add(link("#" + segment.anchor(), where(segment)))
                        .text(lastLine().map(line -> ", right after: " + line).orElse("."))));
  }

  /** The last commit is mostly the one that did it. */
  private List<Tag> lastChange() {
    if (!failed()) {
      return List.of();
    }
    Optional<Entry> last =
        run.entries().stream()
            .filter(entry -> entry.content() instanceof Changed)
            .reduce((before, after) -> after);
    return last.map(
            entry ->
                section(
                    "last-change",
                    "The last commit before that",
                    List.of(
                        Tag.of("p")
                            .text(entry.device().map(d -> "device " + d + ", ").orElse(""))
                            .add(link("#step-" + (entry.step() + 1), "step " + (entry.step() + 1))),
                        Lanes.change((Changed) entry.content()))))
        .map(List::of)
        .orElse(List.of());
  }

  private Optional<Segment> last() {
    return segments.isEmpty() ? Optional.empty() : Optional.of(segments.get(segments.size() - 1));
  }

  private String where(Segment segment) {
    String device = segment.device().map(d -> ", device " + d).orElse("");
    return segment.step() < steps.size()
        ? "step "
            + (segment.step() + 1)
            + " of "
            + steps.size()
            + device
            + ": "
            + steps.get(segment.step()).does()
        : "after the last step, faults off" + device;
  }

  /** What was told last, or journaled last if that was later. */
  private Optional<String> lastLine() {
    for (int i = run.entries().size() - 1; i >= 0; i--) {
      Entry entry = run.entries().get(i);
      if (entry.content() instanceof Told told) {
        return Optional.of(told.text());
      }
      if (entry.content() instanceof Changed changed && !changed.journal().isEmpty()) {
        JournalRow row = changed.journal().get(changed.journal().size() - 1);
        return Optional.of("the commit of " + row.trigger() + ", " + row.from() + " → " + row.to());
      }
    }
    return Optional.empty();
  }

  // --- Step by step ----------------------------------------------------------------------------

  private List<Tag> story() {
    Tag list = Tag.of("ol", "story");
    for (int i = 0; i <= steps.size(); i++) {
      int step = i;
      List<Entry> lines =
          run.entries().stream()
              .filter(e -> e.step() == step && e.content() instanceof Told)
              .toList();
      boolean began = segments.stream().anyMatch(s -> s.step() == step);
      Tag item = Tag.of("li", began ? "step" : "step unreached");
      Tag head = Tag.of("div", "what");
      if (i < steps.size()) {
        StepWords words = steps.get(i);
        head.add(Tag.of("span", "device").text(words.device()));
        head.add(
            began
                ? link("#step-" + (i + 1), words.does())
                : Tag.of("span").text(words.does() + " (not reached)"));
        during(i)
            .ifPresent(
                other ->
                    head.add(Tag.of("span", "planned").text("while step " + (other + 1) + " ran")));
        words.faults().forEach(fault -> head.add(Tag.of("span", "planned").text(fault)));
      } else if (began) {
        head.add(link("#step-" + (i + 1), "afterwards, faults off: everybody restarts and syncs"));
      } else {
        continue;
      }
      Tag ends = Tag.of("ul");
      lines.forEach(entry -> ends.add(outcome(entry, step == steps.size())));
      item.add(head);
      if (!ends.isEmpty()) {
        item.add(ends);
      }
      if (failed() && last().filter(s -> s.step() == step).isPresent()) {
        item.add(
            Tag.of("p", "violation")
                .add(link("#" + last().get().anchor(), "✗ here: " + verdict().toLowerCase())));
      }
      list.add(item);
    }
    return List.of(list);
  }

  /** An earlier step that went on after this one had begun. */
  private Optional<Integer> during(int step) {
    boolean begun = false;
    for (Segment segment : segments) {
      if (begun && segment.step() < step) {
        return Optional.of(segment.step());
      }
      begun |= segment.step() == step;
    }
    return Optional.empty();
  }

  private static Tag outcome(Entry entry, boolean naming) {
    Told told = (Told) entry.content();
    String device = naming ? entry.device().map(d -> "device " + d + ": ").orElse("") : "";
    String css =
        switch (told.kind()) {
          case CRASH -> "crash";
          case FAULT, DISTURBANCE -> "fault";
          case CALL -> told.text().endsWith("Exception") ? "threw" : "plain";
          default -> "plain";
        };
    return Tag.of("li", css)
        .text(told.kind() == Kind.CRASH ? "✖ " : css.equals("fault") ? "⚡ " : "")
        .text(device + (told.kind() == Kind.CALL ? Words.result(told.text()) : told.text()));
  }

  // --- The path --------------------------------------------------------------------------------

  /** A row of a device's journal and the step it belongs to. */
  private record Walked(int step, JournalRow row) {}

  private List<Tag> paths() {
    Map<Integer, List<Walked>> paths = new TreeMap<>();
    for (Entry entry : run.entries()) {
      if (entry.content() instanceof Changed changed) {
        changed.journal().stream()
            .filter(row -> row.machine().equals(LIFECYCLE))
            .forEach(
                row ->
                    paths
                        .computeIfAbsent(entry.device().orElse(0), d -> new ArrayList<>())
                        .add(new Walked(entry.step(), row)));
      }
    }
    Optional<Integer> concerned = last().flatMap(Segment::device);
    List<Tag> tags = new ArrayList<>();
    paths.forEach(
        (device, path) -> {
          boolean open = concerned.isEmpty() || concerned.get().equals(device);
          tags.add(path(device, path, open && failed(), open || paths.size() == 1));
        });
    if (tags.isEmpty()) {
      tags.add(Tag.of("p").text("No device has a journal yet."));
    }
    return tags;
  }

  private static Tag path(int device, List<Walked> path, boolean failedHere, boolean open) {
    Map<List<String>, List<Integer>> numbers = new LinkedHashMap<>();
    for (int i = 0; i < path.size(); i++) {
      JournalRow row = path.get(i).row();
      numbers.computeIfAbsent(List.of(row.from(), row.to()), way -> new ArrayList<>()).add(i + 1);
    }
    JournalRow end = path.get(path.size() - 1).row();
    Statechart.Marks marks =
        new Statechart.Marks() {
          @Override
          public Mark of(Edge edge) {
            List<Integer> taken = numbers.get(List.of(edge.from(), edge.to()));
            if (taken == null) {
              return new Mark(Look.PLAIN, "");
            }
            boolean last = failedHere && taken.contains(path.size());
            return new Mark(last ? Look.LAST : Look.TAKEN, badge(taken));
          }

          @Override
          public Optional<String> last() {
            return failedHere ? Optional.of(end.to()) : Optional.empty();
          }
        };
    Tag list = Tag.of("ol", "path");
    for (Walked walked : path) {
      JournalRow row = walked.row();
      list.add(
          Tag.of("li")
              .add(Tag.of("strong").text(row.trigger()))
              .text(
                  row.from().equals(row.to())
                      ? " in " + row.from() + " "
                      : " " + row.from() + " → " + row.to() + " ")
              .add(link("#step-" + (walked.step() + 1), "step " + (walked.step() + 1))));
    }
    Tag details = Tag.of("details").with("class", "device-path");
    if (open) {
      details.with("open", "open");
    }
    return details.add(
        Tag.of("summary")
            .text("device " + device + ": " + path.size() + " steps, last in " + end.to()),
        Tag.of("div", "scroll")
            .with("tabindex", "0")
            .with("role", "region")
            .with("aria-label", "Statechart of device " + device)
            .add(
                Statechart.of(
                    LifecycleDefinition.get(),
                    "The lifecycle with the path of device "
                        + device
                        + "; the list below says the same",
                    marks)),
        Tag.of("details").add(Tag.of("summary").text("The same path as a list"), list));
  }

  private static String badge(List<Integer> numbers) {
    List<String> shown = numbers.stream().limit(BADGE_NUMBERS_MAX).map(String::valueOf).toList();
    int more = numbers.size() - shown.size();
    return String.join(",", shown) + (more > 0 ? " +" + more : "");
  }

  // --- Everything ------------------------------------------------------------------------------

  private List<Tag> everything() {
    List<Tag> tags = new ArrayList<>();
    tags.add(
        Tag.of("div", "scroll")
            .with("tabindex", "0")
            .with("role", "region")
            .with("aria-label", "Overview")
            .add(Overview.of(segments, failed())));
    tags.add(
        Tag.of("p", "buttons")
            .add(fold("open", "Unfold all steps"), fold("close", "Fold all steps")));
    tags.add(Lanes.head());
    for (Segment segment : segments) {
      tags.add(part(segment));
    }
    return tags;
  }

  private Tag part(Segment segment) {
    boolean end = last().filter(segment::equals).isPresent();
    boolean trouble =
        segment.items().stream().anyMatch(i -> i.entry().filter(Lanes::isTrouble).isPresent());
    Tag part = Tag.of("details", trouble ? "part trouble" : "part").with("id", segment.anchor());
    if (segments.size() <= UNFOLDED_MAX || end && failed()) {
      part.with("open", "open");
    }
    Tag summary = Tag.of("summary");
    segment.device().ifPresent(d -> summary.add(Tag.of("span", "device").text("device " + d)));
    summary.add(Tag.of("strong").text(heading(segment)));
    segment.items().stream()
        .flatMap(item -> item.entry().stream())
        .filter(Lanes::isTrouble)
        .forEach(
            entry -> {
              boolean crash = ((Told) entry.content()).kind() == Kind.CRASH;
              summary.add(
                  Tag.of("span", crash ? "hit crash" : "hit fault").text(crash ? "✖" : "⚡"));
            });
    part.add(summary, Lanes.of(segment));
    if (end && failed()) {
      Tag bar = Tag.of("div", "bar crash violation").add(Tag.of("strong").text("✗ " + verdict()));
      run.result().failure().ifPresent(f -> bar.text(" " + f.describe()));
      part.add(bar);
    }
    return part;
  }

  private String heading(Segment segment) {
    String step =
        segment.step() < steps.size()
            ? (segment.step() + 1) + ". " + steps.get(segment.step()).does()
            : "afterwards, faults off";
    return segment.part() == 1 ? step : step + ", continued";
  }

  // --- The plan and the legend -----------------------------------------------------------------

  private List<Tag> plan() {
    String json = PlanJson.write(run.plan());
    String data = Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    return List.of(
        Tag.of("p")
            .text("The plan alone decides the run. ")
            .add(
                Tag.of("a")
                    .with("href", "data:application/json;base64," + data)
                    .with("download", naming.name() + ".json")
                    .text("Save it as " + naming.name() + ".json"))
            .text(
                " and replay it in the folder where it is, or give it a why and keep it for good."),
        Tag.of("pre").with("tabindex", "0").add(Tag.of("code").with("id", "plan-json").text(json)),
        facts());
  }

  private Tag facts() {
    Tag list = Tag.of("dl", "facts");
    Numbers.of(run.result().counts()).forEach((name, value) -> fact(list, name, value));
    fact(list, "trace hash", run.result().traceHash());
    return list;
  }

  private static void fact(Tag list, String name, String value) {
    list.add(Tag.of("div").add(Tag.of("dt").text(name), Tag.of("dd").text(value)));
  }

  private static List<Tag> legend() {
    return List.of(
        Tag.of("dl", "legend")
            .add(term("app", "what the app writes and does, on a connection of its own"))
            .add(term("client", "calls of the library, and its transactions"))
            .add(
                term(
                    "journal",
                    "the rows of the lifecycle journal that a commit adds: trigger, from → to, facts"))
            .add(term("wire", "requests that reached the server"))
            .add(term("server", "what the model server answered"))
            .add(
                term(
                    "seam",
                    "a point where the process could be interrupted; its number is what crashAtSeam counts"))
            .add(term("✖", "the process died; the next one finds the file as it was"))
            .add(term("⚡", "the plan made something go wrong"))
            .add(
                term(
                    "+ ~ −",
                    "rows added, changed, removed by a commit, in the app's tables and in sync's own;"
                        + " what only tells the time is left out"))
            .add(term("● in the statechart", "a process opens the file and finds this state"))
            .add(term("↻", "steps that stay in the state; numbers count the device's steps"))
            .add(term("w7", "the value that write number 7 of the plan leaves in the row")));
  }

  private static Tag term(String term, String meaning) {
    return Tag.of("div").add(Tag.of("dt").text(term), Tag.of("dd").text(meaning));
  }

  static Tag link(String href, String text) {
    return Tag.of("a").with("href", href).text(text);
  }

  private static Tag fold(String what, String text) {
    return Tag.of("button")
        .with("type", "button")
        .with("data-fold", what)
        .with("hidden", "hidden")
        .text(text);
  }
}
