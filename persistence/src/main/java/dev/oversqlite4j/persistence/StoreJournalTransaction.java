package dev.oversqlite4j.persistence;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.LocalTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The journal's half of a transaction of the store; storage trouble keeps its public type. */
final class StoreJournalTransaction implements JournalTransaction {

  private final Sql sql;
  private final JournalTable table;
  private final LocalTransaction transaction;

  private boolean exists;
  private final Map<String, Head> heads = new HashMap<>();

  /**
   * The last row of a machine.
   *
   * @param writes how much the transaction had written when it was read
   */
  private record Head(Optional<JournalEntry> row, long writes) {}

  StoreJournalTransaction(
      Sql sql, JournalTable table, LocalTransaction transaction, Map<String, JournalEntry> left) {
    this.sql = sql;
    this.table = table;
    this.transaction = transaction;
    left.forEach((machine, row) -> heads.put(machine, new Head(Optional.of(row), sql.writes())));
  }

  @Override
  public Optional<JournalEntry> head(String machine) {
    try {
      Head known = heads.get(machine);
      if (known == null) {
        known =
            new Head(
                exists() ? table.head(sql.statements(), machine) : Optional.empty(), sql.writes());
        heads.put(machine, known);
      }
      return known.row();
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  /** Of machines that have one. */
  Map<String, JournalEntry> headsAfterAllWrites() {
    Map<String, JournalEntry> last = new HashMap<>();
    heads.forEach(
        (machine, head) -> {
          if (head.writes() == sql.writes()) {
            head.row().ifPresent(row -> last.put(machine, row));
          }
        });
    return last;
  }

  List<JournalEntry> entries(String machine, long afterSeq, int limit) {
    try {
      return exists() ? table.entries(sql.connection(), machine, afterSeq, limit) : List.of();
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  @Override
  public long append(
      String machine, String trigger, String from, String to, String opId, Facts facts) {
    sql.requireWritable();
    heads.remove(machine);
    try {
      return table.append(sql.statements(), machine, trigger, from, to, opId, facts);
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  /** Makes the last row of a machine its only one. */
  void fold(String machine) {
    sql.requireWrite();
    heads.remove(machine);
    try {
      table.fold(sql.statements(), machine);
    } catch (SQLException failed) {
      throw sql.translate(failed);
    }
  }

  /** Missing before the first open(); once there it stays. */
  private boolean exists() {
    exists = exists || sql.exists(JournalTable.EXISTS);
    return exists;
  }

  @Override
  public <C> C unwrap(Class<C> type) {
    if (type == LocalTransaction.class) {
      return type.cast(transaction);
    }
    if (type == Connection.class) {
      // What is done with it is out of our sight.
      sql.mayBeWritten();
      heads.clear();
      return type.cast(BorrowedConnection.of(sql.connection()));
    }
    throw new IllegalArgumentException(
        "the store offers LocalTransaction and java.sql.Connection, not " + type.getName());
  }
}
