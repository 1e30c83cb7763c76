package dev.oversqlite4j.sync;

import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.SnapshotRowApplyFailedException;
import dev.oversqlite4j.SnapshotSemanticException;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowAuthority.Liveness;
import dev.oversqlite4j.spi.StagedRow;
import java.util.List;

/** Puts a complete stage in the place of all managed rows (spec 4.6.4 steps 2 and 3). */
final class SnapshotRows {

  private SnapshotRows() {}

  /**
   * Legal inside {@code Rows.authoritative} only.
   *
   * @throws SnapshotRowApplyFailedException a constraint of the app's schema refuses a row
   */
  static void replace(SyncContext ctx, LocalTransaction tx, StagedSnapshot staged) {
    tx.rows().wipeAll();
    long applied = 0;
    long cursor = 0;
    while (applied < staged.rowCount()) {
      List<StagedRow> page =
          tx.stage()
              .page(
                  staged.snapshotId(),
                  cursor,
                  ctx.options().snapshotApplyBatchRows(),
                  ctx.options().snapshotApplyBatchBytes());
      if (page.isEmpty()) {
        throw new SnapshotSemanticException("the stage holds fewer rows than it declares");
      }
      for (StagedRow row : page) {
        apply(ctx, tx, row);
        cursor = row.ordinal();
      }
      applied += page.size();
    }
  }

  private static void apply(SyncContext ctx, LocalTransaction tx, StagedRow row) {
    try {
      tx.rows().upsert(row.key(), ctx.store().codec().decodeStaged(row.key(), row.wirePayload()));
    } catch (LocalWriteFailedException refused) {
      throw new SnapshotRowApplyFailedException(
          row.ordinal(), ctx.store().codec().schemaName(), row.key().table(), refused);
    }
    tx.rows().setAuthority(row.key(), new RowAuthority(row.rowVersion(), Liveness.LIVE));
  }
}
