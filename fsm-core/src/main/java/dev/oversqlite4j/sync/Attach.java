package dev.oversqlite4j.sync;

import dev.oversqlite4j.AttachLifecycleUnsupportedException;
import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.RestoreSummary;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.lifecycle.OperationMatrix;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.ConnectAnswer;
import dev.oversqlite4j.spi.SyncServer.LocalPending;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.UncheckedControl;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** {@code attach(userId)} (spec 4.2). */
public final class Attach {

  private final SyncContext ctx;
  private final RemoteReplace remoteReplace;

  public Attach(SyncContext ctx) {
    this.ctx = ctx;
    this.remoteReplace = new RemoteReplace(ctx);
  }

  /** What the durable state makes of the request. */
  private enum Way {
    RESUME,
    FINISH_REPLACE,
    CONNECT
  }

  public AttachResult run(String requestedUser) {
    // Step 1.
    String user = requestedUser.trim();
    if (user.isEmpty()) {
      throw new IllegalArgumentException("Cannot attach: the user id is blank.");
    }
    ctx.progress().phase(ProgressPhase.ATTACHING, OptionalLong.empty());
    // Steps 2 to 4, by reads: nothing durable happens before the capability gate.
    Way way;
    try {
      way = ctx.read(tx -> way(tx, user));
    } catch (CorruptLocalStateException corrupt) {
      return resumeUnchecked(user, corrupt);
    }
    if (way == Way.RESUME) {
      ctx.write(tx -> resume(tx, user));
      ctx.connected(user);
      return connected(AttachOutcome.RESUMED_ATTACHED_STATE, Optional.empty());
    }
    String source =
        ctx.read(tx -> tx.controlState().sourceId())
            .orElseThrow(
                () ->
                    // An open that found it so has left it so (spec 4.1 step 3c).
                    new CorruptLocalStateException(
                        "_sync_attachment_state", "sync state is present without a source (I4)"));
    // Step 5.
    Capabilities capabilities = Gates.remote(ctx, source);
    if (!capabilities.features().contains(Capabilities.CONNECT_LIFECYCLE)) {
      throw new AttachLifecycleUnsupportedException(
          AttachLifecycleUnsupportedException.Reason.FEATURE_MISSING);
    }
    // Step 6, with the intent in the journal before the server hears of it (CP-A1).
    LocalPending pending = ctx.write(tx -> begin(tx, user));
    AttachResult result;
    try {
      result =
          way == Way.FINISH_REPLACE
              ? replaced(user, source, capabilities, Optional.empty())
              : connect(user, source, capabilities, pending);
    } catch (RefusedException refused) {
      RuntimeException error = Refusals.surface(refused.refusal());
      ctx.abort(Trigger.ATTACH_ABORT, error);
      throw error;
    } catch (RuntimeException failure) {
      ctx.abort(Trigger.ATTACH_ABORT, failure);
      throw failure;
    }
    return result;
  }

  private Way way(LocalTransaction tx, String user) {
    ControlState control = tx.controlState();
    DurableState state = ctx.lifecycle().state(tx);
    Optional<String> owner =
        control.operation() instanceof Operation.RemoteReplace replace
            ? Optional.of(replace.targetUserId())
            : control.attached().map(Attached::userId);
    Call call =
        owner.isEmpty() || owner.get().equals(user)
            ? Call.ATTACH_SAME_USER
            : Call.ATTACH_OTHER_USER;
    Gates.throwIfPresent(OperationMatrix.refusal(call, state, control, Optional.of(user)));
    if (OperationMatrix.cell(call, state) == OperationMatrix.Cell.IGNORED) {
      return Way.RESUME;
    }
    return control.operation() instanceof Operation.RemoteReplace
        ? Way.FINISH_REPLACE
        : Way.CONNECT;
  }

  private Void resume(LocalTransaction tx, String user) {
    // The state may have moved since the read; the matrix decides again, in the transaction.
    way(tx, user);
    ctx.fire(tx, Trigger.RESUME, () -> {});
    return null;
  }

