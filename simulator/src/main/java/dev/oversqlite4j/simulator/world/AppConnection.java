package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.disk.SeamDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A connection of the app, with the statements it keeps. Dies with its process. */
final class AppConnection {

  private final SimulatedApp app;
  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();
  private Optional<Observer> inside = Optional.empty();

  /**
   * @param connection one behind the seams
   */
  AppConnection(SimulatedApp app, Connection connection) {
    this.app = app;
    this.connection = connection;
  }

  Connection connection() {
    return connection;
  }

  /** What the connection sees, its open transaction included. */
  Observer inside() {
    if (inside.isEmpty()) {
      inside = Optional.of(Observer.inside(app, SeamDataSource.beneath(connection)));
    }
    return inside.get();
  }

  /** A statement, kept as long as the connection. */
  PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    return statement;
  }

  void forgetStatements() throws SQLException {
    for (PreparedStatement statement : statements.values()) {
      statement.close();
    }
    statements.clear();
  }
}
