package dev.oversqlite4j.persistence;

import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SyncOperation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's one connection between claim and close, in autocommit mode with explicit {@code
 * BEGIN} and {@code COMMIT}, and its prepared statements, one per text. Used by one thread at a
 * time.
 */
final class Database {

  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new LinkedHashMap<>();

  Database(Connection connection) {
    this.connection = connection;
  }

  Connection connection() {
    return connection;
  }

  /** The statement of this text, with the parameters of its last use still bound. */
  PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    return statement;
  }

  /**
   * Begins a transaction. An interrupt can leave one open behind a {@code BEGIN} or {@code
   * ROLLBACK} that reports it, and even behind a pragma that reports success; that one is rolled
   * back.
   */
  void begin(SyncOperation op, String sql) {
    try {
      prepared(sql).execute();
    } catch (SQLException failed) {
      forgetAfter(failed);
      if (!StorageErrors.isPlainError(failed)) {
        throw StorageErrors.translate(op, failed);
      }
      // The only plain error that BEGIN knows: a transaction is open.
      LOG.debug("A transaction was left open", failed);
      execute(op, "ROLLBACK");
      executeKept(op, sql);
    }
  }

  /** Runs a statement without parameters that comes again with every transaction. */
  void executeKept(SyncOperation op, String sql) {
    try {
      prepared(sql).execute();
    } catch (SQLException failed) {
      forgetAfter(failed);
      throw StorageErrors.translate(op, failed);
    }
  }

  /** Runs a statement that is not worth keeping: DDL and pragmas. */
  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void execute(SyncOperation op, String sql) {
    try {
      execute(sql);
    } catch (SQLException failed) {
      throw StorageErrors.translate(op, failed);
    }
  }

  /**
   * Rolls back because of {@code reason}, which is what the caller has to see, whatever happens
   * here. Some errors make SQLite roll back by itself; then there is nothing left to roll back.
   */
  void rollBack(Throwable reason) {
    try {
      execute("ROLLBACK");
    } catch (SQLException | RuntimeException | Error failed) {
      // A crashed connection throws the same instance again, which cannot suppress itself.
      if (failed != reason) {
        reason.addSuppressed(failed);
      }
    }
    forgetAfter(reason);
  }

  /**
   * After a full disk, an interrupt and most other errors the driver finalises the statement that
   * met it, and each later use of that one fails, too. Which of ours it was is not worth knowing.
   */
  private void forgetAfter(Throwable reason) {
    for (Throwable at = reason; at != null; at = at.getCause()) {
      if (at instanceof SQLException) {
        for (PreparedStatement statement : statements.values()) {
          try {
            statement.close();
          } catch (SQLException closed) {
            reason.addSuppressed(closed);
          }
        }
        statements.clear();
        return;
      }
    }
  }

  /** Finalises the kept statements: the driver leaves some of them in progress. */
  void forgetStatements(SyncOperation op) {
    try {
      for (PreparedStatement statement : statements.values()) {
        statement.close();
      }
    } catch (SQLException failed) {
      throw StorageErrors.translate(op, failed);
    }
    statements.clear();
  }

  /** Closing the connection finalises its statements and rolls back what may be open. */
  void close(SyncOperation op) throws OversqliteException {
    statements.clear();
    try {
      connection.close();
    } catch (SQLException failed) {
      throw StorageErrors.translate(op, failed);
    }
  }
}
