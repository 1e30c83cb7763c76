package dev.oversqlite4j.sync;

import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.SnapshotSemanticException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.StagedRow;
import dev.oversqlite4j.spi.SyncServer.SnapshotPage;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.WireRow;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Brings a snapshot into the stage, whatever it is for (spec 4.2.2 step 3, 4.6.2). */
final class SnapshotDownload {

  private enum Progress {
    DOWNLOADING,
    COMPLETE
  }

  private final SyncContext ctx;
  private final String source;
  private final Capabilities capabilities;
  private final BiConsumer<LocalTransaction, StagedSnapshot> record;

  /**
   * @param record keeps how far the stage came, where that outlives the process
   */
  SnapshotDownload(
      SyncContext ctx,
      String source,
      Capabilities capabilities,
      BiConsumer<LocalTransaction, StagedSnapshot> record) {
    this.ctx = ctx;
    this.source = source;
    this.capabilities = capabilities;
    this.record = record;
  }

  /**
   * Stages the snapshot of {@code first}; if that session expires under us, starts over once with
   * one of {@code again} (appendix A note 3).
   *
   * @throws RefusedException the server refused to create the second session
   */
  StagedSnapshot run(SnapshotSession first, Supplier<SnapshotSession> again) {
    try {
      return stage(first);
    } catch (RefusedException gone) {
      if (!(gone.refusal() instanceof Refusal.SnapshotSessionGone)) {
        throw Refusals.surface(gone.refusal());
      }
    }
    SnapshotSession second = again.get();
    try {
      return stage(second);
    } catch (RefusedException refused) {
      throw Refusals.surface(refused.refusal());
    }
  }

  /** T10, T11, T12: one transaction per page; the session is given back whatever happens. */
  private StagedSnapshot stage(SnapshotSession session) {
    try {
      ctx.write(
          tx ->
              ctx.fire(
                  tx,
                  Trigger.STAGE_SESSION,
                  () -> {
                    tx.stage().clear();
                    record.accept(tx, staged(session, Progress.DOWNLOADING));
                  }));
      ctx.progress().phase(ProgressPhase.STAGING_REMOTE_STATE, OptionalLong.of(session.rowCount()));
      long cursor = 0;
      long bytes = 0;
      boolean more = session.rowCount() > 0;
      while (more) {
        SnapshotPage page = ctx.server().snapshotPage(source, session, capabilities, cursor);
        List<StagedRow> rows = decoded(page.rows(), cursor);
        bytes += page.byteCount();
        if (page.nextOrdinal() > session.rowCount() || bytes > session.byteCount()) {
          throw new SnapshotSemanticException("more rows or bytes than the session declared");
        }
        ctx.write(
            tx ->
                ctx.fire(
                    tx,
                    Trigger.STAGE_CHUNK,
                    Facts.of("stagedRows", page.nextOrdinal()),
                    () -> tx.stage().append(session.snapshotId(), rows)));
        cursor = page.nextOrdinal();
        ctx.progress().done(cursor);
        more = page.hasMore();
      }
      if (cursor != session.rowCount() || bytes != session.byteCount()) {
        throw new SnapshotSemanticException("fewer rows or bytes than the session declared");
      }
      StagedSnapshot complete = staged(session, Progress.COMPLETE);
      ctx.write(tx -> ctx.fire(tx, Trigger.STAGE_DONE, () -> record.accept(tx, complete)));
      return complete;
    } finally {
      ctx.server().deleteSnapshot(source, session.snapshotId());
    }
  }

  private static StagedSnapshot staged(SnapshotSession session, Progress progress) {
    return new StagedSnapshot(
        session.snapshotId(),
        session.bundleSeq(),
        session.rowCount(),
        session.byteCount(),
        progress == Progress.COMPLETE);
  }

  /** Every row of a page is checked before any is stored. */
  private List<StagedRow> decoded(List<WireRow> rows, long cursor) {
    List<StagedRow> staged = new ArrayList<>();
    long ordinal = cursor;
    for (WireRow row : rows) {
      ordinal++;
      staged.add(
          new StagedRow(
              ordinal,
              ctx.store().codec().snapshotKey(row),
              row.rowVersion(),
              row.payload().orElseThrow().toString()));
    }
    return staged;
  }
}
