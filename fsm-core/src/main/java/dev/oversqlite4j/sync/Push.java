package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.InitializationLeaseInvalidException;
import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.PushConflictRetryExhaustedException;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.PushRejectedException;
import dev.oversqlite4j.PushReport;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.SourceRecoveryRequiredException;
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
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.SyncServer.CommittedBundle;
import dev.oversqlite4j.spi.SyncServer.ConnectAnswer;
import dev.oversqlite4j.spi.SyncServer.LocalPending;
import dev.oversqlite4j.spi.SyncServer.PushAnswer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** {@code pushPending()} (spec 4.4). */
public final class Push {

  /** How the server reports a constraint or type that a row breaks (wire-protocol trap 3). */
  private static final int REJECTED = 500;

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

  /**
   * What there is to send, and whether it was frozen by this call.
   *
   * @param chosen the rows the search for a rejected one looks at; empty without a search
   */
  private record Frozen(OutboxState outbox, Origin origin, List<RowKey> chosen) {
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
    ctx.progress().phase(ProgressPhase.PUSHING, OptionalLong.empty());
    Gates.remote(ctx, source);

    List<QuarantinedRow> quarantinedBefore = ctx.read(tx -> tx.quarantine().all());
    PushOutcome outcome = PushOutcome.NO_CHANGE;
    int resolved = 0;
    Optional<Isolation> isolation = Optional.empty();
    boolean caughtUp = false;
    boolean resumed = false;
    boolean more = true;
    while (more) {
      Optional<Isolation> search = isolation.filter(i -> !i.finished());
      // Step 2.
      Frozen frozen = ctx.write(tx -> freezeOrResume(tx, call, search));
      if (frozen.outbox() instanceof OutboxState.Empty) {
        if (search.isEmpty()) {
          // Step 3.
          releaseIdleLease(source);
          break;
        }
        search.get().settled(frozen.chosen());
        more = resumed || !search.get().finished();
        continue;
      }
      if (search.isEmpty()) {
        // What an earlier call left frozen is not what this one was asked to send.
        resumed = frozen.origin() == Frozen.Origin.EARLIER_CALL;
      }
      try {
        if (search.isPresent() && !search.get().mayOpenSession()) {
          throw new RefusedException(new Refusal.CommitFailed(REJECTED));
        }
        // Steps 4 to 7.
        complete(frozen.outbox(), search);
        outcome = PushOutcome.COMMITTED;
        search.ifPresent(i -> i.settled(frozen.chosen()));
        more = resumed || search.filter(i -> !i.finished()).isPresent();
      } catch (RefusedException refused) {
        if (refused.refusal() instanceof Refusal.CommitFailed failed) {
          // A search that set nothing aside leaves a later bundle of the call one of its own.
          isolation = isolation.filter(i -> !i.finished() || i.setAside());
          if (isolation.isPresent()) {
            reject(isolation.get(), failed.status());
            more = resumed || !isolation.get().finished();
          } else {
            List<RowKey> rejected = takeBack(failed.status());
            if (caughtUp || !catchUp(call)) {
              isolation = Optional.of(new Isolation(rejected));
            }
            caughtUp = true;
          }
          continue;
        }
        // Section 4.4.3; anything else ends the call.
        Refusal.PushConflict conflict = conflictOrFail(refused);
        if (conflicts.resolve(conflict) == ConflictResolution.Resolved.AFTER_PULL) {
          ControlState now = ctx.read(tx -> Gates.attached(ctx, tx, call));
          if (now.attached().orElseThrow().rebuildRequired()) {
            // The snapshot that this push makes way for brings what is missing.
            break;
          }
          new Pull(ctx).toStable(now, call);
        }
        long dirty = ctx.read(tx -> tx.dirtyRows().count());
        if (dirty > 0 && resolved == SyncOptions.CONFLICT_RETRIES_MAX) {
          throw new PushConflictRetryExhaustedException(resolved, dirty);
        }
        resolved++;
        search.ifPresent(Isolation::conflictResolved);
        more = search.isPresent() || dirty > 0;
      }
    }
    if (isolation.isPresent()) {
      releaseIdleLease(source);
    }
    PushOutcome result = outcome;
    return ctx.read(tx -> new PushReport(result, Status.of(tx), movedSince(quarantinedBefore, tx)));
  }

