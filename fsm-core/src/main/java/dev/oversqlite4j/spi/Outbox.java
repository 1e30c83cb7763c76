package dev.oversqlite4j.spi;

import java.util.List;
import java.util.function.Consumer;

/** The single frozen outbound bundle ({@code _sync_outbox_bundle}, {@code _sync_outbox_rows}). */
public interface Outbox {

  /** How many rows {@link #forEach} holds at a time (architecture, cost rules). */
  int PAGE_ROWS = 256;

  /** The frozen rows by ordinal, all in memory: for bundles whose rows are looked at together. */
  List<FrozenRow> rows();

  /** Every frozen row by ordinal, read a page at a time. */
  default void forEach(Consumer<FrozenRow> action) {
    List<FrozenRow> page = rows(0, PAGE_ROWS);
    while (!page.isEmpty()) {
      page.forEach(action);
      page = rows(page.get(page.size() - 1).ordinal() + 1, PAGE_ROWS);
    }
  }

  /** At most {@code maxRows} of them, from this ordinal on. */
  List<FrozenRow> rows(long fromOrdinal, int maxRows);

  long rowCount();

  /** Writes a prepared bundle and its rows; the outbox must be empty. */
  void prepare(OutboxState.Bundle bundle, List<FrozenRow> rows);

  /** Prepared → committed remotely. */
  void markCommitted(long bundleSeq, String bundleHash);

  /** The prepared bundle goes on as bundle 1 of {@code sourceId}, without a lease (T32). */
  void rebind(String sourceId);

  /** Empties the outbox. */
  void clear();
}
