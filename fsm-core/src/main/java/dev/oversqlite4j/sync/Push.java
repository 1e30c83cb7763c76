package dev.oversqlite4j.sync;

import dev.oversqlite4j.InitializationLeaseInvalidException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PushConflictRetryExhaustedException;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.PushRejectedException;
import dev.oversqlite4j.PushReport;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.OutboxState.CommittedRemote;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.RowCodec.DecodedRow;
import dev.oversqlite4j.spi.SyncServer.CommittedBundle;
import dev.oversqlite4j.spi.SyncServer.ConnectAnswer;
import dev.oversqlite4j.spi.SyncServer.LocalPending;
import dev.oversqlite4j.spi.SyncServer.PushAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code pushPending()} (spec 4.4). */
public final class Push {

  private final SyncContext ctx;
  private final Freeze freeze;
  private final Replay replay;
  private final ConflictResolution conflicts;

  public Push(SyncContext ctx) {
    this.ctx = ctx;
    this.freeze = new Freeze(ctx);
    this.replay = new Replay(ctx);
    this.conflicts = new ConflictResolution(ctx);
  }

  /** What there is to send, and whether it was frozen by this call. */
  private record Frozen(OutboxState outbox, Origin origin) {
    enum Origin {
      THIS_CALL,
      EARLIER_CALL
    }
  }

  public PushReport run() {
    return run(Call.PUSH_PENDING);
  }

  /**
   * @param call the public call the gates speak for
   */
  PushReport run(Call call) {
    // Step 1. Nothing durable happens before the capability gate passed.
    ControlState start = ctx.read(tx -> Gates.attached(ctx, tx, call));
    String source = start.sourceId().orElseThrow();
    Gates.remote(ctx, source);

    List<QuarantinedRow> quarantinedBefore = ctx.read(tx -> tx.quarantine().all());
    PushOutcome outcome = PushOutcome.NO_CHANGE;
    int resolved = 0;
    boolean more = true;
    while (more) {
      // Step 2.
      Optional<Frozen> frozen = ctx.write(tx -> freezeOrResume(tx, call));
      if (frozen.isEmpty()) {
        // Step 3.
        releaseIdleLease(source);
        break;
      }
      try {
        // Steps 4 to 7.
        complete(frozen.get().outbox());
        outcome = PushOutcome.COMMITTED;
        // What an earlier call left frozen is not what this one was asked to send.
        more = frozen.get().origin() == Frozen.Origin.EARLIER_CALL;
      } catch (RefusedException refused) {
        // Section 4.4.3; anything else ends the call.
        Refusal.PushConflict conflict = conflictOrFail(refused);
        conflicts.resolve(conflict);
        long dirty = ctx.read(tx -> tx.dirtyRows().count());
        if (dirty > 0 && resolved == SyncOptions.CONFLICT_RETRIES_MAX) {
          throw new PushConflictRetryExhaustedException(resolved, dirty);
        }
        resolved++;
        more = dirty > 0;
      }
    }
    PushOutcome result = outcome;
    return ctx.read(tx -> new PushReport(result, Status.of(tx), movedSince(quarantinedBefore, tx)));
  }

  private Optional<Frozen> freezeOrResume(LocalTransaction tx, Call call) {
    ControlState control = Gates.attached(ctx, tx, call);
    if (control.outbox() instanceof OutboxState.Empty) {
      return freeze
          .run(tx, control)
          .map(b -> new Frozen(new OutboxState.Prepared(b), Frozen.Origin.THIS_CALL));
    }
    // What goes out again must be what was frozen, to the byte (I8).
    OutboxCheck.verify(tx, ctx.store().codec().schemaName());
    ctx.fire(tx, Trigger.PUSH_BEGIN, () -> {});
    return Optional.of(new Frozen(control.outbox(), Frozen.Origin.EARLIER_CALL));
  }

  /** Steps 4 to 7: upload, acknowledge, fetch, replay, each from where the outbox stands. */
  private void complete(OutboxState outbox) {
    try {
      CommittedRemote committed =
          outbox instanceof CommittedRemote already
              ? already
              : acknowledge(((OutboxState.Prepared) outbox).bundle());
      List<DecodedRow> rows = fetch(committed);
      replay.run(rows);
    } catch (OversqliteException failure) {
      ctx.abort(Trigger.PUSH_ABORT, failure);
      throw failure;
    }
  }

