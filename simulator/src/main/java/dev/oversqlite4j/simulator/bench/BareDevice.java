package dev.oversqlite4j.simulator.bench;

import dev.oversqlite4j.simulator.bench.RecordedWork.Exchanged;
import dev.oversqlite4j.simulator.bench.RecordedWork.Executed;
import dev.oversqlite4j.simulator.world.Business;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.sqlite.SQLiteConfig;

/**
 * Does what was recorded of one device again: plain JDBC with kept statements, every row read, and
 * a plain socket. Used by one thread.
 */
final class BareDevice implements AutoCloseable {

  private final Path file;
  private final Map<Integer, BareConnection> connections = new HashMap<>();
  private Optional<BareSocket> socket = Optional.empty();
  private long executed;
  private long failed;

  private static final class BareConnection {
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    BareConnection(Connection connection) {
      this.connection = connection;
    }
  }

  /** One with the app's own tables. */
  BareDevice(Path file) {
    this.file = file;
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      for (String ddl : Business.DDL) {
        statement.executeUpdate(ddl);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark cannot create its database", e);
    }
  }

  /** How many statements there were, and how many of them failed. */
  record Tally(long executed, long failed) {
    Tally plus(Tally other) {
      return new Tally(executed + other.executed, failed + other.failed);
    }
  }

  Tally tally() {
    return new Tally(executed, failed);
  }

  private Connection connect() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setSynchronous(SQLiteConfig.SynchronousMode.OFF);
    config.setBusyTimeout(0);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  /** A process begins; what the one before it had open is closed. */
  void start() {
    try {
      for (BareConnection open : connections.values()) {
        open.connection.close();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark's connections do not close", e);
    }
    connections.clear();
    socket.ifPresent(BareSocket::close);
    socket = Optional.empty();
  }

  /** Statements may fail here that did not: what SQLite calls random is other numbers. */
  void execute(Executed item) {
    executed++;
    try {
      BareConnection on = connections.get(item.connection());
      if (on == null) {
        on = new BareConnection(connect());
        connections.put(item.connection(), on);
      }
      try {
        PreparedStatement statement = on.statements.get(item.sql());
        if (statement == null) {
          statement = on.connection.prepareStatement(item.sql());
          on.statements.put(item.sql(), statement);
        }
        for (int i = 0; i < item.binds().size(); i++) {
          statement.setObject(i + 1, item.binds().get(i));
        }
        if (statement.execute()) {
          read(statement);
        }
      } catch (SQLException refused) {
        failed++;
        // The driver finalises it.
        on.statements.remove(item.sql());
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark cannot connect", e);
    }
  }

  private static void read(PreparedStatement statement) throws SQLException {
    try (ResultSet rows = statement.getResultSet()) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        for (int column = 1; column <= columns; column++) {
          rows.getObject(column);
        }
      }
    }
  }

  void exchange(Exchanged item) {
    if (socket.isEmpty()) {
      socket = Optional.of(new BareSocket());
    }
    socket.get().exchange(item.request(), item.answer());
  }

  @Override
  public void close() {
    start();
  }
}
