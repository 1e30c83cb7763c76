package dev.oversqlite4j.persistence;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Journal;
import dev.oversqlite4j.fsm.JournalFailedException;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.Clock;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal in a SQLite database, next to the data its machines are about: the table {@code
 * _fsm_journal}, created by the first transaction.
 *
 * <p>Each transaction takes a connection from the data source and closes it afterwards. It begins
 * {@code IMMEDIATE}, because SQLite refuses to turn a read into a write once another connection has
 * committed. A committed step is as durable as the connection's {@code journal_mode} and {@code
 * synchronous} make it; neither is changed here.
 *
 * <p>Thread-safe if the data source is.
 */
public final class SqliteJournal implements Journal {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteJournal.class);

  /** How long a step waits for another writer. */
  private static final Duration BUSY_TIMEOUT = Duration.ofSeconds(5);

  private final DataSource dataSource;
  private final JournalTable table;
  private final Duration busyTimeout;

  SqliteJournal(DataSource dataSource, Clock clock, Duration busyTimeout) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    this.table = new JournalTable(clock);
    this.busyTimeout = busyTimeout;
  }

  /** A journal in the database of this data source. Nothing is opened or created yet. */
  public static SqliteJournal over(DataSource dataSource) {
    return over(dataSource, Clock.system());
  }

  /** A journal in the database of this data source, whose rows are dated by this clock. */
  public static SqliteJournal over(DataSource dataSource, Clock clock) {
    return new SqliteJournal(dataSource, clock, BUSY_TIMEOUT);
  }

  @Override
  public <R> R transact(Function<? super JournalTransaction, ? extends R> work) {
    return connected(
        "The journal's transaction failed and was rolled back. See the cause.",
        connection -> {
          execute(connection, "BEGIN IMMEDIATE");
          try {
            table.createIfMissing(connection);
            R result = work.apply(new JdbcJournalTransaction(connection, table));
            execute(connection, "COMMIT");
            return result;
          } catch (Throwable any) {
            rollBack(connection, any);
            throw any;
          }
        });
  }

  @Override
  public List<JournalEntry> entries(String machine, long afterSeq, int limit) {
    Objects.requireNonNull(machine, "machine");
    if (limit < 0) {
      throw new IllegalArgumentException("limit is negative: " + limit);
    }
    return connected(
        "The journal of machine " + machine + " could not be read. See the cause.",
        connection ->
            table.exists(connection)
                ? table.entries(connection, machine, afterSeq, limit)
                : List.<JournalEntry>of());
  }

  /**
   * Recomputes the chain of every machine, in time that grows with the journal.
   *
   * @throws JournalFailedException if the journal cannot be read
   */
  public ChainCheck verify() {
    return connected(
        "The journal could not be verified. See the cause.",
        connection ->
            table.exists(connection) ? table.verify(connection) : new ChainCheck.Intact(0));
  }

  private interface Use<R> {
    R with(Connection connection) throws SQLException;
  }

  private <R> R connected(String failure, Use<? extends R> use) {
    try {
      Connection connection = dataSource.getConnection();
      try {
        // A pool may hand out connections that begin transactions of their own accord.
        if (!connection.getAutoCommit()) {
          connection.setAutoCommit(true);
        }
        execute(connection, "PRAGMA busy_timeout = " + busyTimeout.toMillis());
        return use.with(connection);
      } finally {
        close(connection);
      }
    } catch (SQLException failed) {
      throw new JournalFailedException(failure, failed);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** What made it fail is what the caller has to see; closing rolls back too. */
  private static void rollBack(Connection connection, Throwable reason) {
    try {
      execute(connection, "ROLLBACK");
    } catch (SQLException failed) {
      reason.addSuppressed(failed);
    }
  }

  /** A commit has happened or not by now; failing here would say that it had not. */
  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException failed) {
      LOG.warn("A journal connection could not be closed", failed);
    }
  }
}
