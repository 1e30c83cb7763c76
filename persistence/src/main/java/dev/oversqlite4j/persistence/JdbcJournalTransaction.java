package dev.oversqlite4j.persistence;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalFailedException;
import dev.oversqlite4j.fsm.JournalTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** The journal's half of a transaction that is open on a JDBC connection. */
final class JdbcJournalTransaction implements JournalTransaction {

  private final Connection connection;
  private final JournalTable table;

  JdbcJournalTransaction(Connection connection, JournalTable table) {
    this.connection = connection;
    this.table = table;
  }

  @Override
  public Optional<JournalEntry> head(String machine) {
    try {
      return table.head(JournalTable.Statements.once(connection), machine);
    } catch (SQLException failed) {
      throw new JournalFailedException(
          "The last journal row of machine " + machine + " could not be read. See the cause.",
          failed);
    }
  }

  @Override
  public long append(
      String machine, String trigger, String from, String to, String opId, Facts facts) {
    try {
      return table.append(
          JournalTable.Statements.once(connection), machine, trigger, from, to, opId, facts);
    } catch (SQLException failed) {
      throw new JournalFailedException(
          "The journal row of "
              + trigger
              + " on machine "
              + machine
              + " could not be written; the step was rolled back. See the cause.",
          failed);
    }
  }

  @Override
  public <C> C unwrap(Class<C> type) {
    if (type == Connection.class) {
      return type.cast(BorrowedConnection.of(connection));
    }
    throw new IllegalArgumentException(
        "a JDBC transaction offers java.sql.Connection, not " + type.getName());
  }
}
