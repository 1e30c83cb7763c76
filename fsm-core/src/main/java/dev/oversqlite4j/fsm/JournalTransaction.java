package dev.oversqlite4j.fsm;

import dev.oversqlite4j.JournalEntry;
import java.sql.Connection;
import java.util.Optional;

/**
 * The open transaction of one step: the journal's half of it, and the way to the other half, where
 * effects write. Valid until the transaction ends, and only on the thread that opened it.
 *
 * <p>Every method throws {@link JournalFailedException} if the journal cannot be read or written.
 */
public interface JournalTransaction {

  /** The last row of a machine, empty if it never moved. */
  Optional<JournalEntry> head(String machine);

  /**
   * Appends a row; sequence, time and chain are the journal's.
   *
   * @return the sequence number the row was given
   */
  long append(String machine, String trigger, String from, String to, String opId, Facts facts);

  /**
   * The transaction as the storage sees it.
   *
   * @throws IllegalArgumentException if this storage offers no such handle
   */
  <C> C unwrap(Class<C> type);

  /**
   * The JDBC connection of the transaction, borrowed: what is written through it commits or rolls
   * back with the journal row. Ending the transaction is the journal's business.
   *
   * @throws IllegalArgumentException if this storage is not JDBC
   */
  default Connection connection() {
    return unwrap(Connection.class);
  }
}
