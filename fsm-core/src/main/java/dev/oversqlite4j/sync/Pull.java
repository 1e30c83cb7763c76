package dev.oversqlite4j.sync;

import dev.oversqlite4j.DirtyStateRejectedException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.RemoteSyncReport;
import dev.oversqlite4j.RestoreSummary;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.OperationMatrix;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.OperationMatrix.Cell;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.SyncServer.PullPage;
import dev.oversqlite4j.spi.WireRow;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** {@code pullToStable()} (spec 4.5). */
public final class Pull {

  private final SyncContext ctx;
  private final CheckpointRecovery recovery;

  public Pull(SyncContext ctx) {
    this.ctx = ctx;
    this.recovery = new CheckpointRecovery(ctx);
  }

  /**
   * How a pull ended.
   *
   * @param restore present if the checkpoint was unusable and a snapshot took its place
   */
  record Result(RemoteSyncOutcome outcome, Optional<RestoreSummary> restore) {
    static Result restored(RestoreSummary restore) {
      return new Result(RemoteSyncOutcome.APPLIED_SNAPSHOT, Optional.of(restore));
    }
  }

  /** An explicit pull: it wants a clean slate at its start. */
  public RemoteSyncReport run() {
    // Steps 1 and 2.
    ControlState start =
        ctx.read(
            tx -> {
              ControlState control = Gates.attached(ctx, tx, Call.PULL_TO_STABLE);
              if (control.attached().orElseThrow().rebuildRequired()) {
                return control;
              }
              long frozen = tx.outbox().rowCount();
              if (frozen > 0) {
                throw new PendingPushReplayException(frozen);
              }
              long dirty = tx.dirtyRows().count();
              if (dirty > 0) {
                throw new DirtyStateRejectedException(dirty);
              }
              return control;
            });
    Gates.remote(ctx, start.sourceId().orElseThrow());
    Result result =
        recovery.due()
            ? Result.restored(recovery.run(Call.PULL_TO_STABLE))
            : toStable(start, Call.PULL_TO_STABLE);
    return new RemoteSyncReport(result.outcome(), ctx.read(Status::of), result.restore());
  }

  /**
   * What automatic downloads do (spec 4.10, 9.2): the same, where there is a clean slate, and
   * nothing elsewhere. Never sends anything.
   */
  RemoteSyncOutcome tick() {
    Optional<ControlState> start =
        ctx.read(
            tx -> {
              ControlState control = Gates.attached(ctx, tx, Call.AUTO_TICK);
              Cell cell = OperationMatrix.cell(Call.AUTO_TICK, ctx.lifecycle().state(tx));
              return cell == Cell.PERMITTED && tx.dirtyRows().count() == 0
                  ? Optional.of(control)
                  : Optional.empty();
            });
    if (start.isEmpty()) {
      return RemoteSyncOutcome.ALREADY_AT_TARGET;
    }
    if (recovery.due()) {
      return Result.restored(recovery.run(Call.AUTO_TICK)).outcome();
    }
    Gates.remote(ctx, start.get().sourceId().orElseThrow());
    return toStable(start.get(), Call.AUTO_TICK).outcome();
  }

  /** Steps 3 to 6. */
  Result toStable(ControlState start, Call call) {
    try {
      return new Result(incremental(start), Optional.empty());
    } catch (RefusedException refused) {
      if (refused.refusal() instanceof Refusal.HistoryPruned) {
        recovery.gate(Trigger.HISTORY_PRUNED);
      } else if (refused.refusal() instanceof Refusal.CheckpointAhead) {
        recovery.gate(Trigger.CHECKPOINT_AHEAD);
      } else {
        throw Refusals.surface(refused.refusal());
      }
      return Result.restored(recovery.run(call));
    }
  }