  /** Step 5: at once, in both cases, and the lease goes with it. */
  private CommittedRemote acknowledge(OutboxState.Bundle bundle) {
    CommittedBundle committed = upload(bundle);
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                Trigger.ACK,
                Facts.of("bundleSeq", committed.bundleSeq()),
                () -> {
                  tx.outbox().markCommitted(committed.bundleSeq(), committed.bundleHash());
                  Attached attached = tx.controlState().attached().orElseThrow();
                  if (attached.lease().isPresent()) {
                    tx.attachment().bind(attached.withLease(Optional.empty()));
                  }
                }));
    return new CommittedRemote(bundle, committed.bundleSeq(), committed.bundleHash());
  }

  /**
   * Step 4. A chunk or commit whose outcome is unknown is never repeated: create says what the
   * server has, and the upload starts again from ordinal 0.
   */
  private CommittedBundle upload(OutboxState.Bundle bundle) {
    int attempt = 0;
    while (true) {
      attempt++;
      try {
        return uploadOnce(bundle);
      } catch (TransientRetryExhaustedException unknown) {
        if (attempt >= ctx.options().transientRetryAttempts() || !repeatable(unknown)) {
          throw unknown;
        }
      } catch (RefusedException refused) {
        boolean commitFailed = refused.refusal() instanceof Refusal.CommitFailed;
        boolean sessionGone = refused.refusal() instanceof Refusal.PushSessionGone;
        if (!commitFailed && !sessionGone) {
          throw refused;
        }
        if (attempt >= ctx.options().transientRetryAttempts()) {
          throw refused.refusal() instanceof Refusal.CommitFailed failed
              ? new PushRejectedException(
                  SyncOperation.COMMIT_PUSH_SESSION, failed.status(), attempt)
              : Refusals.surface(refused.refusal());
        }
      }
      ctx.backOff(SyncOperation.PUSH_PENDING, attempt);
    }
  }

  private static boolean repeatable(TransientRetryExhaustedException unknown) {
    return unknown.op() == SyncOperation.UPLOAD_PUSH_CHUNK
        || unknown.op() == SyncOperation.COMMIT_PUSH_SESSION;
  }

  private CommittedBundle uploadOnce(OutboxState.Bundle bundle) {
    PushAnswer answer = create(bundle);
    if (answer instanceof PushAnswer.AlreadyCommitted already) {
      return already.bundle();
    }
    String pushId = ((PushAnswer.Staging) answer).pushId();
    try {
      uploadChunks(bundle, pushId);
    } catch (RuntimeException failure) {
      // Only before the commit was attempted: afterwards the session may be a bundle (W-35).
      ctx.server().deletePush(bundle.sourceId(), pushId);
      throw failure;
    }
    return ctx.server().commitPush(bundle, pushId);
  }

  private void uploadChunks(OutboxState.Bundle bundle, String pushId) {
    List<FrozenRow> rows = ctx.read(tx -> tx.outbox().rows());
    int limit = ctx.options().uploadLimit();
    for (int start = 0; start < rows.size(); start += limit) {
      List<FrozenRow> chunk = rows.subList(start, Math.min(start + limit, rows.size()));
      ctx.server().uploadChunk(bundle.sourceId(), pushId, chunk);
    }
  }

  /**
   * Create, with the probe of P4L: after a seed whose commit answer was lost, the server refuses
   * the lease before it looks for the committed bundle, so asking once without it is the way out
   * (W-3).
   */
  private PushAnswer create(OutboxState.Bundle bundle) {
    try {
      return ctx.server().createPush(bundle, bundle.lease());
    } catch (RefusedException refused) {
      if (bundle.lease().isEmpty() || !(refused.refusal() instanceof Refusal.PushSessionInvalid)) {
        throw refused;
      }
    }
    PushAnswer answer = ctx.server().createPush(bundle, Optional.empty());
    if (answer instanceof PushAnswer.Staging staging) {
      ctx.server().deletePush(bundle.sourceId(), staging.pushId());
      throw new RefusedException(
          new Refusal.LeaseInvalid(Refusal.LeaseInvalid.Code.INITIALIZATION_STALE));
    }
    return answer;
  }

  /** Step 6. */
  private List<DecodedRow> fetch(CommittedRemote committed) {
    try {
      return ctx
          .server()
          .committedRows(
              committed.bundle(),
              new CommittedBundle(committed.bundleSeq(), committed.bundleHash()))
          .stream()
          .map(ctx.store().codec()::decode)
          .toList();
    } catch (RefusedException refused) {
      throw Refusals.surface(refused.refusal());
    }
  }

  private Refusal.PushConflict conflictOrFail(RefusedException refused) {
    Refusal refusal = refused.refusal();
    if (refusal instanceof Refusal.PushConflict conflict) {
      return conflict;
    }
    if (refusal instanceof Refusal.LeaseInvalid) {
      LeaseLoss.apply(ctx);
    }
    OversqliteException error = Refusals.surface(refusal);
    if (!(refusal instanceof Refusal.LeaseInvalid)) {
      ctx.abort(Trigger.PUSH_ABORT, error);
    }
    throw error;
  }

  /**
   * A lease with nothing to seed would keep the account waiting until it expires: connect again
   * without pending rows (T7' note).
   */
  private void releaseIdleLease(String source) {
    boolean idle =
        ctx.read(
            tx ->
                tx.controlState().attached().flatMap(Attached::lease).isPresent()
                    && tx.dirtyRows().count() == 0);
    if (!idle) {
      return;
    }
    ConnectAnswer answer = ctx.server().connect(source, LocalPending.NONE);
    if (answer instanceof ConnectAnswer.InitializeEmpty) {
      ctx.write(
          tx ->
              ctx.fire(
                  tx,
                  Trigger.LEASE_RELEASED,
                  () -> {
                    Attached attached = tx.controlState().attached().orElseThrow();
                    tx.attachment().bind(attached.withLease(Optional.empty()));
                  }));
      return;
    }
    // Somebody else initialised the account, or is about to: our lease is gone.
    LeaseLoss.apply(ctx);
    throw new InitializationLeaseInvalidException(
        InitializationLeaseInvalidException.Code.INITIALIZATION_STALE);
  }

  private static List<QuarantinedRow> movedSince(List<QuarantinedRow> before, LocalTransaction tx) {
    List<QuarantinedRow> moved = new ArrayList<>(tx.quarantine().all());
    moved.removeAll(before);
    return List.copyOf(moved);
  }
}
