package dev.oversqlite4j;

import java.util.List;

/** Read side of the lifecycle journal. Safe to use from any thread while the client is open. */
public interface LifecycleJournal {
  /**
   * Entries in order.
   *
   * @param afterSeq only entries with a higher number; 0 for the oldest that is kept
   * @param limit at most this many, at least 1
   * @throws ClientClosedException after the client was closed
   * @throws DatabaseBusyException if another connection holds the database
   * @throws DatabaseIoException if the disk fails
   */
  List<JournalEntry> entries(long afterSeq, int limit);
}
