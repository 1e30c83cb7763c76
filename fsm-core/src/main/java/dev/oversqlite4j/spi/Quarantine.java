package dev.oversqlite4j.spi;

import dev.oversqlite4j.QuarantinedRow;
import java.util.Collection;
import java.util.List;

/** Dirty rows that cannot be sent ({@code _fsm_quarantine}, spec 4.4.7). */
public interface Quarantine {

  long count();

  /** Moves a dirty row here. */
  void add(DirtyRow row, dev.oversqlite4j.QuarantineCause cause);

  boolean contains(RowKey key);

  /**
   * Forgets the entries whose key is dirty again: a later local write gives them a new chance. It
   * builds on the version the quarantined edit built on, so that a peer's edit in between is a
   * conflict and not overwritten.
   */
  void dropSuperseded();

  /** Moves every entry back to the dirty rows; an entry whose key is dirty already is dropped. */
  void restoreAll();

  /** The same for the entries that are here only because another one was. */
  void restoreDependants();

  /** Removes one; nothing if absent. */
  void remove(RowKey key);

  /**
   * The dirty rows the server could not take without these, by foreign key and transitively, not
   * including them. What refers to a row the server has is not among them.
   */
  List<RowKey> dependants(Collection<RowKey> keys);

  List<QuarantinedRow> all();

  /** Removes everything; the user's data leaves this database (spec 4.7). */
  void wipe();
}
