package dev.oversqlite4j.spi;

import dev.oversqlite4j.QuarantinedRow;
import java.util.List;

/** Dirty rows that cannot be sent ({@code _fsm_quarantine}, spec 4.4.7). */
public interface Quarantine {

  long count();

  /** Moves a dirty row here. */
  void add(DirtyRow row, dev.oversqlite4j.QuarantineCause cause);

  /** Forgets the entries whose key is dirty again: a later local write gives them a new chance. */
  void dropSuperseded();

  List<QuarantinedRow> all();

  /** Removes everything; the user's data leaves this database (spec 4.7). */
  void wipe();
}
