package dev.oversqlite4j.sync;

import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.RebuildMode;
import dev.oversqlite4j.RestoreSummary;
import dev.oversqlite4j.SnapshotFinalApplyGateException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

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
    Supplier<SnapshotSession> create = () -> ctx.server().createSnapshot(source, Optional.empty());
    return new SnapshotDownload(ctx, source, capabilities, RemoteReplace::setStage)
        .run(opened.orElseGet(create), create);
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

  private static void setStage(LocalTransaction tx, StagedSnapshot stage) {
    Operation.RemoteReplace replace = (Operation.RemoteReplace) tx.controlState().operation();
    tx.attachment()
        .operation(new Operation.RemoteReplace(replace.targetUserId(), Optional.of(stage)));
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
          tx.rows().authoritative(() -> SnapshotRows.replace(ctx, tx, staged));
          discarded[0] = tx.discardedIntents().discardHeld();
          tx.attachment().bind(new Attached(user, staged.bundleSeq(), false, Optional.empty()));
          tx.attachment().operation(Operation.None.PLAIN);
          tx.stage().clear();
        });
    ctx.store().codec().tables().forEach(t -> changed.accept(t.name()));
    return new RestoreSummary(staged.bundleSeq(), staged.rowCount(), discarded[0]);
  }
}
