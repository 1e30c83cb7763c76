package dev.oversqlite4j.simulator.world;

import com.fasterxml.jackson.databind.JsonNode;
import dev.oversqlite4j.simulator.world.AppTable.Column;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every value of the app's rows with its storage class, as SQLite says it is stored, and the same
 * of a payload on the wire. Shares no code with the client.
 */
public final class TypedRows {

  private static final String NULL = "null";

  private TypedRows() {}

  /** Of a device's file, by row and column; columns that it does not have yet are left out. */
  public static Map<RowId, Map<String, String>> read(Device device) {
    Observer observer = device.observer();
    List<AppTable.Later> lacking = Migrations.lacking(observer.app(), observer);
    Map<RowId, Map<String, String>> rows = new TreeMap<>();
    try {
      for (AppTable table : observer.app().tables()) {
        read(observer, table, lacking, rows);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
    return rows;
  }

  private static void read(
      Observer observer,
      AppTable table,
      List<AppTable.Later> lacking,
      Map<RowId, Map<String, String>> rows)
      throws SQLException {
    List<String> names =
        table.columns().stream()
            .map(Column::name)
            .filter(
                name ->
                    lacking.stream()
                        .noneMatch(l -> l.table().equals(table.name()) && l.column().equals(name)))
            .toList();
    List<String> selected = new ArrayList<>(List.of(table.key()));
    for (String name : names) {
      selected.add("typeof(" + name + ")");
      selected.add(name);
    }
    observer.query(
        "SELECT " + String.join(", ", selected) + " FROM " + table.name(),
        row -> {
          Map<String, String> values = new TreeMap<>();
          for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), stored(row.getString(2 * i + 2), row.getObject(2 * i + 3)));
          }
          rows.put(new RowId(table.name(), table.wireKeyOfLocal(Marks.text(row, 1))), values);
        });
  }

  private static String stored(String storageClass, Object value) {
    if (value == null) {
      return NULL;
    }
    if (value instanceof byte[] bytes) {
      return storageClass + " " + HexFormat.of().formatHex(bytes);
    }
    // SQLite's two zeros are one value on the wire (client specification 6).
    return storageClass + " " + (value instanceof Double number ? number + 0.0 : value);
  }

  /** Of a payload with numbers as text; what a column cannot hold reads as it is. */
  public static Map<String, String> ofWire(AppTable table, JsonNode payload) {
    Map<String, String> values = new TreeMap<>();
    for (Column column : table.columns()) {
      JsonNode value = payload.path(column.name());
      if (!value.isMissingNode()) {
        values.put(column.name(), value.isNull() ? NULL : wire(column, value));
      }
    }
    return values;
  }

  private static String wire(Column column, JsonNode value) {
    String text = value.asText();
    try {
      return switch (column.kind()) {
        case TEXT -> "text " + text;
        case INTEGER -> "integer " + Long.parseLong(text);
        case REAL -> "real " + (Double.parseDouble(text) + 0.0);
        case BLOB -> "blob " + HexFormat.of().formatHex(Base64.getDecoder().decode(text));
        case UUID_BLOB -> "blob " + text.replace("-", "");
      };
    } catch (IllegalArgumentException unreadable) {
      return "unreadable " + text;
    }
  }
}
