package dev.oversqlite4j.simulator.bench;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import okhttp3.OkHttpClient;

/**
 * The app inserts, updates and deletes rows of a table whose changes are captured, beside the same
 * in a file that was never opened by the client.
 */
final class CapturedWrites implements SideBySide {

  private static final int ROWS_PER_TRANSACTION = 100;

  private final int rows;
  private final Connection captured;
  private final Connection plain;

  CapturedWrites(Path folder, Bench.Size size) {
    this.rows = size.rows();
    Path synced = folder.resolve("synced.db");
    try {
      this.captured = create(synced);
      this.plain = create(folder.resolve("plain.db"));
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark cannot create its databases", e);
    }
    try (OversqliteClient client =
        OversqliteClient.builder()
            .schema(Business.APP.syncSchema())
            .resolver(Resolver.serverWins())
            .store(SqliteStore.at(synced))
            .server(HttpSyncServer.at("http://localhost/", new OkHttpClient()))
            .build()) {
      client.open();
    }
  }

  private static Connection create(Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA foreign_keys=ON");
      for (String ddl : Business.DDL) {
        statement.executeUpdate(ddl);
      }
    }
    return connection;
  }

  @Override
  public String measure() {
    return "the app's own writes, captured";
  }

  @Override
  public double bar() {
    return 5;
  }

  @Override
  public void ours() {
    write(captured);
  }

  @Override
  public void bare() {
    write(plain);
  }

  private void write(Connection connection) {
    try {
      each(connection, "INSERT INTO measure (id, label, count, ratio) VALUES (?, 'new', 1, 0.5)");
      each(connection, "UPDATE measure SET label = 'changed', count = 2 WHERE id = ?");
      each(connection, "DELETE FROM measure WHERE id = ?");
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark cannot write", e);
    }
  }

  private void each(Connection connection, String sql) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int row = 1; row <= rows; row++) {
        statement.setString(1, RestoredRows.key(row));
        statement.executeUpdate();
        if (row % ROWS_PER_TRANSACTION == 0) {
          connection.commit();
        }
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  @Override
  public void close() {
    try (captured;
        plain) {
      // Both are closed, whatever becomes of the first.
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark's databases do not close", e);
    }
  }
}
