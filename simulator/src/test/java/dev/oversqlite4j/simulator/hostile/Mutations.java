package dev.oversqlite4j.simulator.hostile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything one member of a JSON answer can be wrong in: missing, doubled, of another type, out of
 * range, huge; and every object with a member that nobody knows.
 */
final class Mutations {

  /** Written into every text that replaces another; must never be seen in a message. */
  static final String MARK = "a secret – of the server";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String HUGE_TEXT = "\"" + MARK.repeat(3_000) + "\"";
  private static final String HUGE_NUMBER = "9".repeat(5_000);
  private static final String DEEP = "[".repeat(200) + "]".repeat(200);

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "{}",
          "[]",
          DEEP,
          "0",
          "-1",
          "0.5",
          "1e400",
          "9223372036854775808",
          HUGE_NUMBER,
          "\"\"",
          "\"" + MARK + "\"",
          "\"..\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          HUGE_TEXT);

  private Mutations() {}

  /**
   * A wrong answer.
   *
   * @param what for a person
   * @param path the member, as a JSON pointer
   */
  record Mutation(String what, String path, byte[] body) {
    @Override
    public String toString() {
      return what + " at " + path;
    }
  }

  static List<Mutation> of(byte[] answer) {
    JsonNode root = tree(answer);
    List<Mutation> all = new ArrayList<>();
    for (String path : paths(root, "")) {
      JsonNode member = root.at(path);
      all.add(mutation(root, path, "missing", Optional.empty(), 0));
      boolean inObject = !path.substring(path.lastIndexOf('/') + 1).matches("\\d+");
      if (inObject) {
        all.add(mutation(root, path, "doubled", Optional.of(member.toString()), 2));
      }
      for (String value : VALUES) {
        if (!value.equals(member.toString())) {
          all.add(mutation(root, path, cut(value), Optional.of(value), 1));
        }
      }
      if (member.isTextual()) {
        String upper = '"' + member.textValue().toUpperCase(java.util.Locale.ROOT) + '"';
        if (!upper.equals(member.toString())) {
          all.add(mutation(root, path, "upper case", Optional.of(upper), 1));
        }
      }
      if (member.isNumber()) {
        all.add(mutation(root, path, "a text", Optional.of("\"" + member + "\""), 1));
        all.add(mutation(root, path, "one more", Optional.of(member.asLong() + 1 + ""), 1));
      }
      if (member.isArray() && !member.isEmpty()) {
        String doubled = "[" + member.get(0) + "," + member.toString().substring(1);
        all.add(mutation(root, path, "an element more", Optional.of(doubled), 1));
        all.add(mutation(root, path, "no element", Optional.of("[]"), 1));
      }
    }
    return all;
  }

  private static String cut(String value) {
    return value.length() <= 40 ? value : value.substring(0, 40) + "…";
  }

  /** Every member of every object, and the first element of every array. */
  private static List<String> paths(JsonNode node, String at) {
    List<String> paths = new ArrayList<>();
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        String path = at + "/" + member.getKey();
        paths.add(path);
        paths.addAll(paths(member.getValue(), path));
      }
    } else if (node.isArray() && !node.isEmpty()) {
      paths.add(at + "/0");
      paths.addAll(paths(node.get(0), at + "/0"));
    }
    return paths;
  }

  private static Mutation mutation(
      JsonNode root, String path, String what, Optional<String> value, int times) {
    StringBuilder text = new StringBuilder();
    write(root, "", path, value, times, text);
    return new Mutation(what, path, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void write(
      JsonNode node, String at, String path, Optional<String> value, int times, StringBuilder out) {
    if (node.getNodeType() == JsonNodeType.OBJECT) {
      List<String> members = new ArrayList<>();
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        String here = at + "/" + member.getKey();
        members.addAll(
            written(
                MAPPER.getNodeFactory().textNode(member.getKey()) + ":",
                member.getValue(),
                here,
                path,
                value,
                times));
      }
      out.append('{').append(String.join(",", members)).append('}');
    } else if (node.getNodeType() == JsonNodeType.ARRAY) {
      List<String> elements = new ArrayList<>();
      for (int i = 0; i < node.size(); i++) {
        elements.addAll(written("", node.get(i), at + "/" + i, path, value, times));
      }
      out.append('[').append(String.join(",", elements)).append(']');
    } else {
      out.append(node);
    }
  }

  private static List<String> written(
      String name, JsonNode node, String here, String path, Optional<String> value, int times) {
    if (here.equals(path)) {
      return java.util.Collections.nCopies(times, name + value.orElse(""));
    }
    StringBuilder text = new StringBuilder(name);
    write(node, here, path, value, times, text);
    return List.of(text.toString());
  }

  private static JsonNode tree(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new IllegalArgumentException("not JSON", e);
    }
  }
}
