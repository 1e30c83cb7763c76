package dev.oversqlite4j.simulator.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON value and where it stands, so that every refusal names the place.
 *
 * @param path empty for the plan itself
 */
record JsonPlace(String path, JsonNode node) {

  private static final int MAX_QUOTED = 40;

  void onlyMembers(Set<String> allowed, String... more) {
    TreeSet<String> known = new TreeSet<>(allowed);
    known.addAll(List.of(more));
    requireObject();
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw refused("has the unknown member " + quoted(name) + "; known here: " + known);
      }
    }
  }

  JsonPlace member(String name) {
    return optional(name).orElseThrow(() -> refused("lacks the member \"" + name + "\""));
  }

  Optional<JsonPlace> optional(String name) {
    requireObject();
    String place = path.isEmpty() ? name : path + "." + name;
    return Optional.ofNullable(node.get(name)).map(value -> new JsonPlace(place, value));
  }

  List<JsonPlace> elements() {
    return elements(0);
  }

  List<JsonPlace> elements(int atLeast) {
    if (!node.isArray() || node.size() < atLeast) {
      throw refused("must be an array" + (atLeast == 0 ? "" : " of at least " + atLeast));
    }
    List<JsonPlace> elements = new ArrayList<>();
    for (JsonNode element : node) {
      elements.add(new JsonPlace(path + "[" + elements.size() + "]", element));
    }
    return elements;
  }

  String text() {
    if (!node.isTextual()) {
      throw refused("must be a string");
    }
    return node.textValue();
  }

  <E extends Enum<E>> E word(Words<E> words, String... others) {
    String word = text();
    return words
        .constant(word)
        .orElseThrow(
            () -> {
              List<String> known = new ArrayList<>(words.all());
              known.addAll(List.of(others));
              return refused("must be one of " + known + ", not " + quoted(word));
            });
  }

  long integer() {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw refused("must be a whole number of 64 bits");
    }
    return node.longValue();
  }

  long integer(long min, long max) {
    long value = integer();
    Range.check(path, value, min, max);
    return value;
  }

  int integer(int min, int max) {
    return (int) integer((long) min, (long) max);
  }

  InvalidPlanException refused(String problem) {
    return new InvalidPlanException((path.isEmpty() ? "The plan" : path) + " " + problem + ".");
  }

  private void requireObject() {
    if (!node.isObject()) {
      throw refused("must be an object");
    }
  }

  private static String quoted(String name) {
    return '"' + (name.length() > MAX_QUOTED ? name.substring(0, MAX_QUOTED) + "..." : name) + '"';
  }
}
