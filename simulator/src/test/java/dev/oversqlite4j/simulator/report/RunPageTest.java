package dev.oversqlite4j.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Result;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.report.RunPage.Naming;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

class RunPageTest {

  private static final String REPLAY = "java -jar oversqlite4j.jar replay --plan seed-7.json";

  private static String page(Parts parts, Plan plan) {
    RunRecord run = RunRecorder.record(new Simulation(parts, Tracing.CONTENT), plan);
    return RunPage.html(run, new Naming("seed-7", List.of(REPLAY), Optional.empty()));
  }

  @Test
  void aFailureExplainsItself() throws IOException {
    String html = page(new Planted(), Planted.plan());
    Markup page = Markup.of(html);
    // For a person, and for .ci/run, which looks at it in a browser.
    Files.createDirectories(Path.of("target/pages"));
    Files.writeString(Path.of("target/pages/failure.html"), html);

    page.assertSelfContained(Set.of());
    assertEquals("✗ Property 10 does not hold", page.named("h1").get(0).getTextContent());
    String header = page.named("header").get(0).getTextContent();
    assertTrue(header.contains(Properties.sentence(10).orElseThrow()), header);
    assertTrue(header.contains("step 8 of 9, device 0: pull"), header);
    assertEquals(REPLAY, page.textOf("replay-1"));
    assertEquals(Planted.plan(), PlanJson.read(page.textOf("plan-json")));

    // The overwritten edit is the first thing a reader sees of the rows.
    assertTrue(
        page.textOf("last-change").contains("title 'w5' → 'w4'"), page.textOf("last-change"));
    assertTrue(page.textOf("story").contains("while step 8 ran"), page.textOf("story"));
    assertTrue(page.classed("bar", "crash").get(0).getTextContent().contains("CRASH at RECEIVE"));
    assertTrue(page.classed("bar", "fault").get(0).getTextContent().contains("lost answer"));
    for (String lane : List.of("app", "client", "journal", "wire", "server")) {
      assertFalse(page.classed("cell-" + lane).isEmpty(), lane);
      assertFalse(page.classed("dot", lane).isEmpty(), lane);
    }
    assertEquals(1, page.classed("mark-crash").size());
    assertTrue(page.text().contains("_sync_dirty_rows +1"));
    assertTrue(page.text().contains("PUSH_PREPARED → PUSH_COMMITTED"));
    // The journal of device 0 ends in ATTACHED, and that is where the arrow in red leads.
    assertEquals(
        "ATTACHED",
        page.classed("state", "last").get(0).getElementsByTagName("text").item(0).getTextContent());
  }

  @Test
  void theSamePlanGivesTheSameBytesAndNoTraceOfThisMachine() {
    String html = page(new Planted(), Planted.plan());

    assertEquals(html, page(new Planted(), Planted.plan()));
    assertFalse(html.contains(System.getProperty("user.dir")));
    assertFalse(html.contains(System.getProperty("java.io.tmpdir") + "/"));
    assertFalse(html.contains("/dev/shm"));
  }

  @Test
  void isTheRunThatTheTimelineTells() {
    Plan plan = Planted.plan();
    Simulation simulation = new Simulation(new Planted(), Tracing.CONTENT);

    Result watched = RunRecorder.record(simulation, plan).result();
    Result alone = simulation.run(plan);

    assertEquals(alone.traceHash(), watched.traceHash());
    assertEquals(alone.timeline(), watched.timeline());
  }

  @Test
  void nothingInAPlanBecomesMarkup() {
    String payload = "</code><script>alert('x')</script>&amp;\"";
    Plan plan =
        PlanJson.read(Planted.PLAN.replace("\"ada\"", "\"" + payload.replace("\"", "\\\"") + "\""));

    Markup page = Markup.of(page(Parts.REAL, plan.withWhy(payload)));

    page.assertSelfContained(Set.of());
    assertTrue(page.textOf("plan-json").contains("<script>alert('x')</script>"));
    assertTrue(page.textOf("lanes").contains("<script>alert("));
  }

  /** Forty steps and thousands of seams stay readable: folded, and a link for each step. */
  @Test
  void aLongRunIsFoldedByStep() {
    Plan plan = new PlanGenerator().generate(4, Profile.DEFAULT);
    Markup page = Markup.of(page(Parts.REAL, plan));

    page.assertSelfContained(Set.of());
    assertEquals("✓ Every property held", page.named("h1").get(0).getTextContent());
    List<Element> parts = page.classed("part");
    assertTrue(parts.stream().noneMatch(part -> part.hasAttribute("open")));
    Set<String> steps =
        parts.stream().map(part -> part.getAttribute("id")).collect(Collectors.toSet());
    for (int step = 1; step <= plan.steps().size() + 1; step++) {
      assertTrue(steps.contains("step-" + step), "step " + step);
    }
    int seams =
        page.classed("seam-list").stream()
            .mapToInt(list -> list.getElementsByTagName("li").getLength())
            .sum();
    assertTrue(seams > 1000, "seams: " + seams);
  }

  @Test
  void everyPropertyHasASentence() {
    for (int number = 1; number <= 65; number++) {
      assertTrue(Properties.sentence(number).orElse("").endsWith("."), "property " + number);
    }
  }

  @Test
  void everyPropertyIsCheckedInEachRun() throws IOException {
    StringBuilder oracle = new StringBuilder();
    try (Stream<Path> files =
        Files.list(Path.of("src/main/java/dev/oversqlite4j/simulator/oracle"))) {
      for (Path file : files.toList()) {
        oracle.append(Files.readString(file));
      }
    }
    for (int number : Properties.numbers()) {
      boolean seen =
          Pattern.compile("(require|Violation|Spoilt)\\(\\s*[^;\"]*?\\b" + number + "\\b")
              .matcher(oracle)
              .find();
      boolean inLedger = List.of(3, 4, 5, 53).contains(number);
      assertTrue(seen || inLedger, "no class of oracle checks property " + number);
    }
    assertEquals(65, Properties.numbers().size());
  }
}
