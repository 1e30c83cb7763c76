package dev.oversqlite4j.spi;

import dev.oversqlite4j.RowOperation;
import java.util.List;
import java.util.Optional;

/** Captured local intent ({@code _sync_dirty_rows}). */
public interface DirtyRows {

  long count();

  /** All of them in the order of their first touch. */
  List<DirtyRow> all();

  Optional<DirtyRow> find(RowKey key);

  /** Removes one; nothing if absent. */
  void remove(RowKey key);

  /**
   * Writes op, base and payload for {@code key}; an existing row keeps its ordinal, a new one goes
   * to the end.
   */
  void put(RowKey key, RowOperation op, long baseRowVersion, Optional<String> payload);

  /**
   * Captures the deletes that no trigger saw (spec 2.4 rule 8, W-27): looks at the keys that
   * capture noted, and only at these.
   */
  void judgeTouched();

  /**
   * The same by one scan of every table, after rows were written in a way that may have taken
   * others along.
   */
  void judgeVanished();

  /** The same by one scan each, for tables with UNIQUE indexes that notes cannot follow. */
  void judgeScanned();

  /** Whether every row is what it says it is (I11). */
  boolean wellFormed();

  /**
   * Makes what damaged tables still tell of local intent believable again (W-34): the outbox is
   * empty afterwards, every row it or a malformed dirty row named waits as the app's row is now,
   * with the base it had, and so does every row that nobody tracks.
   */
  void salvage();
}
