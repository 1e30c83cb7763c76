package dev.oversqlite4j.persistence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.DecodedPayload;
import dev.oversqlite4j.spi.RowKey;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Local JSON, as {@link RowJson} writes it, back into values the database can bind. */
final class LocalForm {

  private static final Pattern HEX = Pattern.compile("([0-9a-f]{2})*");

  private LocalForm() {}

  /** Whether it is an object of the key column alone. */
  static boolean isKey(TableShape table, RowKey key) {
    return keyMember(table, key).isPresent();
  }

  private static Optional<JsonNode> keyMember(TableShape table, RowKey key) {
    return JsonText.object(key.keyJson())
        .filter(object -> object.size() == 1)
        .map(object -> object.get(table.key().name()))
        .filter(JsonNode::isTextual);
  }

  /** The value of the key column. */
  static Object key(TableShape table, RowKey key) {
    return keyMember(table, key)
        .map(node -> bindable(table.key(), node))
        .orElseThrow(
            () ->
                new CorruptLocalStateException(
                    "_sync_row_state", "a key is not an object of the key column alone"));
  }

  /** The values of a payload in column order; empty if it is not exactly the table's columns. */
  static Optional<DecodedPayload> payload(TableShape table, String payload) {
    return JsonText.object(payload)
        .filter(object -> hasColumnsOf(table, object))
        .map(
            object -> {
              List<Object> values = new ArrayList<>();
              table
                  .columns()
                  .forEach(column -> values.add(bindable(column, object.get(column.name()))));
              return new DecodedPayload(values);
            });
  }

  static boolean hasColumnsOf(TableShape table, ObjectNode object) {
    return object.size() == table.columns().size()
        && table.columns().stream().allMatch(column -> object.has(column.name()));
  }

  /**
   * The stored value, of the same storage class, even if it does not belong into the column: a row
   * that cannot be sent must survive being put back.
   */
  static Object bindable(Column column, JsonNode node) {
    if (node.isNull()) {
      return null;
    }
    if (node.isArray() && node.size() == 2) {
      return stray(node.get(0).asText(), node.get(1).asText());
    }
    String text = node.asText();
    return switch (column.kind()) {
      case TEXT -> text;
      case INTEGER, BOOLEAN -> Numbers.int64(text).<Object>map(n -> n).orElse(text);
      case REAL -> real(text);
      case BLOB, UUID -> HEX.matcher(text).matches() ? HexFormat.of().parseHex(text) : text;
    };
  }

  private static Object stray(String storageClass, String text) {
    return switch (storageClass) {
      case "blob" -> HexFormat.of().parseHex(text);
      case "integer" -> Long.parseLong(text);
      case "real" -> real(text);
      default -> text;
    };
  }

  private static Object real(String text) {
    return switch (text) {
      case "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Numbers.real(text).<Object>map(n -> n).orElse(text);
    };
  }
}
