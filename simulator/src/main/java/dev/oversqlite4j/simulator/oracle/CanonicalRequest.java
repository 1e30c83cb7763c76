package dev.oversqlite4j.simulator.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The hash of a push by the text of the specification (client specification 6), written once more:
 * neither the client's code nor the model server's, so that a mistake of theirs is seen.
 */
final class CanonicalRequest {

  private CanonicalRequest() {}

  /**
   * The hash of rows as they were uploaded, in their order.
   *
   * @return 64 lower-case hexadecimal digits
   */
  static String hash(List<JsonNode> rows) {
    StringBuilder text = new StringBuilder("[");
    for (int ordinal = 0; ordinal < rows.size(); ordinal++) {
      JsonNode row = rows.get(ordinal);
      Map<String, String> members = new TreeMap<>();
      for (String name : List.of("schema", "table", "op")) {
        members.put(name, string(row.path(name).asText()));
      }
      members.put("row_ordinal", string(Integer.toString(ordinal)));
      members.put("base_row_version", string(row.path("base_row_version").asText()));
      members.put("key", value(row.path("key")));
      members.put("payload", value(row.path("payload")));
      text.append(ordinal == 0 ? "" : ",").append(object(members));
    }
    return sha256(text.append(']').toString());
  }

  /** Everything in a row is text, but for booleans and what is not there. */
  private static String value(JsonNode node) {
    if (node.isObject()) {
      Map<String, String> members = new TreeMap<>();
      node.properties().forEach(member -> members.put(member.getKey(), value(member.getValue())));
      return object(members);
    }
    if (node.isBoolean()) {
      return node.asText();
    }
    return node.isNull() || node.isMissingNode() ? "null" : string(node.asText());
  }

  /** Members in the order of their UTF-16 code units, which is that of Java's strings. */
  private static String object(Map<String, String> members) {
    StringBuilder text = new StringBuilder("{");
    members.forEach(
        (name, value) ->
            text.append(text.length() == 1 ? "" : ",")
                .append(string(name))
                .append(':')
                .append(value));
    return text.append('}').toString();
  }

  private static String string(String content) {
    StringBuilder text = new StringBuilder("\"");
    for (char c : content.toCharArray()) {
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> text.append(c < ' ' ? "\\u" + HexFormat.of().toHexDigits(c) : String.valueOf(c));
      }
    }
    return text.append('"').toString();
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
