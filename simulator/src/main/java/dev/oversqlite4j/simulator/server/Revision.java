package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The revision of the protocol: value forms and hash inputs, the parts of spec 6.1 that differ. */
enum Revision {
  /** Numbers travel as strings, hashes follow RFC 8785. */
  JULY_2026;

  private static final Pattern VISIBLE_ASCII = Pattern.compile("[!-~]+");

  boolean acceptsSourceId(String id) {
    return VISIBLE_ASCII.matcher(id).matches();
  }

  /**
   * Whether a pushed payload member has a form of this revision; its type is checked at commit.
   * That July refuses numbers at once is stricter than June and inferred from spec 6.1.
   */
  boolean acceptsPayloadValue(JsonNode value) {
    return !value.isNumber();
  }

  ObjectNode payload(ServerSchema.Table table, Map<String, Optional<String>> image) {
    ObjectNode payload = Json.object();
    table
        .allColumns()
        .forEach(
            (name, column) ->
                payload.set(
                    name, value(column.kind(), image.getOrDefault(name, Optional.empty()))));
    return payload;
  }

  private static JsonNode value(ColumnKind kind, Optional<String> stored) {
    if (stored.isEmpty()) {
      return NullNode.getInstance();
    }
    return kind == ColumnKind.BOOLEAN
        ? BooleanNode.valueOf(stored.get().equals("true"))
        : TextNode.valueOf(stored.get());
  }

  /** Hash over all rows of a bundle in bundle order (spec 5.2). */
  String bundleHash(ServerSchema schema, List<BundleRow> rows) {
    ArrayNode all = Json.array();
    for (int ordinal = 0; ordinal < rows.size(); ordinal++) {
      BundleRow row = rows.get(ordinal);
      ObjectNode hashed = row.wire(schema);
      hashed.put("row_ordinal", Integer.toString(ordinal));
      hashed.put("row_version", Long.toString(row.rowVersion()));
      if (row.payload().isEmpty()) {
        hashed.putNull("payload");
      }
      all.add(hashed);
    }
    return Json.sha256(Json.canonical(all));
  }

  /** One element of the hashed request (spec 5.3), made from the row exactly as it was sent. */
  String requestText(RequestBody sent, long ordinal) {
    ObjectNode hashed = Json.object();
    hashed.put("base_row_version", Long.toString(sent.int64("base_row_version")));
    hashed.set("key", sent.member("key"));
    hashed.put("op", sent.string("op"));
    JsonNode payload = sent.member("payload");
    hashed.set("payload", payload.isMissingNode() ? NullNode.getInstance() : payload);
    hashed.put("row_ordinal", Long.toString(ordinal));
    hashed.put("schema", sent.string("schema"));
    hashed.put("table", sent.string("table"));
    return Json.canonical(hashed);
  }

  /** Hash over all pushed rows in push order (spec 5.3). */
  String requestHash(List<String> requestTexts) {
    return Json.sha256("[" + String.join(",", requestTexts) + "]");
  }
}
