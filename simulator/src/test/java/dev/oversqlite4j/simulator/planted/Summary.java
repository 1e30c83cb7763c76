package dev.oversqlite4j.simulator.planted;

import dev.oversqlite4j.simulator.planted.Hunt.By;
import dev.oversqlite4j.simulator.planted.Result.Evidence;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The results of a hunt as a Markdown table. */
final class Summary {

  private Summary() {}

  static String markdown(List<Result> results) {
    Map<String, String> what =
        PlantedBugs.all().stream().collect(Collectors.toMap(PlantedBug::name, PlantedBug::what));
    StringBuilder text = new StringBuilder();
    text.append("\n")
        .append(results.size())
        .append(" bugs, ")
        .append(results.stream().filter(r -> r.evidence().isPresent()).count())
        .append(" found, ")
        .append(
            results.stream()
                .flatMap(r -> r.evidence().stream())
                .filter(e -> e.by() == By.EXPLORE)
                .count())
        .append(" of them by `explore`; the median plan has ")
        .append(medianSteps(results))
        .append(" steps.\n\n")
        .append("| Bug | | What it does | Property | Seeds | Steps |\n")
        .append("| --- | --- | --- | --- | --- | --- |\n");
    for (Result result : results) {
      text.append("| `").append(result.bug()).append("` | ");
      text.append(result.weakness().orElse("")).append(" | ");
      text.append(what.get(result.bug())).append(" | ");
      text.append(
          result
              .evidence()
              .map(e -> e.property() + " | " + seeds(e) + " | " + e.steps())
              .orElse("not found | | "));
      text.append(" |\n");
    }
    text.append("\nNot planted, and why:\n\n");
    NotPlanted.REASONS.forEach(
        (weakness, reason) ->
            text.append("* ").append(weakness).append(": ").append(reason).append("\n"));
    return text.append("\n").toString();
  }

  private static String seeds(Evidence evidence) {
    return evidence.by() == By.SIMULATE
        ? Long.toString(evidence.seeds())
        : "`" + evidence.by().name().toLowerCase(Locale.ROOT) + "`";
  }

  /** Of those that were found. */
  static int medianSteps(List<Result> results) {
    int[] steps =
        results.stream()
            .flatMap(r -> r.evidence().stream())
            .mapToInt(Evidence::steps)
            .sorted()
            .toArray();
    return steps.length == 0 ? 0 : steps[steps.length / 2];
  }
}
