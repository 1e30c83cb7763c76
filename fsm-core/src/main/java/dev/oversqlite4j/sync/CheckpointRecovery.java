package dev.oversqlite4j.sync;

import dev.oversqlite4j.CheckpointRecoveryBlockedException;
import dev.oversqlite4j.CheckpointRecoveryBlockedException.Reason;
import dev.oversqlite4j.CheckpointRecoveryBlockedException.ReplayState;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RestoreSummary;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation.CheckpointRecoveryReason;
import dev.oversqlite4j.spi.OutboxState;
import java.util.Set;

/**
 * What {@code sync()} and {@code pullToStable()} do by themselves when the checkpoint is unusable
 * (spec 4.6.1): send what waits, then start over from a snapshot. The source is kept; where it
 * cannot be, they say so and the app decides.
 */
final class CheckpointRecovery {

  /** What these say does not become truer by calling it blocked. */
  private static final Set<ErrorCategory> AS_THEY_ARE =
      Set.of(
          ErrorCategory.NETWORK,
          ErrorCategory.AUTH,
          ErrorCategory.STORAGE,
          ErrorCategory.CANCELLED);

  private final SyncContext ctx;
  private final Push push;
  private final Rebuild rebuild;

  CheckpointRecovery(SyncContext ctx) {
    this.ctx = ctx;
    this.push = new Push(ctx);
    this.rebuild = new Rebuild(ctx);
  }

  /** Whether the durable state asks for it. */
  boolean due() {
    DurableState state = ctx.read(ctx.lifecycle()::state);
    return state == DurableState.REBUILD_REQUIRED || state == DurableState.REBUILD_COMMITTED;
  }

  /**
   * The server refused the checkpoint: the gate is set before anything else happens (T27).
   *
   * @param trigger {@link Trigger#HISTORY_PRUNED} or {@link Trigger#CHECKPOINT_AHEAD}
   */
  void gate(Trigger trigger) {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                trigger,
                () ->
                    Rebuild.gate(
                        tx,
                        trigger == Trigger.HISTORY_PRUNED
                            ? CheckpointRecoveryReason.HISTORY_PRUNED
                            : CheckpointRecoveryReason.CHECKPOINT_AHEAD)));
  }

  /**
   * @param call the public call it runs in
   * @throws CheckpointRecoveryBlockedException what waits could not be sent; by automatic downloads
   *     it never is
   * @throws SourceRecoveryRequiredException the source cannot go on; {@code rebuild()} can
   */
  RestoreSummary run(Call call) {
    ControlState start = ctx.read(tx -> Gates.attached(ctx, tx, call));
    if (ctx.read(tx -> waiting(tx))) {
      if (call == Call.AUTO_TICK) {
        throw blocked(Reason.PENDING_WORK, null);
      }
      drain(call);
    }
    return rebuild.fromSnapshot(
        Gates.remote(ctx, start.sourceId().orElseThrow()), CheckpointRecoveryReason.RESUME);
  }

  /**
   * A committed bundle needs no sending: the snapshot has it. An account that waits for our seed
   * has no snapshot, so even a lease with nothing to seed comes first: a push gives it back.
   */
  private static boolean waiting(LocalTransaction tx) {
    ControlState control = tx.controlState();
    boolean seeding = control.attached().flatMap(Attached::lease).isPresent();
    return control.outbox() instanceof OutboxState.Prepared
        || (control.outbox() instanceof OutboxState.Empty
            && (seeding || tx.dirtyRows().count() > 0));
  }

  /** T28. What the app writes meanwhile is carried over to the snapshot and no obstacle. */
  private void drain(Call call) {
    if (ctx.pauses().paused(Pauses.Direction.UPLOADS)) {
      throw blocked(Reason.UPLOAD_PAUSED, null);
    }
    try {
      push.run(call);
    } catch (RebuildRequiredException unreplayable) {
      // The bundle is committed and in the snapshot, which is all that matters now.
      return;
    } catch (SourceRecoveryRequiredException | CorruptLocalStateException asItIs) {
      throw asItIs;
    } catch (OversqliteException failure) {
      if (AS_THEY_ARE.contains(failure.category()) || !due()) {
        throw failure;
      }
      throw blocked(Reason.PUSH_FAILED, failure);
    }
    if (ctx.read(tx -> tx.controlState().outbox() instanceof OutboxState.Prepared)) {
      throw blocked(Reason.PENDING_WORK, null);
    }
  }

  private CheckpointRecoveryBlockedException blocked(Reason reason, Throwable cause) {
    return ctx.read(
        tx ->
            new CheckpointRecoveryBlockedException(
                reason,
                tx.dirtyRows().count(),
                tx.outbox().rowCount(),
                replayState(tx.controlState().outbox()),
                cause));
  }

  private static ReplayState replayState(OutboxState outbox) {
    if (outbox instanceof OutboxState.Empty) {
      return ReplayState.NONE;
    }
    return outbox instanceof OutboxState.Prepared
        ? ReplayState.PREPARED
        : ReplayState.COMMITTED_REMOTE;
  }
}
