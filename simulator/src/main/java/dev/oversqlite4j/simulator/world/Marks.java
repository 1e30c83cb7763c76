package dev.oversqlite4j.simulator.world;

import com.fasterxml.jackson.databind.JsonNode;
import dev.oversqlite4j.simulator.world.AppTable.Column;
import dev.oversqlite4j.simulator.world.AppTable.Kind;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Function;

/**
 * The mark of a content: the text of its marking columns, the same whether it is read from the
 * app's row, from the client's control tables or from the server.
 */
public final class Marks {

  private static final String NULL = "NULL";

  private Marks() {}

  /** From the app's own row, whose marking columns begin at {@code first}. */
  static String ofRow(AppTable table, ResultSet row, int first) throws SQLException {
    StringJoiner mark = new StringJoiner("|");
    for (int i = 0; i < table.marks().size(); i++) {
      Column column = table.column(table.marks().get(i));
      String text = text(row, first + i);
      mark.add(
          column.kind() == Kind.UUID_BLOB && !text.equals(NULL) ? AppTable.uuidOfHex(text) : text);
    }
    return mark.toString();
  }

  /** From a payload in the client's control tables, where bytes are in hex. */
  static String ofLocal(AppTable table, JsonNode payload) {
    return of(
        table,
        payload,
        column ->
            column.kind() == Kind.UUID_BLOB ? AppTable::uuidOfHex : Function.<String>identity());
  }

  /** From what a resolver made; empty if no such row can be stored. */
  static Optional<String> ofMerged(AppTable table, JsonNode merged) {
    try {
      return Optional.of(ofLocal(table, merged));
    } catch (IllegalArgumentException noRow) {
      return Optional.empty();
    }
  }

  /** From a payload at the server, where bytes are in base64. */
  public static String ofWire(AppTable table, JsonNode payload) {
    return of(
        table,
        payload,
        column ->
            column.kind() == Kind.BLOB
                ? text -> HexFormat.of().formatHex(Base64.getDecoder().decode(text))
                : Function.<String>identity());
  }

  private static String of(
      AppTable table, JsonNode payload, Function<Column, Function<String, String>> bytes) {
    StringJoiner mark = new StringJoiner("|");
    for (String name : table.marks()) {
      Column column = table.column(name);
      JsonNode value = payload.path(name);
      if (value.isNull() || value.isMissingNode()) {
        mark.add(NULL);
        continue;
      }
      mark.add(
          switch (column.kind()) {
            case TEXT -> value.asText();
            case INTEGER -> new BigDecimal(value.asText()).toBigInteger().toString();
            case REAL -> Double.toString(Double.parseDouble(value.asText()));
            case BLOB, UUID_BLOB -> bytes.apply(column).apply(value.asText());
          });
    }
    return mark.toString();
  }

  /** A value of the app's as text; bytes in hex. */
  static String text(ResultSet row, int index) throws SQLException {
    Object value = row.getObject(index);
    if (value == null) {
      return NULL;
    }
    if (value instanceof byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    }
    return value.toString();
  }
}
