package dev.oversqlite4j.spi;

import java.util.List;

/** The single frozen outbound bundle ({@code _sync_outbox_bundle}, {@code _sync_outbox_rows}). */
public interface Outbox {

  /** The frozen rows by ordinal. */
  List<FrozenRow> rows();

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
