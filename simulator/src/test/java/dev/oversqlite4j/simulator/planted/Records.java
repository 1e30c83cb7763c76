package dev.oversqlite4j.simulator.planted;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where the last hunt is written down: its results, a plan for each bug, and the README. */
final class Records {

  static final Path README = Path.of("README.md");
  static final Path PLANS = Path.of("src/test/resources/planted");
  static final Path RESULTS = PLANS.resolve("results.json");

  private static final String BEGIN = "<!-- planted bugs, generated -->";
  private static final String END = "<!-- end of planted bugs -->";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Records() {}

  /** The results of the last hunt that was written down. */
  static List<Result> read() {
    if (!Files.exists(RESULTS)) {
      return List.of();
    }
    try {
      List<Result> results = new ArrayList<>();
      for (JsonNode json : JSON.readTree(Files.readString(RESULTS))) {
        results.add(Result.of(json));
      }
      return results;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One result a line. */
  static void write(Path file, List<Result> results) {
    String text =
        results.stream()
            .map(result -> result.json().toString())
            .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Plan plan(String bug) {
    try {
      return PlanJson.read(file(bug));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(String bug, Plan plan) {
    try {
      Files.createDirectories(file(bug).getParent());
      Files.writeString(file(bug), PlanJson.write(plan));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(String bug) {
    return PLANS.resolve("plans").resolve(bug + ".json");
  }

  /** The earlier results with newer ones in their place, in the order of the bugs. */
  static List<Result> merged(List<Result> earlier, List<Result> newer) {
    Map<String, Result> byBug = new LinkedHashMap<>();
    earlier.forEach(result -> byBug.put(result.bug(), result));
    newer.forEach(result -> byBug.put(result.bug(), result));
    return PlantedBugs.all().stream()
        .map(
            bug ->
                Optional.ofNullable(byBug.get(bug.name())).orElse(Result.of(bug, Optional.empty())))
        .toList();
  }

  /** What stands between the marks of the README. */
  static String inReadme() {
    String readme = readme();
    return readme.substring(readme.indexOf(BEGIN) + BEGIN.length() + 1, readme.indexOf(END));
  }

  static void toReadme(String table) {
    String readme = readme();
    try {
      Files.writeString(
          README,
          readme.substring(0, readme.indexOf(BEGIN) + BEGIN.length() + 1)
              + table
              + readme.substring(readme.indexOf(END)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String readme() {
    try {
      String readme = Files.readString(README);
      if (!readme.contains(BEGIN) || !readme.contains(END)) {
        throw new IllegalStateException(README + " lacks the marks of the planted bugs");
      }
      return readme;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
