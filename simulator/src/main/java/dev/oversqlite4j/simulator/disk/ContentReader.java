package dev.oversqlite4j.simulator.disk;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads the logical content of one connection again and again: after each commit of a simulation,
 * where preparing one statement per table would cost more than everything else.
 */
final class ContentReader implements AutoCloseable {

  private record Table(String name, PreparedStatement rows, List<String> columns) {}

  private static final String LEFT_OUT = "";

  private final LogicalContent content;
  private final Connection connection;
  private final List<Table> tables = new ArrayList<>();
  private PreparedStatement schemaVersion;
  private int preparedForSchema;

  ContentReader(LogicalContent content, Connection connection) {
    this.content = content;
    this.connection = connection;
  }

  String hash() throws SQLException {
    return LogicalContent.hash(dump());
  }

  SortedMap<String, List<String>> dump() throws SQLException {
    SortedMap<String, List<String>> result = new TreeMap<>();
    if (content.isNone()) {
      return result;
    }
    prepare();
    for (Table table : tables) {
      result.put(table.name(), rows(table));
    }
    return result;
  }

  private void prepare() throws SQLException {
    if (schemaVersion == null) {
      schemaVersion = connection.prepareStatement("PRAGMA schema_version");
    }
    int schema;
    try (ResultSet row = schemaVersion.executeQuery()) {
      row.next();
      schema = row.getInt(1);
    }
    if (!tables.isEmpty() && schema == preparedForSchema) {
      return;
    }
    closeTables();
    for (String name : tableNames()) {
      String quoted = '"' + name.replace("\"", "\"\"") + '"';
      PreparedStatement rows = connection.prepareStatement("SELECT * FROM " + quoted);
      tables.add(new Table(name, rows, columns(rows.getMetaData())));
    }
    preparedForSchema = schema;
  }

  private List<String> tableNames() throws SQLException {
    List<String> names = new ArrayList<>();
    // sqlite_stat tables are statistics; sqlite_sequence decides future keys and so is content.
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT name FROM sqlite_schema"
                    + " WHERE type = 'table' AND name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'");
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  private List<String> columns(ResultSetMetaData metaData) throws SQLException {
    List<String> columns = new ArrayList<>();
    for (int column = 1; column <= metaData.getColumnCount(); column++) {
      String name = metaData.getColumnName(column);
      columns.add(content.leavesOut(name) ? LEFT_OUT : name);
    }
    return columns;
  }

  private static List<String> rows(Table table) throws SQLException {
    List<String> result = new ArrayList<>();
    try (ResultSet rows = table.rows().executeQuery()) {
      while (rows.next()) {
        StringBuilder row = new StringBuilder();
        for (int column = 1; column <= table.columns().size(); column++) {
          String name = table.columns().get(column - 1);
          if (!name.equals(LEFT_OUT)) {
            row.append(row.isEmpty() ? "" : ", ").append(name).append('=');
            LogicalContent.appendLiteral(row, rows.getObject(column));
          }
        }
        result.add(row.toString());
      }
    }
    Collections.sort(result);
    return Collections.unmodifiableList(result);
  }

  private void closeTables() throws SQLException {
    for (Table table : tables) {
      table.rows().close();
    }
    tables.clear();
  }

  @Override
  public void close() throws SQLException {
    closeTables();
    if (schemaVersion != null) {
      schemaVersion.close();
      schemaVersion = null;
    }
  }
}