  private Frozen freezeOrResume(LocalTransaction tx, Call call, Optional<Isolation> search) {
    ControlState control = Gates.attached(ctx, tx, call);
    if (control.outbox() instanceof OutboxState.Empty) {
      List<RowKey> chosen = search.map(i -> i.next(tx)).orElse(List.of());
      Set<RowKey> only = new HashSet<>(chosen);
      return freeze
          .run(tx, control, search.isPresent() ? only::contains : key -> true)
          .map(b -> new Frozen(new OutboxState.Prepared(b), Frozen.Origin.THIS_CALL, chosen))
          .orElseGet(() -> new Frozen(control.outbox(), Frozen.Origin.THIS_CALL, chosen));
    }
    // What goes out again must be what was frozen, to the byte (I8).
    OutboxCheck.verify(tx, ctx.store().codec().schemaName());
    ctx.fire(tx, Trigger.PUSH_BEGIN, () -> {});
    return new Frozen(control.outbox(), Frozen.Origin.EARLIER_CALL, List.of());
  }

  /** T20': nothing of the frozen bundle was committed, and it is dirty again. */
  private void takeBack(LocalTransaction tx, List<RowKey> frozen, int status, Runnable then) {
    ctx.fire(
        tx,
        Trigger.PUSH_REJECTED,
        Facts.of("rows", frozen.size(), "status", status),
        () -> {
          Requeue.all(tx);
          tx.outbox().clear();
          then.run();
        });
  }

  private List<RowKey> takeBack(int status) {
    return ctx.write(
        tx -> {
          List<RowKey> keys = frozenKeys(tx);
          takeBack(tx, keys, status, () -> {});
          return keys;
        });
  }

  private static List<RowKey> frozenKeys(LocalTransaction tx) {
    return tx.outbox().rows().stream().map(FrozenRow::key).toList();
  }

  /**
   * No row is poison that only refers to something another device has deleted: once that is pulled
   * the row is gone with it, and the rest can be sent. Before the first seed there is nothing to
   * pull, and in a recovery the snapshot follows anyway.
   *
   * @return whether there was anything to pull
   */
  private boolean catchUp(Call call) {
    ControlState now = ctx.read(tx -> Gates.attached(ctx, tx, call));
    Attached attached = now.attached().orElseThrow();
    if (attached.lease().isPresent() || attached.rebuildRequired()) {
      return false;
    }
    try {
      return new Pull(ctx).toStable(now, call).outcome() != RemoteSyncOutcome.ALREADY_AT_TARGET;
    } catch (LocalWriteFailedException inTheWay) {
      // A row of ours may stand in the way of the bundle as it does at the server.
      return false;
    }
  }

  /**
   * T20' of a part of what was rejected: the row it failed for is set aside once it is known. At
   * most one per call: a server that commits nothing at all must not empty the queue into
   * quarantine.
   *
   * @throws PushRejectedException the search is over, and the rows left were rejected, too
   */
  private void reject(Isolation search, int status) {
    ctx.<Void>write(
        tx -> {
          List<RowKey> keys = frozenKeys(tx);
          Set<RowKey> newer = new HashSet<>(keys);
          newer.removeIf(key -> tx.dirtyRows().find(key).isEmpty());
          takeBack(
              tx,
              keys,
              status,
              () -> search.rejected(tx, keys, newer).ifPresent(poison -> quarantine(tx, poison)));
          return null;
        });
    if (search.failed()) {
      throw new PushRejectedException(
          SyncOperation.COMMIT_PUSH_SESSION, status, search.rejections());
    }
  }

