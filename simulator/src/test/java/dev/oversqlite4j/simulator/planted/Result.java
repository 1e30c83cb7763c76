package dev.oversqlite4j.simulator.planted;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.planted.Hunt.By;
import dev.oversqlite4j.simulator.planted.Hunt.Found;
import java.util.Locale;
import java.util.Optional;

/**
 * What became of the hunt for one bug.
 *
 * @param evidence empty if it was not found
 */
record Result(String bug, Optional<String> weakness, Optional<Evidence> evidence) {

  /**
   * How it was found.
   *
   * @param property which property it violates
   * @param seeds how many seeds were run until then
   * @param steps how many steps are left of the plan
   */
  record Evidence(By by, int property, long seeds, int steps) {}

  static Result of(PlantedBug bug, Optional<Found> found) {
    return new Result(
        bug.name(),
        bug.weakness(),
        found.map(
            f -> new Evidence(f.by(), f.failure().property(), f.seeds(), f.plan().steps().size())));
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("bug", bug);
    json.put("weakness", weakness.orElse(null));
    json.put("found", evidence.isPresent());
    evidence.ifPresent(
        e ->
            json.put("by", e.by().name().toLowerCase(Locale.ROOT))
                .put("property", e.property())
                .put("seeds", e.seeds())
                .put("steps", e.steps()));
    return json;
  }

  static Result of(JsonNode json) {
    return new Result(
        json.get("bug").textValue(),
        Optional.ofNullable(json.get("weakness").textValue()),
        json.get("found").booleanValue()
            ? Optional.of(
                new Evidence(
                    By.valueOf(json.get("by").textValue().toUpperCase(Locale.ROOT)),
                    json.get("property").intValue(),
                    json.get("seeds").longValue(),
                    json.get("steps").intValue()))
            : Optional.empty());
  }
}