  /**
   * Steps 3 to 5: page by page up to a ceiling fixed by the first page. Rows written meanwhile stay
   * dirty and are no error.
   */
  private RemoteSyncOutcome incremental(ControlState start) {
    String source = start.sourceId().orElseThrow();
    long cursor = start.attached().orElseThrow().checkpoint();
    OptionalLong target = OptionalLong.empty();
    boolean moved = false;
    ctx.progress().phase(ProgressPhase.PULLING, OptionalLong.empty());
    Applying applying = new Applying(cursor);
    while (target.isEmpty() || cursor < target.getAsLong()) {
      PullPage page = page(source, cursor, target, applying);
      if (target.isPresent() && page.stableBundleSeq() != target.getAsLong()) {
        throw semantic("the ceiling moved between pages");
      }
      target = OptionalLong.of(page.stableBundleSeq());
      if (page.lastBundleSeq() == cursor && cursor < page.stableBundleSeq()) {
        throw semantic("the page is empty below the ceiling");
      }
      moved |= page.lastBundleSeq() > cursor;
      cursor = page.lastBundleSeq();
      if (!page.hasMore() && cursor < page.stableBundleSeq()) {
        throw semantic("the last page ends below the ceiling");
      }
    }
    return moved ? RemoteSyncOutcome.APPLIED_INCREMENTAL : RemoteSyncOutcome.ALREADY_AT_TARGET;
  }

  /** Applies each bundle as soon as all of it is here. */
  private final class Applying implements SyncServer.BundleSink {
    private Optional<Incoming> incoming = Optional.empty();
    private final long checkpoint;
    private long applied;

    Applying(long checkpoint) {
      this.checkpoint = checkpoint;
    }

    /** A value that is in no canonical form (spec 6) anywhere spoils the whole page. */
    @Override
    public void check(List<WireRow> rows) {
      rows.forEach(ctx.store().codec()::decode);
    }

    @Override
    public void take(long bundleSeq, List<WireRow> rows, SyncServer.Part part) {
      if (applied == 0 && Checkpoint.startIsPruned(checkpoint, bundleSeq)) {
        throw new RefusedException(new Refusal.HistoryPruned());
      }
      // An account with bundles has been seeded by somebody else (spec 4.4.5).
      LeaseLoss.ifHeld(ctx);
      Incoming bundle =
          incoming.orElseGet(() -> new Incoming(ctx, LocalTransaction::pullStage, bundleSeq, ""));
      incoming = Optional.of(bundle);
      bundle.add(rows);
      if (part == SyncServer.Part.LAST) {
        incoming = Optional.empty();
        Incoming.Arrived arrived = bundle.end();
        ctx.<Void>writeRows(
            changed ->
                tx -> {
                  apply(tx, bundleSeq, arrived, changed);
                  return null;
                });
        applied++;
        ctx.progress().done(applied);
        ctx.bundleBoundary();
      }
    }
  }

  private PullPage page(
      String source, long cursor, OptionalLong target, SyncServer.BundleSink sink) {
    try {
      return ctx.server().pull(source, cursor, target, sink);
    } catch (RefusedException refused) {
      if (refused.refusal() instanceof Refusal.ScopeUninitialized) {
        // With a lease it only says that the lease ran out before we seeded (spec 4.4.5).
        LeaseLoss.ifHeld(ctx);
      }
      throw refused;
    }
  }

  /** T25: rows, row states and checkpoint move together. */
  private void apply(
      LocalTransaction tx, long bundleSeq, Incoming.Arrived rows, Consumer<String> changed) {
    Attached attached = Gates.attached(ctx, tx, Call.PULL_TO_STABLE).attached().orElseThrow();
    ctx.fire(
        tx,
        Trigger.PULL_BUNDLE,
        Facts.of("bundleSeq", bundleSeq, "rows", rows.rowCount()),
        () -> {
          tx.dirtyRows().judgeTouched();
          tx.rows()
              .authoritative(() -> rows.forEach(tx, row -> IncomingRow.apply(tx, row, changed)));
          rows.done(tx);
          TakenAlong.settle(ctx, tx, bundleSeq, changed);
          tx.attachment()
              .bind(
                  attached.withCheckpoint(Checkpoint.afterPull(attached.checkpoint(), bundleSeq)));
        });
  }

  private static RemoteResponseSemanticException semantic(String reason) {
    return new RemoteResponseSemanticException(SyncOperation.PULL_BUNDLES, reason);
  }
}
