package dev.oversqlite4j.persistence;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.spi.ControlState;
import java.util.Map;
import java.util.Optional;

/**
 * What the last transaction of a connection left behind, for the next one, which otherwise asks
 * questions that were just answered; one of them counts the whole outbox. Whether another
 * connection committed since is one number, SQLite's {@code data_version}. What this connection
 * writes is known: nobody else has it while the store is claimed.
 */
final class LastCommit {

  /**
   * As read after everything that the transaction wrote.
   *
   * @param heads the last row of machines; a machine that is missing was not looked for
   */
  record Left(Optional<ControlState> control, Map<String, JournalEntry> heads) {

    static final Left NOTHING = new Left(Optional.empty(), Map.of());
  }

  private Left left = Left.NOTHING;
  private long version;

  /** For a transaction that sees this {@code data_version}. */
  Left at(long version) {
    return version == this.version ? left : Left.NOTHING;
  }

  /** A transaction that saw this {@code data_version} was committed. */
  void keep(Left left, long version) {
    this.left = left;
    this.version = version;
  }

  /** A transaction ended otherwise; what it left behind nobody knows. */
  void forget() {
    left = Left.NOTHING;
  }
}