  private static void quarantine(LocalTransaction tx, List<RowKey> poison) {
    for (RowKey key : poison) {
      tx.dirtyRows()
          .find(key)
          .ifPresent(row -> tx.quarantine().add(row, QuarantineCause.REJECTED_BY_SERVER));
    }
    Freeze.quarantineDependants(tx);
  }

  /** Steps 4 to 7: upload, acknowledge, fetch, replay, each from where the outbox stands. */
  private void complete(OutboxState outbox, Optional<Isolation> search) {
    try {
      CommittedRemote committed =
          outbox instanceof CommittedRemote already
              ? already
              : acknowledge(((OutboxState.Prepared) outbox).bundle(), search);
      if (replay.run(fetch(committed)) == Replay.Result.UNFIT) {
        throw unreplayable(Trigger.HASH_MISMATCH);
      }
    } catch (RebuildRequiredException | SourceRecoveryRequiredException gated) {
      throw gated;
    } catch (OversqliteException failure) {
      ctx.abort(Trigger.PUSH_ABORT, failure);
      if (failure instanceof CorruptLocalStateException) {
        // A stage that cannot be trusted is fetched again.
        ctx.write(Push::discardStage);
      }
      throw failure;
    }
  }

  private static Void discardStage(LocalTransaction tx) {
    tx.pushStage().clear();
    return null;
  }

