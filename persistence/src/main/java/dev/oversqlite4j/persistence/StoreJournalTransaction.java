package dev.oversqlite4j.persistence;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.LocalTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The journal's half of a transaction of the store; storage trouble keeps its public type. */
final class StoreJournalTransaction implements JournalTransaction {

  private final Sql sql;
  private final JournalTable table;
  private final LocalTransaction transaction;

  StoreJournalTransaction(Sql sql, JournalTable table, LocalTransaction transaction) {
    this.sql = sql;
    this.table = table;
    this.transaction = transaction;
  }

  @Override
  public Optional<JournalEntry> head(String machine) {
    try {
      return table.exists(sql.connection())
          ? table.head(sql.connection(), machine)
          : Optional.empty();
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  List<JournalEntry> entries(String machine, long afterSeq, int limit) {
    try {
      return table.exists(sql.connection())
          ? table.entries(sql.connection(), machine, afterSeq, limit)
          : List.of();
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  @Override
  public long append(
      String machine, String trigger, String from, String to, String opId, Facts facts) {
    sql.requireWrite();
    try {
      return table.append(sql.connection(), machine, trigger, from, to, opId, facts);
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  @Override
  public <C> C unwrap(Class<C> type) {
    if (type == LocalTransaction.class) {
      return type.cast(transaction);
    }
    if (type == Connection.class) {
      return type.cast(BorrowedConnection.of(sql.connection()));
    }
    throw new IllegalArgumentException(
        "the store offers LocalTransaction and java.sql.Connection, not " + type.getName());
  }
}
