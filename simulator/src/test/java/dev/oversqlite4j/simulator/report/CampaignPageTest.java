package dev.oversqlite4j.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.campaign.Campaign;
import dev.oversqlite4j.simulator.campaign.CampaignResult;
import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.campaign.Settings;
import dev.oversqlite4j.simulator.coverage.Reachable;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.oracle.Violation;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.report.CampaignPage.FailureLink;
import dev.oversqlite4j.simulator.world.Parts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CampaignPageTest {

  private static final String AGAIN = "java -jar oversqlite4j.jar simulate --seeds 2 --start 1";

  private final CampaignResult result =
      new Campaign(Parts.REAL, 1)
          .run(
              new Settings(1, 2, Profile.CALM, Settings.Repetition.ONCE),
              (done, counts, failures) -> {});

  private Markup page(List<FailureLink> failures) {
    return Markup.of(
        CampaignPage.html(Profile.CALM, Map.of("profile", "calm"), AGAIN, result, failures));
  }

  @Test
  void saysWhatWasCoveredAndListsTheRest() {
    Markup page = page(List.of());

    page.assertSelfContained(Set.of());
    assertEquals(AGAIN, page.textOf("again"));
    assertTrue(page.textOf("options").contains("calm"));
    assertTrue(page.textOf("counts").contains(String.valueOf(result.counts().seams())));
    assertTrue(
        page.text()
            .contains(
                result.transitions().covered()
                    + " of "
                    + result.transitions().total()
                    + " transitions"));
    // Each transition that was not taken is named exactly once.
    List<String> listed =
        page
            .elements(
                e ->
                    e.getAttribute("class").equals("chip no")
                        && e.getParentNode().getNodeName().equals("li"))
            .stream()
            .map(
                chip ->
                    chip.getParentNode().getFirstChild().getTextContent() + chip.getTextContent())
            .toList();
    List<String> uncovered =
        Stream.concat(
                result.transitions().uncovered().stream(),
                Reachable.exceptions().keySet().stream().filter(Reachable.transitions()::contains))
            .map(
                name -> {
                  String[] p = name.split(" ");
                  return p[0].equals(p[2]) ? p[0] + " ↻ " + p[1] : p[0] + " → " + p[2] + " " + p[1];
                })
            .sorted()
            .toList();
    assertEquals(
        uncovered, listed.stream().map(line -> line.replaceAll(" \\[.*", "")).sorted().toList());
    assertEquals(result.cells().covered() + result.pairs().covered(), page.classed("yes").size());
    assertFalse(page.classed("arrow", "taken").isEmpty());
    assertFalse(page.classed("arrow", "missing").isEmpty());
  }

  @Test
  void linksEachFailureToItsPage() {
    Finding finding =
        new Finding.Violated(
            new Failure.Safety(new Violation(1, "device 0: <b>lost</b>"), Optional.empty()));

    Markup page = page(List.of(new FailureLink(7, finding, 4, "seed-7-calm.html")));

    page.assertSelfContained(Set.of("seed-7-calm.html"));
    String failures = page.textOf("failures");
    assertTrue(failures.contains("seed 7") && failures.contains("4 steps"), failures);
    assertTrue(failures.contains(Properties.sentence(1).orElseThrow()), failures);
    assertTrue(failures.contains("device 0: <b>lost</b>"), failures);
  }

  @Test
  void namesEveryProperty() {
    String properties = page(List.of()).textOf("properties");
    for (int number : Properties.numbers()) {
      assertTrue(
          properties.contains(number + " " + Properties.sentence(number).orElseThrow()),
          "property " + number);
    }
  }
}
