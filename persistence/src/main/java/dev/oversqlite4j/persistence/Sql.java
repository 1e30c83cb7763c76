package dev.oversqlite4j.persistence;

import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SyncOperation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The statements of one transaction. Values cross as null, {@link Long}, {@link Integer}, {@link
 * Double}, {@link String} or {@code byte[]}; results are read completely before a method returns.
 * Dead once {@link #end()} was called.
 */
final class Sql {

  /** What the transaction may do. */
  enum Mode {
    READ,
    WRITE
  }

  /** Reads the current row of a result. */
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private interface Use<R> {
    R on(PreparedStatement statement) throws SQLException;
  }

  private final Database database;
  private final Mode mode;
  private final SyncOperation op;
  private boolean ended;
  private long writes;

  Sql(Database database, Mode mode, SyncOperation op) {
    this.database = database;
    this.mode = mode;
    this.op = op;
  }

  void end() {
    ended = true;
  }

  /** Grows with everything this transaction may have written: what was read before may be stale. */
  long writes() {
    return writes;
  }

  <T> List<T> list(String sql, RowReader<T> reader, Object... values) {
    return use(
        sql,
        statement -> {
          bind(statement, values);
          List<T> found = new ArrayList<>();
          try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              found.add(reader.read(rows));
            }
          }
          return found;
        });
  }

  <T> Optional<T> first(String sql, RowReader<T> reader, Object... values) {
    return use(
        sql,
        statement -> {
          bind(statement, values);
          try (ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(reader.read(rows)) : Optional.empty();
          }
        });
  }

  /** The number in the first column of the only row. */
  long number(String sql, Object... values) {
    return first(sql, row -> row.getLong(1), values)
        .orElseThrow(() -> new IllegalStateException("a query for one number found no row"));
  }

  boolean exists(String sql, Object... values) {
    return first(sql, row -> true, values).isPresent();
  }

  /** Runs a write and returns how many rows it changed itself, without triggers and cascades. */
  long update(String sql, Object... values) {
    requireWrite();
    return use(
        sql,
        statement -> {
          bind(statement, values);
          return (long) statement.executeUpdate();
        });
  }

  void updateAll(String sql, List<Object[]> rows) {
    requireWrite();
    use(
        sql,
        statement -> {
          try {
            for (Object[] values : rows) {
              bind(statement, values);
              statement.addBatch();
            }
            return statement.executeBatch();
          } finally {
            statement.clearBatch();
          }
        });
  }

  /** Runs DDL or a pragma that writes. */
  void execute(String sql) {
    requireWrite();
    requireAlive();
    database.execute(op, sql);
  }

  /** The kept statements of the connection, for the journal, which has its own texts. */
  JournalTable.Statements statements() {
    requireAlive();
    return new JournalTable.Statements() {
      @Override
      public PreparedStatement prepared(String sql) throws SQLException {
        return database.prepared(sql);
      }

      @Override
      public void done(PreparedStatement statement) {
        // Kept for the next transaction.
      }
    };
  }

  /** The connection of this transaction, for what needs one. */
  Connection connection() {
    requireAlive();
    return database.connection();
  }

  /** What a failure means that came out of {@link #connection()}. */
  OversqliteException translate(SQLException failed) {
    return StorageErrors.translate(op, failed);
  }

  private <R> R use(String sql, Use<R> use) {
    requireAlive();
    try {
      return use.on(database.prepared(sql));
    } catch (SQLException failed) {
      throw StorageErrors.translate(op, failed);
    }
  }

  /** Somebody may write past this object. */
  void mayBeWritten() {
    writes++;
  }

  void requireWrite() {
    writes++;
    requireWritable();
  }

  /** For the journal, which nothing that was read before depends on. */
  void requireWritable() {
    if (mode != Mode.WRITE) {
      throw new IllegalStateException("this transaction reads only; use LocalStore.write");
    }
  }

  private void requireAlive() {
    if (ended) {
      throw new IllegalStateException("this transaction has ended; its objects end with it");
    }
  }

  private static void bind(PreparedStatement statement, Object[] values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      if (value == null) {
        statement.setNull(i + 1, Types.NULL);
      } else if (value instanceof String text) {
        statement.setString(i + 1, text);
      } else if (value instanceof Long number) {
        statement.setLong(i + 1, number);
      } else if (value instanceof Integer number) {
        statement.setInt(i + 1, number);
      } else if (value instanceof Double number) {
        statement.setDouble(i + 1, number);
      } else if (value instanceof byte[] bytes) {
        statement.setBytes(i + 1, bytes);
      } else {
        throw new IllegalArgumentException("no SQLite value: " + value.getClass().getName());
      }
    }
  }
}
