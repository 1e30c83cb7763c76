package dev.oversqlite4j.spi;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.RowOperation;
import java.util.List;
import java.util.Optional;

/** The audit of local intent that was dropped on purpose ({@code _fsm_discarded_intent}). */
public interface DiscardedIntents {

  void record(
      String opId, DiscardCause cause, RowKey key, RowOperation op, Optional<String> localPayload);

  /** Moves all dirty rows here, held until the remote replace ends (W-13). Returns how many. */
  long holdDirtyRows(String opId);

  /** Puts the held rows back exactly as they were; for a cancelled remote replace. */
  long restoreHeld();

  /** The remote replace is applied: the held rows are discarded for good. Returns how many. */
  long discardHeld();

  /** Discarded intents (held ones excluded) after {@code afterId}, oldest first. */
  List<DiscardedIntent> list(long afterId, int limit);

  /** Removes everything; the user's data leaves this database (spec 4.7). */
  void wipe();
}