  /** Step 5: at once, in both cases, and the lease goes with it. */
  private CommittedRemote acknowledge(OutboxState.Bundle bundle, Optional<Isolation> search) {
    CommittedBundle committed = upload(bundle, search);
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
  private CommittedBundle upload(OutboxState.Bundle bundle, Optional<Isolation> search) {
    boolean commitSent = false;
    int attempt = 0;
    while (true) {
      attempt++;
      try {
        PushAnswer answer = create(bundle);
        if (answer instanceof PushAnswer.AlreadyCommitted already) {
          if (!commitSent) {
            requireOurs(bundle, already);
          }
          return already.bundle();
        }
        String pushId = ((PushAnswer.Staging) answer).pushId();
        stage(bundle, pushId);
        commitSent = true;
        return ctx.server().commitPush(bundle, pushId);
      } catch (TransientRetryExhaustedException unknown) {
        if (attempt >= ctx.options().transientRetryAttempts() || !repeatable(unknown)) {
          throw unknown;
        }
      } catch (RefusedException refused) {
        boolean last = attempt >= ctx.options().transientRetryAttempts();
        if (refused.refusal() instanceof Refusal.CommitFailed failed) {
          // Rows are only ever to blame for a 500; the others come from in front of the server.
          if (failed.status() == REJECTED && (last || search.isPresent())) {
            return committedAfterAll(bundle, refused);
          }
          if (last) {
            throw new PushRejectedException(
                SyncOperation.COMMIT_PUSH_SESSION, failed.status(), attempt);
          }
        } else if (!(refused.refusal() instanceof Refusal.PushSessionGone)) {
          throw refused;
        } else if (last) {
          throw Refusals.surface(refused.refusal());
        }
      }
      ctx.backOff(SyncOperation.PUSH_PENDING, attempt);
    }
  }

  /**
   * Spec 4.4.8: only create tells whether a commit that failed committed something.
   *
   * @throws RefusedException {@code rejection}: it committed nothing
   */
  private CommittedBundle committedAfterAll(OutboxState.Bundle bundle, RefusedException rejection) {
    PushAnswer answer = create(bundle);
    if (answer instanceof PushAnswer.AlreadyCommitted already) {
      return already.bundle();
    }
    ctx.server().deletePush(bundle.sourceId(), ((PushAnswer.Staging) answer).pushId());
    throw rejection;
  }

  private static boolean repeatable(TransientRetryExhaustedException unknown) {
    return unknown.op() == SyncOperation.UPLOAD_PUSH_CHUNK
        || unknown.op() == SyncOperation.COMMIT_PUSH_SESSION;
  }

  /**
   * Spec 4.4.6: a server that keeps no request hashes cannot tell whether a bundle it has is the
   * one we froze, so its rows do, before anything is acknowledged.
   *
   * @throws RefusedException they do not
   */
  private void requireOurs(OutboxState.Bundle bundle, PushAnswer.AlreadyCommitted already) {
    if (already.content() == PushAnswer.Content.CONFIRMED) {
      return;
    }
    Incoming.Arrived committed = arrived(bundle, already.bundle());
    if (!ctx.read(tx -> replay.holdsWhatWasFrozen(tx, committed))) {
      ctx.write(Push::discardStage);
      throw new RefusedException(new Refusal.RequestHashMismatch());
    }
  }

  private void stage(OutboxState.Bundle bundle, String pushId) {
    try {
      uploadChunks(bundle, pushId);
    } catch (RuntimeException failure) {
      // Only before the commit was attempted: afterwards the session may be a bundle (W-35).
      ctx.server().deletePush(bundle.sourceId(), pushId);
      throw failure;
    }
  }

  private void uploadChunks(OutboxState.Bundle bundle, String pushId) {
    ctx.progress()
        .phase(
            bundle.lease().isPresent() ? ProgressPhase.SEEDING : ProgressPhase.PUSHING,
            OptionalLong.of(bundle.rowCount()));
    long sent = 0;
    while (sent < bundle.rowCount()) {
      long from = sent;
      List<FrozenRow> chunk = ctx.read(tx -> tx.outbox().rows(from, ctx.options().uploadLimit()));
      if (chunk.isEmpty()) {
        throw new CorruptLocalStateException("_sync_outbox_rows", "the row count differs");
      }
      ctx.server().uploadChunk(bundle.sourceId(), pushId, chunk);
      sent += chunk.size();
      ctx.progress().done(sent);
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

  /**
   * Step 6.
   *
   * @throws RebuildRequiredException the rows are not to be had any more
   * @throws SourceRecoveryRequiredException the server has another bundle in the place of ours
   */
  private Incoming.Arrived fetch(CommittedRemote committed) {
    try {
      return arrived(
          committed.bundle(), new CommittedBundle(committed.bundleSeq(), committed.bundleHash()));
    } catch (RefusedException refused) {
      throw unfetchable(refused.refusal());
    }
  }

  /** What an earlier process fetched and verified completely is not fetched again. */
  private Incoming.Arrived arrived(OutboxState.Bundle bundle, CommittedBundle committed) {
    long bundleSeq = committed.bundleSeq();
    String bundleHash = committed.bundleHash();
    return Incoming.staged(ctx, LocalTransaction::pushStage, bundleSeq, bundleHash)
        .orElseGet(
            () -> {
              Incoming incoming =
                  new Incoming(ctx, LocalTransaction::pushStage, bundleSeq, bundleHash);
              ctx.server().committedRows(bundle, committed, incoming::add);
              return incoming.end();
            });
  }

  private OversqliteException unfetchable(Refusal refusal) {
    if (refusal instanceof Refusal.HistoryPruned) {
      return unreplayable(Trigger.REPLAY_PRUNED);
    }
    return refusal instanceof Refusal.RequestHashMismatch
        ? SourceFailure.serverRestored().apply(ctx)
        : Refusals.surface(refusal);
  }

  /** T22: only a snapshot tells what became of the bundle. */
  private RebuildRequiredException unreplayable(Trigger reason) {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                reason,
                () -> {
                  Attached attached = tx.controlState().attached().orElseThrow();
                  tx.attachment().bind(attached.gated());
                }));
    return new RebuildRequiredException(SyncOperation.PUSH_PENDING);
  }

  private Refusal.PushConflict conflictOrFail(RefusedException refused) {
    Refusal refusal = refused.refusal();
    if (refusal instanceof Refusal.PushConflict conflict) {
      return conflict;
    }
    // Section 4.4.4.
    Optional<SourceFailure> source = SourceFailure.of(refusal);
    if (source.isPresent()) {
      throw source.get().apply(ctx);
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
