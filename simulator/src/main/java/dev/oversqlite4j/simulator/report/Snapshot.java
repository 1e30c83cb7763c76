package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.disk.LogicalContent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every row of a database at one moment, as SQL literals by table and primary key. What only tells
 * when something happened is left out, or every change would drown in it.
 */
record Snapshot(SortedMap<String, Table> tables) {

  /** One table; the key of a row is its primary key, or all of it where there is none. */
  record Table(List<String> keyColumns, SortedMap<String, Map<String, String>> rows) {}

  /** What happened to one row. */
  record RowChange(String table, Kind kind, List<CellChange> cells) {
    enum Kind {
      ADDED,
      CHANGED,
      REMOVED
    }
  }

  /**
   * What happened to one value; of a changed row only the key and what changed.
   *
   * @param before empty in an added row, and where the value is the same as after
   * @param after empty in a removed row
   */
  record CellChange(String column, Optional<String> before, Optional<String> after) {}

  static Snapshot of(Path file) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA query_only=ON");
      statement.execute("BEGIN");
      SortedMap<String, Table> tables = new TreeMap<>();
      for (String name : names(statement)) {
        tables.put(name, table(statement, name));
      }
      return new Snapshot(tables);
    } catch (SQLException e) {
      throw new IllegalStateException("The report cannot read a device's file", e);
    }
  }

  private static List<String> names(Statement statement) throws SQLException {
    List<String> names = new ArrayList<>();
    try (ResultSet row =
        statement.executeQuery(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
                + " ESCAPE '\\'")) {
      while (row.next()) {
        names.add(row.getString(1));
      }
    }
    return names;
  }

  private static Table table(Statement statement, String name) throws SQLException {
    String quoted = '"' + name.replace("\"", "\"\"") + '"';
    List<String> keys = new ArrayList<>();
    List<String> columns = new ArrayList<>();
    try (ResultSet row = statement.executeQuery("PRAGMA table_info(" + quoted + ")")) {
      while (row.next()) {
        columns.add(row.getString("name"));
        if (row.getInt("pk") > 0) {
          keys.add(row.getString("name"));
        }
      }
    }
    SortedMap<String, Map<String, String>> rows = new TreeMap<>();
    try (ResultSet row = statement.executeQuery("SELECT * FROM " + quoted)) {
      while (row.next()) {
        Map<String, String> cells = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
          if (!LogicalContent.TIMES_AND_CHAIN.contains(columns.get(i))) {
            cells.put(columns.get(i), LogicalContent.literal(row.getObject(i + 1)));
          }
        }
        rows.put(key(keys, cells), cells);
      }
    }
    return new Table(keys, rows);
  }

  // Numbers in their order: seq 9 comes before seq 10.
  private static String key(List<String> keys, Map<String, String> cells) {
    StringBuilder key = new StringBuilder();
    for (Map.Entry<String, String> cell : cells.entrySet()) {
      if (keys.isEmpty() || keys.contains(cell.getKey())) {
        String value = cell.getValue();
        boolean number = value.matches("\\d{1,19}");
        key.append(number ? "0".repeat(19 - value.length()) + value : value).append(' ');
      }
    }
    return key.toString();
  }

  /** What turned an earlier moment into this one, table by table, row by row. */
  List<RowChange> since(Snapshot before) {
    List<RowChange> changes = new ArrayList<>();
    SortedMap<String, Table> all = new TreeMap<>(before.tables);
    all.putAll(tables);
    Table none = new Table(List.of(), new TreeMap<>());
    for (String name : all.keySet()) {
      Table old = before.tables.getOrDefault(name, none);
      Table now = tables.getOrDefault(name, none);
      SortedMap<String, Map<String, String>> keys = new TreeMap<>(old.rows);
      keys.putAll(now.rows);
      for (String key : keys.keySet()) {
        change(name, all.get(name), old.rows.get(key), now.rows.get(key)).ifPresent(changes::add);
      }
    }
    return changes;
  }

  private static Optional<RowChange> change(
      String table, Table layout, Map<String, String> before, Map<String, String> after) {
    if (before == null) {
      return Optional.of(
          new RowChange(
              table,
              RowChange.Kind.ADDED,
              after.entrySet().stream()
                  .map(c -> new CellChange(c.getKey(), Optional.empty(), Optional.of(c.getValue())))
                  .toList()));
    }
    if (after == null) {
      return Optional.of(
          new RowChange(
              table,
              RowChange.Kind.REMOVED,
              before.entrySet().stream()
                  .map(c -> new CellChange(c.getKey(), Optional.of(c.getValue()), Optional.empty()))
                  .toList()));
    }
    if (before.equals(after)) {
      return Optional.empty();
    }
    List<CellChange> cells = new ArrayList<>();
    after.forEach(
        (column, value) -> {
          Optional<String> old = Optional.ofNullable(before.get(column));
          if (!old.equals(Optional.of(value))) {
            cells.add(new CellChange(column, old.or(() -> Optional.of("")), Optional.of(value)));
          } else if (layout.keyColumns.contains(column)) {
            cells.add(new CellChange(column, Optional.empty(), Optional.of(value)));
          }
        });
    return Optional.of(new RowChange(table, RowChange.Kind.CHANGED, cells));
  }
}
