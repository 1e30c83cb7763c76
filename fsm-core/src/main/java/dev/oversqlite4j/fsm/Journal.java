package dev.oversqlite4j.fsm;

import dev.oversqlite4j.JournalEntry;
import java.util.List;
import java.util.function.Function;

/** Where machines write down every step they take. Many machines share one journal. Thread-safe. */
public interface Journal {

  /**
   * Runs the work in one write transaction, begun before it (no other writer sneaks in between a
   * read and a write) and committed after it. If anything throws, errors included, all of it is
   * rolled back and the same throwable passes through.
   *
   * @throws JournalFailedException if the transaction cannot begin or commit; nothing was changed
   */
  <R> R transact(Function<? super JournalTransaction, ? extends R> work);

  /**
   * Rows of one machine after a sequence number, oldest first, at most {@code limit} of them.
   *
   * @throws JournalFailedException if the journal cannot be read
   */
  List<JournalEntry> entries(String machine, long afterSeq, int limit);
}