  /**
   * T3: resuming inspects nothing, so damage is no obstacle; rebuild() may be the way out, and it
   * wants a session.
   *
   * @throws CorruptLocalStateException {@code corrupt}: this is not a case of resuming
   */
  private AttachResult resumeUnchecked(String user, CorruptLocalStateException corrupt) {
    ctx.<Void>writeUnchecked(
        changed ->
            tx -> {
              UncheckedControl control = tx.uncheckedControl();
              if (control.replacing()
                  || control.attachment().filter(a -> a.userId().equals(user)).isEmpty()) {
                throw corrupt;
              }
              ctx.lifecycle().corrupt(tx, ctx.opId(), corrupt);
              return null;
            });
    ctx.connected(user);
    return new AttachResult.Connected(
        AttachOutcome.RESUMED_ATTACHED_STATE, ctx.read(Status::unchecked), Optional.empty());
  }

  private LocalPending begin(LocalTransaction tx, String user) {
    way(tx, user);
    // An outbox that survived a lost lease is pending, too (W-14).
    boolean waiting = tx.dirtyRows().count() + tx.outbox().rowCount() > 0;
    String userHash = tx.attachment().userHash(user);
    Facts facts = waiting ? Facts.none() : Lifecycle.emptyConnect(userHash);
    ctx.fire(tx, Trigger.ATTACH_BEGIN, facts.with("user", userHash), () -> {});
    return waiting ? LocalPending.SOME : LocalPending.NONE;
  }

  /** Steps 7 and 8. */
  private AttachResult connect(
      String user, String source, Capabilities capabilities, LocalPending pending) {
    ConnectAnswer answer = ctx.server().connect(source, pending);
    if (answer instanceof ConnectAnswer.RetryLater later) {
      ctx.write(tx -> ctx.fire(tx, Trigger.CONNECT_RETRY_LATER, () -> {}));
      ctx.disconnected();
      return new AttachResult.RetryLater(Duration.ofSeconds(later.retryAfterSeconds()));
    }
    if (answer instanceof ConnectAnswer.InitializeLocal local) {
      bind(Trigger.CONNECT_INIT_LOCAL, user, Optional.of(local.lease()));
      ctx.connected(user);
      return connected(AttachOutcome.SEEDED_FROM_LOCAL, Optional.empty());
    }
    if (answer instanceof ConnectAnswer.InitializeEmpty) {
      return startedEmpty(user);
    }
    return remoteAuthoritative(user, source, capabilities);
  }

  private AttachResult startedEmpty(String user) {
    bind(Trigger.CONNECT_INIT_EMPTY, user, Optional.empty());
    ctx.connected(user);
    return connected(AttachOutcome.STARTED_EMPTY, Optional.empty());
  }

  /**
   * If an earlier connect of ours may have initialised the account unanswered, an account that is
   * still empty is our own: rows written since then must not be discarded (CP-A1, W-15).
   */
  private AttachResult remoteAuthoritative(String user, String source, Capabilities capabilities) {
    boolean maybeOurs =
        ctx.read(tx -> ctx.lifecycle().emptyConnectUnanswered(tx, tx.attachment().userHash(user)));
    if (!maybeOurs) {
      return replaced(user, source, capabilities, Optional.empty());
    }
    SnapshotSession session = ctx.server().createSnapshot(source, Optional.empty());
    if (session.rowCount() == 0 && session.bundleSeq() == 0) {
      ctx.server().deleteSnapshot(source, session.snapshotId());
      return startedEmpty(user);
    }
    return replaced(user, source, capabilities, Optional.of(session));
  }

  private AttachResult replaced(
      String user, String source, Capabilities capabilities, Optional<SnapshotSession> session) {
    RestoreSummary restore = remoteReplace.run(user, source, capabilities, session);
    ctx.connected(user);
    return connected(AttachOutcome.USED_REMOTE_STATE, Optional.of(restore));
  }

  /** T6, T7: we come from anonymous, so checkpoint and gate start afresh. */
  private void bind(Trigger trigger, String user, Optional<String> lease) {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                trigger,
                Facts.of("user", tx.attachment().userHash(user)),
                () -> {
                  tx.attachment().bind(new Attached(user, 0, false, lease));
                  tx.attachment().operation(Operation.None.PLAIN);
                }));
  }

  private AttachResult connected(AttachOutcome outcome, Optional<RestoreSummary> restore) {
    return new AttachResult.Connected(outcome, ctx.read(Status::of), restore);
  }
}
