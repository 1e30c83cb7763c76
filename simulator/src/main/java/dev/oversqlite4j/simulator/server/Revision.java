package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.erdtman.jcs.NumberToJSON;

/**
 * The revision of the protocol: the switch of spec 6.1, and nothing that is not in that table.
 *
 * <p>June 2026 follows the source of its server. There is no July server to read, so rules of July
 * that its clients do not force are inferred; {@link #inferred} names them and the code that
 * implements one says so.
 */
public enum Revision {
  /** Numbers travel as JSON numbers, hashes follow Go's encoder. */
  JUNE_2026("june-2026"),
  /** Numbers travel as strings, hashes follow RFC 8785. */
  JULY_2026("july-2026");

  private static final Pattern VISIBLE_ASCII = Pattern.compile("[!-~]+");

  private final String label;

  Revision(String label) {
    this.label = label;
  }

  /** How the revision is called on the command line. */
  public String label() {
    return label;
  }

  /** Rules that no source of a server and no shared fixture settles, one sentence each. */
  public List<String> inferred() {
    return this == JUNE_2026
        ? List.of("a source retired without a successor takes the first one it asks for")
        : List.of(
            "pull beyond the server's history answers 409 checkpoint_ahead (spec 2.9)",
            "commit of rows that do not have the announced hash answers 400 push_commit_invalid",
            "a JSON number in a payload answers 400 push_chunk_invalid",
            "a malformed canonical_request_hash answers 400 push_session_invalid",
            "capacity answers of snapshots come before every other check of their endpoint",
            "max_bytes of a snapshot chunk is clamped like max_rows",
            "a source retired without a successor takes the first one it asks for");
  }

  private boolean isJune() {
    return this == JUNE_2026;
  }

  boolean acceptsSourceId(String id) {
    return isJune() ? !id.isBlank() : VISIBLE_ASCII.matcher(id).matches();
  }

  /**
   * Whether a pushed payload member has a form of this revision; its type is checked at commit.
   * Inferred: that July refuses numbers at once.
   */
  boolean acceptsPayloadValue(JsonNode value) {
    return isJune() || !value.isNumber();
  }

  /** Whether create carries a request hash, and later answers repeat it. */
  boolean hasRequestHash() {
    return !isJune();
  }

  /** Whether snapshots know bytes: limits, budgets, counts and answers for lack of capacity. */
  boolean hasSnapshotBytes() {
    return !isJune();
  }

  /** Whether a pull beyond the server's history is refused. Inferred for July. */
  boolean refusesCheckpointAhead() {
    return !isJune();
  }

  /** Where a payload is going, which decides how June rounds its numbers (spec 4.4). */
  enum Rendering {
    /** Pulls and committed rows: through a double. */
    BUNDLE,
    /** Snapshots and conflicts: exact, unless the row also holds bytes. */
    ROW
  }

  ObjectNode payload(
      ServerSchema.Table table, Map<String, Optional<String>> image, Rendering rendering) {
    boolean rounded =
        rendering == Rendering.BUNDLE
            || table.columns().stream()
                .anyMatch(
                    column ->
                        column.kind() == ColumnKind.BYTEA
                            && image.getOrDefault(column.name(), Optional.empty()).isPresent());
    ObjectNode payload = Json.object();
    table
        .allColumns()
        .forEach(
            (name, column) ->
                payload.set(
                    name,
                    value(column.kind(), image.getOrDefault(name, Optional.empty()), rounded)));
    return payload;
  }

  private JsonNode value(ColumnKind kind, Optional<String> stored, boolean rounded) {
    if (stored.isEmpty()) {
      return NullNode.getInstance();
    }
    String text = stored.get();
    return switch (kind) {
      case BOOLEAN -> BooleanNode.valueOf(text.equals("true"));
      case BIGINT -> isJune() ? integer(text, rounded) : TextNode.valueOf(text);
      case DOUBLE -> isJune() ? DecimalNode.valueOf(new BigDecimal(text)) : TextNode.valueOf(text);
      case NUMERIC -> isJune() ? decimal(text, rounded) : TextNode.valueOf(text);
      case FLOAT4 ->
          isJune()
              ? DecimalNode.valueOf(new BigDecimal(text))
              : TextNode.valueOf(widened(Float.parseFloat(text)));
      case TEXT, BYTEA, UUID, TIMESTAMPTZ -> TextNode.valueOf(text);
    };
  }

  private static JsonNode decimal(String text, boolean rounded) {
    BigDecimal exact = new BigDecimal(text);
    return DecimalNode.valueOf(rounded ? new BigDecimal(throughDouble(exact)) : exact);
  }

  /** A binary32 is a binary64, whose digits July writes (spec 4.3, shared fixture). */
  private static String widened(float number) {
    return throughDouble(new BigDecimal(number));
  }

  private static JsonNode integer(String text, boolean rounded) {
    return rounded
        ? BigIntegerNode.valueOf(new BigInteger(throughDouble(new BigDecimal(text))))
        : LongNode.valueOf(Long.parseLong(text));
  }

  /**
   * What is left of a JSON number after Go has read and written it (spec 4.4).
   *
   * @throws NumberFormatException beyond the range of a double
   */
  static String throughDouble(BigDecimal number) {
    try {
      return NumberToJSON.serializeNumber(number.doubleValue());
    } catch (IOException infinite) {
      throw new NumberFormatException("beyond the range of a double");
    }
  }

  String canonical(JsonNode node) {
    return isJune() ? Json.goCanonical(node) : Json.canonical(node);
  }

  /** Hash over all rows of a bundle in bundle order (spec 5.2). */
  String bundleHash(ServerSchema schema, List<BundleRow> rows) {
    return Json.sha256(bundleText(schema, rows));
  }

  /** The text that {@link #bundleHash} hashes. */
  String bundleText(ServerSchema schema, List<BundleRow> rows) {
    ArrayNode all = Json.array();
    for (int ordinal = 0; ordinal < rows.size(); ordinal++) {
      BundleRow row = rows.get(ordinal);
      ObjectNode hashed = row.wire(schema);
      if (isJune()) {
        hashed.put("row_ordinal", ordinal);
      } else {
        hashed.put("row_ordinal", Integer.toString(ordinal));
        hashed.put("row_version", Long.toString(row.rowVersion()));
      }
      if (row.payload().isEmpty()) {
        hashed.putNull("payload");
      }
      all.add(hashed);
    }
    return canonical(all);
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
