package dev.oversqlite4j.sync;

import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.RebuildMode;
import dev.oversqlite4j.RestoreSummary;
import dev.oversqlite4j.SnapshotFinalApplyGateException;
import dev.oversqlite4j.SnapshotSemanticException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowAuthority.Liveness;
import dev.oversqlite4j.spi.StagedRow;
import dev.oversqlite4j.spi.SyncServer.SnapshotPage;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.WireRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Replaces anonymous local rows by the server's snapshot (spec 4.2.2). */
final class RemoteReplace {

  private final SyncContext ctx;

  RemoteReplace(SyncContext ctx) {
    this.ctx = ctx;
  }

  /**
   * @param opened a snapshot session that is open already
   */
  RestoreSummary run(
      String user, String source, Capabilities capabilities, Optional<SnapshotSession> opened) {
    // Step 1.
    ctx.write(
        tx -> {
          if (!(tx.controlState().operation() instanceof Operation.RemoteReplace)) {
            begin(tx, user);
          }
          return null;
        });
    // Step 3.
    StagedSnapshot staged = ensureStaged(source, capabilities, opened);
    // Step 4.
    ControlState guard = ctx.read(LocalTransaction::controlState);
    ctx.progress().phase(ProgressPhase.APPLYING_REMOTE_STATE, OptionalLong.of(staged.rowCount()));
    RestoreSummary restored =
        ctx.writeRows(changed -> tx -> apply(tx, user, staged, guard, changed));
    // One transaction: all of it is done, or none.
    ctx.progress().done(restored.rowCount());
    return restored;
  }

  /** T8: the dirty rows are held, not deleted, so that a cancellation can restore them (W-13). */
  private void begin(LocalTransaction tx, String user) {
    ctx.fire(
        tx,
        Trigger.CONNECT_REMOTE_AUTH,
        Facts.of("user", tx.attachment().userHash(user), "held", tx.dirtyRows().count()),
        () -> {
          tx.discardedIntents().holdDirtyRows(ctx.opId());
          tx.attachment().bind(new Anonymous());
          tx.attachment().operation(new Operation.RemoteReplace(user, Optional.empty()));
        });
  }

  private StagedSnapshot ensureStaged(
      String source, Capabilities capabilities, Optional<SnapshotSession> opened) {
    Optional<StagedSnapshot> reusable = ctx.read(RemoteReplace::completeStage);
    if (reusable.isPresent()) {
      opened.ifPresent(s -> ctx.server().deleteSnapshot(source, s.snapshotId()));
      return reusable.get();
    }
    SnapshotSession session =
        opened.orElseGet(() -> ctx.server().createSnapshot(source, Optional.empty()));
    try {
      return stage(source, capabilities, session);
    } catch (RefusedException gone) {
      if (!(gone.refusal() instanceof Refusal.SnapshotSessionGone)) {
        throw Refusals.surface(gone.refusal());
      }
    }
    // The session expired under us: start over once, with a fresh one (appendix A note 3).
    SnapshotSession second = ctx.server().createSnapshot(source, Optional.empty());
    try {
      return stage(source, capabilities, second);
    } catch (RefusedException refused) {
      throw Refusals.surface(refused.refusal());
    }
  }

  /** Only a stage that says it is complete, and is, may be used again (W-33). */
  private static Optional<StagedSnapshot> completeStage(LocalTransaction tx) {
    return tx.controlState().operation() instanceof Operation.RemoteReplace replace
        ? replace
            .stage()
            .filter(StagedSnapshot::complete)
            .filter(s -> tx.stage().count(s.snapshotId()) == s.rowCount())
        : Optional.empty();
  }

  /** T10, T11, T12: one transaction per page; the session is given back whatever happens. */
  private StagedSnapshot stage(String source, Capabilities capabilities, SnapshotSession session) {
    try {
      ctx.write(
          tx ->
              ctx.fire(
                  tx,
                  Trigger.STAGE_SESSION,
                  () -> {
                    tx.stage().clear();
                    setStage(tx, staged(session, Progress.DOWNLOADING));
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
      ctx.write(tx -> ctx.fire(tx, Trigger.STAGE_DONE, () -> setStage(tx, complete)));
      return complete;
    } finally {
      ctx.server().deleteSnapshot(source, session.snapshotId());
    }
  }

  private enum Progress {
    DOWNLOADING,
    COMPLETE
  }

  private static StagedSnapshot staged(SnapshotSession session, Progress progress) {
    return new StagedSnapshot(
        session.snapshotId(),
        session.bundleSeq(),
        session.rowCount(),
        session.byteCount(),
        progress == Progress.COMPLETE);
  }

  private static void setStage(LocalTransaction tx, StagedSnapshot stage) {
    Operation.RemoteReplace replace = (Operation.RemoteReplace) tx.controlState().operation();
    tx.attachment()
        .operation(new Operation.RemoteReplace(replace.targetUserId(), Optional.of(stage)));
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
              ctx.store().codec().decode(row).key(),
              row.rowVersion(),
              row.payload().orElseThrow().toString()));
    }
    return staged;
  }

  /** T13: the old rows, the new rows and the attachment change in one transaction (4.6.4). */
  private RestoreSummary apply(
      LocalTransaction tx,
      String user,
      StagedSnapshot staged,
      ControlState guard,
      Consumer<String> changed) {
    if (!tx.controlState().equals(guard)) {
      throw new SnapshotFinalApplyGateException(
          RebuildMode.REMOTE_REPLACE, SnapshotFinalApplyGateException.Reason.OPERATION_CHANGED);
    }
    long[] discarded = new long[1];
    ctx.fire(
        tx,
        Trigger.APPLY_REMOTE,
        Facts.of("user", tx.attachment().userHash(user), "rows", staged.rowCount()),
        () -> {
          tx.rows().authoritative(() -> replaceRows(tx, staged));
          discarded[0] = tx.discardedIntents().discardHeld();
          tx.attachment().bind(new Attached(user, staged.bundleSeq(), false, Optional.empty()));
          tx.attachment().operation(Operation.None.PLAIN);
          tx.stage().clear();
        });
    ctx.store().codec().tables().forEach(t -> changed.accept(t.name()));
    return new RestoreSummary(staged.bundleSeq(), staged.rowCount(), discarded[0]);
  }

  private void replaceRows(LocalTransaction tx, StagedSnapshot staged) {
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
        tx.rows().upsert(row.key(), ctx.store().codec().decodeStaged(row.key(), row.wirePayload()));
        tx.rows().setAuthority(row.key(), new RowAuthority(row.rowVersion(), Liveness.LIVE));
        cursor = row.ordinal();
      }
      applied += page.size();
    }
  }
}
