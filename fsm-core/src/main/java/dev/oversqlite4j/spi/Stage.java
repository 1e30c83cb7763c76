package dev.oversqlite4j.spi;

import java.util.List;

/** Snapshot rows on their way in ({@code _sync_snapshot_stage}). */
public interface Stage {

  /** Deletes every staged row of every snapshot. */
  void clear();

  void append(String snapshotId, List<StagedRow> rows);

  long count(String snapshotId);

  /**
   * The rows after {@code afterOrdinal}, at most {@code maxRows} and at most about {@code maxBytes}
   * of payload, but at least one if there is any.
   *
   * @throws dev.oversqlite4j.SnapshotApplyRowTooLargeException one row alone exceeds {@code
   *     maxBytes}
   */
  List<StagedRow> page(String snapshotId, long afterOrdinal, int maxRows, long maxBytes);
}
