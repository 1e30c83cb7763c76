package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.disk.LogicalContent;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** A connection of nobody in the simulation, for looking; it keeps its statements. */
public final class Observer implements AutoCloseable {

  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  private Observer(Connection connection) {
    this.connection = connection;
  }

  /** Looks at a database file. */
  public static Observer of(java.nio.file.Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA query_only=ON");
      // The last connection to close moves the log into the file; nothing here survives a power
      // cut.
      statement.execute("PRAGMA synchronous=OFF");
    }
    return new Observer(connection);
  }

  @FunctionalInterface
  interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  void query(String sql, RowReader reader) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        reader.read(rows);
      }
    }
  }

  /** Runs a statement that returns nothing. */
  void execute(String sql) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    statement.execute();
  }

  /** Everything in the database, under a view. */
  public SortedMap<String, List<String>> content(LogicalContent view) throws SQLException {
    return view.dump(connection);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
