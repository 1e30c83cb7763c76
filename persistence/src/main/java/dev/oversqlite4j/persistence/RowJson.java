package dev.oversqlite4j.persistence;

import java.util.List;
import java.util.stream.Collectors;

/**
 * SQL expressions that encode a row as local JSON (spec 6): what triggers capture, what first
 * capture writes and what a live row is read as is one text, so that the three always compare.
 *
 * <p>A value whose storage class does not belong into its column – SQLite allows a blob in a TEXT
 * column – is kept as {@code ["<storage class>","<text>"]}: it cannot be sent, but it must neither
 * make the app's own write fail (a blob inside JSON is an error) nor pass as another value.
 */
final class RowJson {

  private RowJson() {}

  /** {@code key_json} of the row whose columns are prefixed with {@code row}, such as "NEW.". */
  static String key(Column key, String row) {
    String value = row + key.quoted();
    String text =
        key.kind() == Kind.TEXT
            ? "CASE typeof("
                + value
                + ") WHEN 'blob' THEN "
                + hex(value)
                + " ELSE "
                + value
                + " END"
            : hex(value);
    return "json_object(" + SqlText.literal(key.name()) + ", " + text + ")";
  }

  /** The payload of the row whose columns are prefixed with {@code row}. */
  static String payload(List<Column> columns, String row) {
    return columns.stream()
        .map(column -> SqlText.literal(column.name()) + ", " + value(column, row))
        .collect(Collectors.joining(", ", "json_object(", ")"));
  }

  private static String value(Column column, String row) {
    String value = row + column.quoted();
    String type = "CASE typeof(" + value + ")";
    String strayBlob = " WHEN 'blob' THEN json_array('blob', " + hex(value) + ")";
    String real = " WHEN 'real' THEN " + real(value);
    return switch (column.kind()) {
      case TEXT -> type + strayBlob + " ELSE " + value + " END";
      case INTEGER, BOOLEAN ->
          type
              + " WHEN 'integer' THEN CAST("
              + value
              + " AS TEXT)"
              + real
              + strayBlob
              + " ELSE "
              + value
              + " END";
      case REAL -> type + real + strayBlob + " ELSE " + value + " END";
      case BLOB, UUID ->
          type
              + " WHEN 'blob' THEN "
              + hex(value)
              + " WHEN 'null' THEN NULL ELSE json_array(typeof("
              + value
              + "), "
              + type
              + real
              + " ELSE CAST("
              + value
              + " AS TEXT) END) END";
    };
  }

  private static String hex(String value) {
    return "lower(hex(" + value + "))";
  }

  /** 17 significant digits name every binary64 exactly. */
  private static String real(String value) {
    return "printf('%!.17g', " + value + ")";
  }
}
