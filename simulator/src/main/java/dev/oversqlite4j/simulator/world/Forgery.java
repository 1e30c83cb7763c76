package dev.oversqlite4j.simulator.world;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.AppTable.Column;
import dev.oversqlite4j.simulator.world.AppTable.KeyForm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Answers that can be read and are wrong. */
final class Forgery {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Forgery() {}

  /**
   * A wrong answer.
   *
   * @param revision what the server speaks
   * @param label of the request
   * @param body what the server answers
   * @param which of the wrong answers there are, modulo their number
   * @return empty if there is none
   */
  static Optional<byte[]> of(
      SimulatedApp app, Revision revision, String label, byte[] body, int which) {
    try {
      return switch (label) {
        case "GET /sync/watch" -> Optional.of(announcement(which));
        case "POST /sync/snapshot-sessions" -> totals(revision, body, which);
        case "GET /sync/pull",
            "GET /sync/committed-bundles/*/rows",
            "GET /sync/snapshot-sessions/*" ->
            value(app, revision, body, which);
        default -> Optional.empty();
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of a bundle that there is not, by somebody there is not, with rows that nobody asked for. */
  private static byte[] announcement(int which) {
    return String.format(
            Locale.ROOT,
            "event: bundle%ndata: {\"bundle_seq\":%d,\"source_id\":\"forged\",\"source_bundle_id\":1,"
                + "\"rows\":[{\"table\":\"person\",\"op\":\"DELETE\"}]}%n%n",
            which % 2 == 0 ? Long.MAX_VALUE : 1)
        .replace(System.lineSeparator(), "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<byte[]> totals(Revision revision, byte[] body, int which)
      throws IOException {
    ObjectNode answer = (ObjectNode) JSON.readTree(body);
    // June's bytes are those of what the server stores, which nobody else can count.
    List<String> totals =
        revision == Revision.JUNE_2026 ? List.of("row_count") : List.of("row_count", "byte_count");
    String wrong = totals.get(which % totals.size());
    if (answer.path("row_count").asLong() == 0 || !answer.has(wrong)) {
      return Optional.empty();
    }
    return Optional.of(
        JSON.writeValueAsBytes(answer.put(wrong, answer.path(wrong).asLong() + 1 + which % 3)));
  }

  private static Optional<byte[]> value(SimulatedApp app, Revision revision, byte[] body, int which)
      throws IOException {
    JsonNode answer = JSON.readTree(body);
    List<Runnable> forgeries = new ArrayList<>();
    for (JsonNode rows : answer.findValues("rows")) {
      for (JsonNode row : rows) {
        app.table(row.path("table").asText())
            .ifPresent(table -> add(forgeries, revision, table, row));
      }
    }
    if (forgeries.isEmpty()) {
      return Optional.empty();
    }
    forgeries.get(which % forgeries.size()).run();
    return Optional.of(JSON.writeValueAsBytes(answer));
  }

  private static void add(
      List<Runnable> forgeries, Revision revision, AppTable table, JsonNode row) {
    // A text key may be any text; one that is stored as bytes has one spelling in July.
    String key = row.path("key").path(table.key()).asText();
    if (table.keyForm() == KeyForm.BLOB
        && revision == Revision.JULY_2026
        && !key.equals(key.toUpperCase(Locale.ROOT))) {
      forgeries.add(
          () -> ((ObjectNode) row.path("key")).put(table.key(), key.toUpperCase(Locale.ROOT)));
    }
    if (!(row.path("payload") instanceof ObjectNode payload)) {
      return;
    }
    for (Column column : table.columns()) {
      // June's numbers are numbers, and have many forms.
      JsonNode value = payload.path(column.name());
      if (value.isTextual()) {
        spellings(column, value.asText())
            .forEach(other -> forgeries.add(() -> payload.set(column.name(), other)));
      }
    }
  }

  /** Other ways to write a value, none of which is the canonical one. */
  private static List<JsonNode> spellings(Column column, String text) {
    return switch (column.kind()) {
      case INTEGER ->
          List.of(
              TextNode.valueOf(text.startsWith("-") ? "-0" + text.substring(1) : "0" + text),
              TextNode.valueOf(text.startsWith("-") ? text + ".0" : "+" + text),
              TextNode.valueOf("-0"),
              LongNode.valueOf(Long.parseLong(text)));
      case REAL ->
          List.of(
              TextNode.valueOf(text.contains("e") ? text.toUpperCase(Locale.ROOT) : text + "e0"),
              TextNode.valueOf("+" + text),
              TextNode.valueOf("-0"));
      case BLOB ->
          text.endsWith("=") ? List.of(TextNode.valueOf(text.replace("=", ""))) : List.of();
      case TEXT, UUID_BLOB -> List.of();
    };
  }
}
