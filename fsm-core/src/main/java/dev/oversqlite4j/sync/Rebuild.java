package dev.oversqlite4j.sync;

import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.ProgressOperation;
import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.RebuildMode;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.RemoteSyncReport;
import dev.oversqlite4j.RestoreSummary;
import dev.oversqlite4j.SnapshotFinalApplyGateException;
import dev.oversqlite4j.SnapshotFinalApplyGateException.Reason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SourceReplacementInvalidException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Operation.CheckpointRecoveryReason;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.OutboxState.CommittedRemote;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.SyncServer.CommittedBundle;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.SyncServer.SourceReplacement;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** {@code rebuild()} (spec 4.6): from every attached state back to a healthy one. */
public final class Rebuild {

  /** The snapshot turned out not to contain the bundle the server had committed (spec 4.4.6). */
  private static final class ServerRestored extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ServerRestored() {
      super("the snapshot lacks our committed bundle", null, false, false);
    }
  }

  private final SyncContext ctx;
  private final Push push;

  public Rebuild(SyncContext ctx) {
    this.ctx = ctx;
    this.push = new Push(ctx);
  }

  /** An explicit rebuild: it never refuses because of local work, and rotates where it has to. */
  public RemoteSyncReport run() {
    new Salvage(ctx).run();
    ControlState start = ctx.read(tx -> Gates.attached(ctx, tx, Call.REBUILD));
    Capabilities capabilities = Gates.remote(ctx, start.sourceId().orElseThrow());
    pushFirst();
    RestoreSummary restore;
    try {
      restore = explicitly(capabilities);
    } catch (SourceRecoveryRequiredException rotate) {
      // Rotating is what a rebuild is for; only an automatic recovery asks first.
      restore = explicitly(capabilities);
    }
    return new RemoteSyncReport(
        RemoteSyncOutcome.APPLIED_SNAPSHOT, ctx.read(Status::of), Optional.of(restore));
  }

  private RestoreSummary explicitly(Capabilities capabilities) {
    try {
      return fromSnapshot(capabilities, CheckpointRecoveryReason.EXPLICIT_REBUILD);
    } catch (SourceReplacementInvalidException taken) {
      // A copy of this file went on under the reserved replacement, so another one is reserved. A
      // server that refuses that one, too, is not to be helped from here.
      ctx.write(tx -> SourceFailure.renewReservation(ctx, tx));
      return fromSnapshot(capabilities, CheckpointRecoveryReason.EXPLICIT_REBUILD);
    }
  }

  /**
   * A prepared bundle may be committed already, so it is settled before its rows are folded. One
   * that cannot go out as it was frozen is left to the fold. An account that waits for our seed has
   * no snapshot before it.
   */
  private void pushFirst() {
    boolean first =
        ctx.read(
            tx -> {
              ControlState control = tx.controlState();
              if (ctx.lifecycle().state(tx) == DurableState.SOURCE_RECOVERY) {
                return false;
              }
              boolean seeding = control.attached().flatMap(Attached::lease).isPresent();
              return control.outbox() instanceof OutboxState.Prepared
                  ? OutboxCheck.holds(tx, ctx.store().codec().schemaName())
                  : seeding && control.outbox() instanceof OutboxState.Empty;
            });
    if (!first) {
      return;
    }
    try {
      push.run(Call.REBUILD);
    } catch (SourceRecoveryRequiredException | RebuildRequiredException gated) {
      // The gate is set, and this rebuild is the way out.
      return;
    }
  }

  /**
   * Downloads a snapshot and applies it in the mode that the durable state calls for (4.6.1).
   *
   * @throws SourceRecoveryRequiredException the gate of source recovery was set on the way
   * @throws SourceReplacementInvalidException the server knows the reserved replacement already
   */
  RestoreSummary fromSnapshot(Capabilities capabilities, CheckpointRecoveryReason reason) {
    // [4.6.2] The gate comes first, then the guard is pinned; what the download meets later
    // differs.
    ControlState guard = ctx.write(tx -> begin(tx, reason));
    String source = guard.sourceId().orElseThrow();
    RebuildMode mode = mode(guard);
    if (mode == RebuildMode.PRESERVE_SOURCE_RECOVERY) {
      ctx.progress().begin(ProgressOperation.REBUILD_ROTATE_SOURCE);
    }
    Supplier<SnapshotSession> create =
        replacement(guard, source)
            .<Supplier<SnapshotSession>>map(declared -> new RotatingSessions(ctx, declared))
            .orElse(() -> ctx.server().createSnapshot(source, Optional.empty()));
    try {
      if (guard.outbox() instanceof CommittedRemote committed) {
        requireStillCommitted(committed);
      }
      SnapshotSession session = create.get();
      if (behindOutbox(guard, session.bundleSeq())) {
        ctx.server().deleteSnapshot(source, session.snapshotId());
        throw new ServerRestored();
      }
      StagedSnapshot staged =
          new SnapshotDownload(ctx, source, capabilities, (tx, stage) -> {}).run(session, create);
      ctx.progress().phase(ProgressPhase.APPLYING_REMOTE_STATE, OptionalLong.of(staged.rowCount()));
      RestoreSummary restored =
          ctx.writeRows(changed -> tx -> apply(tx, mode, guard, staged, changed));
      // One transaction: all of it is done, or none.
      ctx.progress().done(restored.rowCount());
      return restored;
    } catch (ServerRestored restored) {
      throw SourceFailure.serverRestored().apply(ctx);
    } catch (RefusedException refused) {
      throw failed(refused.refusal());
    } catch (RuntimeException failure) {
      abort(failure);
      throw failure;
    }
  }

  /**
   * A snapshot without an inserted row says nothing about whether the row was committed and deleted
   * since, or is lost with a server that was restored and has gone on; the place of the bundle in
   * the history does, while the history is kept.
   */
  private void requireStillCommitted(CommittedRemote committed) {
    try {
      ctx.server()
          .committedRows(
              committed.bundle(),
              new CommittedBundle(committed.bundleSeq(), committed.bundleHash()),
              rows -> {});
    } catch (RefusedException refused) {
      if (refused.refusal() instanceof Refusal.RequestHashMismatch) {
        throw new ServerRestored();
      }
    } catch (OversqliteException unreadable) {
      // A bundle that cannot be had is one of the reasons to be here.
      if (unreadable.category() == ErrorCategory.CANCELLED) {
        throw unreadable;
      }
    }
  }

  private RuntimeException failed(Refusal refusal) {
    Optional<SourceFailure> source = SourceFailure.of(refusal);
    if (source.isPresent()) {
      return source.get().apply(ctx);
    }
    if (refusal instanceof Refusal.ScopeUninitialized
        && ctx.read(ctx.lifecycle()::state) == DurableState.REBUILD_REQUIRED) {
      // With a lease it only says that the lease ran out before we seeded (spec 4.4.5).
      LeaseLoss.ifHeld(ctx);
    }
    RuntimeException error = Refusals.surface(refusal);
    abort(error);
    return error;
  }

  private void abort(RuntimeException failure) {
    ctx.abort(Trigger.REBUILD_ABORT, failure);
  }

  /** T27, and the start of a rebuild whose gate is set already. */
  private ControlState begin(LocalTransaction tx, CheckpointRecoveryReason reason) {
    ControlState control = tx.controlState();
    boolean unsendable =
        control.outbox() instanceof OutboxState.Prepared
            && !OutboxCheck.holds(tx, ctx.store().codec().schemaName());
    if (mode(control) == RebuildMode.CLEAR_ALL && !unsendable) {
      long frozen = tx.outbox().rowCount();
      if (frozen > 0) {
        throw new PendingPushReplayException(frozen);
      }
    }
    ctx.fire(
        tx,
        Trigger.REBUILD_BEGIN,
        Facts.of("mode", mode(control).name()),
        () -> {
          if (unsendable) {
            // Damaged, so the server cannot hold it under this id: its rows wait again (W-34).
            Requeue.all(tx);
            tx.outbox().clear();
          }
          if (mode(control) == RebuildMode.CLEAR_ALL) {
            gate(tx, reason);
          }
        });
    return tx.controlState();
  }

  /** Sets the gate of checkpoint recovery; whoever came first said why. */
  static void gate(LocalTransaction tx, CheckpointRecoveryReason reason) {
    ControlState control = tx.controlState();
    tx.attachment().bind(control.attached().orElseThrow().gated());
    boolean known =
        control.operation() instanceof Operation.None none && none.recoveryReason().isPresent();
    if (!known) {
      tx.attachment().operation(new Operation.None(Optional.of(reason)));
    }
  }

  private static RebuildMode mode(ControlState control) {
    if (control.operation() instanceof Operation.SourceRecovery) {
      return RebuildMode.PRESERVE_SOURCE_RECOVERY;
    }
    return control.outbox() instanceof CommittedRemote
        ? RebuildMode.PRESERVE_COMMITTED_REMOTE
        : RebuildMode.CLEAR_ALL;
  }

  private static Optional<SourceReplacement> replacement(ControlState guard, String source) {
    return guard.operation() instanceof Operation.SourceRecovery recovery
        ? Optional.of(
            new SourceReplacement(source, recovery.replacementSourceId(), recovery.reason()))
        : Optional.empty();
  }

  /** A committed bundle is in every later snapshot, unless the server was restored. */
  private static boolean behindOutbox(ControlState control, long bundleSeq) {
    return control.outbox() instanceof CommittedRemote committed
        && bundleSeq < committed.bundleSeq();
  }

  /** 4.6.4: T30, T31 or T32, all or nothing. */
  private RestoreSummary apply(
      LocalTransaction tx,
      RebuildMode mode,
      ControlState guard,
      StagedSnapshot staged,
      Consumer<String> changed) {
    // Step 1. Dirty rows are no part of the guard: whatever is dirty now is carried over.
    requireUnchanged(mode, guard, tx.controlState());
    if (behindOutbox(guard, staged.bundleSeq())) {
      throw new ServerRestored();
    }
    LocalIntent intent = LocalIntent.gather(ctx, tx);
    // Steps 2 and 3.
    tx.rows()
        .authoritative(
            () -> {
              SnapshotRows.replace(ctx, tx, staged);
              if (guard.outbox() instanceof CommittedRemote committed) {
                requireContained(tx, committed);
                intent.settleCommitted(committed);
              }
              intent.reexecute();
            });
    TakenAlong.settle(ctx, tx, changed);
    // Steps 4 to 6.
    Attached attached = guard.attached().orElseThrow();
    Attached healthy = new Attached(attached.userId(), staged.bundleSeq(), false, Optional.empty());
    Facts facts = Facts.of("rows", staged.rowCount(), "snapshot", staged.bundleSeq());
    if (mode == RebuildMode.PRESERVE_SOURCE_RECOVERY) {
      rotate(tx, guard, healthy, facts);
    } else if (guard.outbox() instanceof CommittedRemote committed) {
      OutboxState.Bundle bundle = committed.bundle();
      ctx.fire(
          tx,
          Trigger.APPLY_COMMITTED,
          facts,
          () -> {
            tx.sources().raiseNextBundleId(bundle.sourceId(), bundle.sourceBundleId() + 1);
            tx.outbox().clear();
            settle(tx, healthy);
          });
    } else {
      ctx.fire(tx, Trigger.APPLY_SNAPSHOT, facts, () -> settle(tx, healthy));
    }
    ctx.store().codec().tables().forEach(t -> changed.accept(t.name()));
    return new RestoreSummary(staged.bundleSeq(), staged.rowCount(), 0);
  }

  private static void settle(LocalTransaction tx, Attached healthy) {
    tx.attachment().bind(healthy);
    tx.attachment().operation(Operation.None.PLAIN);
    tx.stage().clear();
    tx.pullStage().clear();
    tx.pushStage().clear();
  }

  /** T32: the reserved replacement takes over, and with it what was frozen, as its bundle 1. */
  private void rotate(LocalTransaction tx, ControlState guard, Attached healthy, Facts facts) {
    String oldSource = guard.sourceId().orElseThrow();
    String newSource = ((Operation.SourceRecovery) guard.operation()).replacementSourceId();
    boolean frozen = tx.controlState().outbox() instanceof OutboxState.Prepared;
    ctx.fire(
        tx,
        Trigger.APPLY_ROTATED,
        facts.with(LifecycleDefinition.FROZEN_KEPT, frozen),
        () -> {
          tx.sources().markReplaced(oldSource, newSource);
          tx.attachment().bindSource(newSource);
          // The next id stays 1 until bundle 1 is committed, whatever becomes of it (W-22).
          if (frozen) {
            tx.outbox().rebind(newSource);
          } else {
            tx.outbox().clear();
          }
          settle(tx, healthy);
        });
  }

  /**
   * A row of ours that the snapshot still has in an older version was not committed there, even if
   * the history that could tell is pruned.
   */
  private static void requireContained(LocalTransaction tx, CommittedRemote committed) {
    tx.outbox()
        .forEach(
            row -> {
              Optional<RowAuthority> known = tx.rows().authority(row.key());
              if (known.filter(a -> a.rowVersion() < committed.bundleSeq()).isPresent()) {
                throw new ServerRestored();
              }
            });
  }

  private static void requireUnchanged(RebuildMode mode, ControlState guard, ControlState now) {
    if (!now.binding().equals(guard.binding()) || !now.sourceId().equals(guard.sourceId())) {
      throw new SnapshotFinalApplyGateException(mode, Reason.ATTACHMENT_CHANGED);
    }
    if (!now.operation().equals(guard.operation())) {
      throw new SnapshotFinalApplyGateException(mode, Reason.OPERATION_CHANGED);
    }
    if (!now.outbox().equals(guard.outbox())) {
      throw new SnapshotFinalApplyGateException(mode, Reason.OUTBOX_CHANGED);
    }
  }
}
