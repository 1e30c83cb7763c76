package dev.oversqlite4j.lifecycle;

import static dev.oversqlite4j.lifecycle.DurableState.ATTACHED;
import static dev.oversqlite4j.lifecycle.DurableState.CLOSED;
import static dev.oversqlite4j.lifecycle.DurableState.DETACHED;
import static dev.oversqlite4j.lifecycle.DurableState.OPENED;
import static dev.oversqlite4j.lifecycle.DurableState.PUSH_COMMITTED;
import static dev.oversqlite4j.lifecycle.DurableState.PUSH_PREPARED;
import static dev.oversqlite4j.lifecycle.DurableState.REBUILD_COMMITTED;
import static dev.oversqlite4j.lifecycle.DurableState.REBUILD_REQUIRED;
import static dev.oversqlite4j.lifecycle.DurableState.REPLACE_PENDING;
import static dev.oversqlite4j.lifecycle.DurableState.REPLACE_STAGED;
import static dev.oversqlite4j.lifecycle.DurableState.SEEDING;
import static dev.oversqlite4j.lifecycle.DurableState.SOURCE_RECOVERY;
import static dev.oversqlite4j.lifecycle.DurableState.UNOPENED;

import dev.oversqlite4j.AttachLocalStateConflictException;
import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.OpenRequiredException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteReplacePendingException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SourceReplacementDivergedException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.fsm.GuardContext;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.fsm.MachineDefinition.Builder;
import dev.oversqlite4j.fsm.MachineDefinition.When;
import dev.oversqlite4j.fsm.RefusedStep;
import dev.oversqlite4j.fsm.StepRefusal;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.OutboxState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The declared transitions (spec 9.3). Every (state, trigger) pair is decided: permitted, or
 * refused with its own error. There is no catch-all; a pair nobody decided fails the build of this
 * class.
 */
public final class LifecycleDefinition {

  /** Fact of {@link Trigger#SOURCE_FAILURE}: the replacement the server names, if it does. */
  public static final String REPLACEMENT_NAMED = "named";

  /**
   * Fact of {@link Trigger#APPLY_ROTATED}: whether a frozen bundle goes on under the new source.
   */
  public static final String FROZEN_KEPT = "frozenKept";

  /** Triggers of a snapshot on its way in, whatever it is for. */
  private static final List<Trigger> STAGING =
      List.of(Trigger.STAGE_SESSION, Trigger.STAGE_CHUNK, Trigger.STAGE_DONE);

  private static final MachineDefinition<DurableState, Trigger> DEFINITION = declare();

  private LifecycleDefinition() {}

  /** The one definition; immutable. */
  public static MachineDefinition<DurableState, Trigger> get() {
    return DEFINITION;
  }

  /** Declares it anew; always the same. */
  static MachineDefinition<DurableState, Trigger> declare() {
    Builder<DurableState, Trigger> m =
        MachineDefinition.named("oversqlite", DurableState.class, Trigger.class).initial(UNOPENED);
    m.substates(OPENED, REPLACE_PENDING, REPLACE_STAGED);
    m.substates(ATTACHED, SEEDING, PUSH_PREPARED, PUSH_COMMITTED);
    m.substates(REBUILD_REQUIRED, REBUILD_COMMITTED, SOURCE_RECOVERY);
    opening(m);
    attaching(m);
    pushing(m);
    quarantine(m);
    pulling(m);
    sourceFailing(m);
    rebuilding(m);
    detaching(m);
    return m.build();
  }

  /**
   * T1, T2: open() and adoption lead to whatever the tables say, a repair of a dead operation stays
   * there.
   */
  private static void opening(Builder<DurableState, Trigger> m) {
    toWhatTheTablesSay(
        m.from(UNOPENED)
            .on(Trigger.OPEN)
            .when("user wiped", c -> derived(c) == DETACHED)
            .to(DETACHED)
            .orWhen("replace pending", c -> derived(c) == REPLACE_PENDING));
    // Without a journal nobody knows that a user was wiped.
    toWhatTheTablesSay(
        m.from(UNOPENED)
            .on(Trigger.ADOPT)
            .when("replace pending", c -> derived(c) == REPLACE_PENDING));
    for (DurableState state : DurableState.values()) {
      if (state == UNOPENED) {
        m.from(state)
            .reject(Trigger.REPAIR, step -> new OpenRequiredException(op(step)))
            .reject(Trigger.CORRUPT, step -> new OpenRequiredException(op(step)));
      } else if (state == CLOSED) {
        m.from(state)
            .reject(Trigger.OPEN, step -> new ClientClosedException(op(step)))
            .reject(Trigger.ADOPT, step -> new ClientClosedException(op(step)))
            .reject(Trigger.CORRUPT, step -> new ClientClosedException(op(step)))
            .reject(Trigger.REPAIR, step -> new ClientClosedException(op(step)));
      } else {
        m.from(state)
            .reject(Trigger.OPEN, changed("opened twice"))
            .reject(Trigger.ADOPT, changed("opened twice"))
            .on(Trigger.CORRUPT)
            .toSame()
            .on(Trigger.REPAIR)
            .toSame();
      }
    }
  }

  private static void toWhatTheTablesSay(When<DurableState, Trigger> replacePending) {
    replacePending
        .to(REPLACE_PENDING)
        .orWhen("replace staged", c -> derived(c) == REPLACE_STAGED)
        .to(REPLACE_STAGED)
        .orWhen("attached", c -> derived(c) == ATTACHED)
        .to(ATTACHED)
        .orWhen("lease held", c -> derived(c) == SEEDING)
        .to(SEEDING)
        .orWhen("outbox prepared", c -> derived(c) == PUSH_PREPARED)
        .to(PUSH_PREPARED)
        .orWhen("outbox committed", c -> derived(c) == PUSH_COMMITTED)
        .to(PUSH_COMMITTED)
        .orWhen("rebuild required", c -> derived(c) == REBUILD_REQUIRED)
        .to(REBUILD_REQUIRED)
        .orWhen("rebuild required, outbox committed", c -> derived(c) == REBUILD_COMMITTED)
        .to(REBUILD_COMMITTED)
        .orWhen("source recovery", c -> derived(c) == SOURCE_RECOVERY)
        .to(SOURCE_RECOVERY)
        .otherwiseTo(OPENED);
  }

  /** T4–T13. */
  private static void attaching(Builder<DurableState, Trigger> m) {
    Map<DurableState, StepRefusal> refused = outsideAttached();
    refused.keySet().removeAll(List.of(OPENED, DETACHED, REPLACE_PENDING, REPLACE_STAGED));
    for (DurableState state : allAttached()) {
      refused.put(state, localConflict(AttachLocalStateConflictException.Reason.OTHER_TARGET_USER));
    }
    m.from(OPENED, DETACHED)
        .on(Trigger.ATTACH_BEGIN)
        .toSame()
        .on(Trigger.ATTACH_ABORT)
        .toSame()
        .on(Trigger.CONNECT_RETRY_LATER)
        .toSame()
        .on(Trigger.CONNECT_INIT_EMPTY)
        .to(ATTACHED)
        .on(Trigger.CONNECT_INIT_LOCAL)
        .to(SEEDING)
        .on(Trigger.CONNECT_REMOTE_AUTH)
        .when("outbox empty", c -> control(c).outbox() instanceof OutboxState.Empty)
        .to(REPLACE_PENDING)
        .otherwise(step -> new PendingPushReplayException(1));
    m.from(REPLACE_PENDING, REPLACE_STAGED)
        .on(Trigger.ATTACH_BEGIN)
        .toSame()
        .on(Trigger.ATTACH_ABORT)
        .toSame()
        .on(Trigger.STAGE_SESSION)
        .to(REPLACE_PENDING);
    m.from(REPLACE_PENDING)
        .on(Trigger.STAGE_CHUNK)
        .toSame()
        .on(Trigger.STAGE_DONE)
        .to(REPLACE_STAGED)
        .reject(Trigger.APPLY_REMOTE, changed("the stage is not complete"));
    m.from(REPLACE_STAGED)
        .reject(Trigger.STAGE_CHUNK, changed("the stage is complete already"))
        .reject(Trigger.STAGE_DONE, changed("the stage is complete already"))
        .on(Trigger.APPLY_REMOTE)
        .to(ATTACHED);
    for (Trigger t :
        List.of(
            Trigger.CONNECT_RETRY_LATER,
            Trigger.CONNECT_INIT_EMPTY,
            Trigger.CONNECT_INIT_LOCAL,
            Trigger.CONNECT_REMOTE_AUTH)) {
      m.from(REPLACE_PENDING, REPLACE_STAGED)
          .reject(t, localConflict(AttachLocalStateConflictException.Reason.OTHER_TARGET_USER));
    }
    for (Trigger t : STAGING) {
      m.from(OPENED, DETACHED).reject(t, changed("no remote replace is pending"));
      m.from(ATTACHED, SEEDING, PUSH_PREPARED).reject(t, changed("no rebuild is running"));
      // T29. A rebuild never reuses a stage, so its states do not tell how far it came.
      m.from(PUSH_COMMITTED, REBUILD_REQUIRED, REBUILD_COMMITTED, SOURCE_RECOVERY).on(t).toSame();
      m.from(UNOPENED).reject(t, refused.get(UNOPENED));
      m.from(CLOSED).reject(t, refused.get(CLOSED));
    }
    m.from(OPENED, DETACHED).reject(Trigger.APPLY_REMOTE, changed("no remote replace is pending"));
    rejectAll(m, Trigger.APPLY_REMOTE, refused);
    for (Trigger t :
        List.of(
            Trigger.ATTACH_BEGIN,
            Trigger.ATTACH_ABORT,
            Trigger.CONNECT_RETRY_LATER,
            Trigger.CONNECT_INIT_EMPTY,
            Trigger.CONNECT_INIT_LOCAL,
            Trigger.CONNECT_REMOTE_AUTH)) {
      rejectAll(m, t, refused);
    }
    // Resuming inspects and repairs nothing, whatever state the attachment is in (spec 4.2 step 3).
    for (DurableState state : allAttached()) {
      m.from(state).on(Trigger.RESUME).toSame();
    }
    rejectAll(m, Trigger.RESUME, outsideAttached());
  }

  /** T15–T22, T28, T37. */
  private static void pushing(Builder<DurableState, Trigger> m) {
    Map<DurableState, StepRefusal> refused = outsideAttached();
    refused.put(
        SOURCE_RECOVERY,
        step -> new SourceRecoveryRequiredException(SourceRecoveryReason.SOURCE_SEQUENCE_CHANGED));
    StepRefusal notFrozen = changed("nothing is frozen");
    StepRefusal frozen = changed("a bundle is frozen");
    StepRefusal committed = changed("the frozen bundle is committed");
    StepRefusal notCommitted = changed("the frozen bundle is not known to be committed");

    m.from(ATTACHED, SEEDING)
        .on(Trigger.FREEZE)
        .to(PUSH_PREPARED)
        .on(Trigger.FREEZE_NO_OPS)
        .toSame()
        .reject(Trigger.PUSH_BEGIN, notFrozen)
        .reject(Trigger.ACK, notFrozen)
        .reject(Trigger.CONFLICT_RESOLVED, notFrozen)
        .reject(Trigger.CONFLICT_INVALID, notFrozen)
        .reject(Trigger.PUSH_REJECTED, notFrozen)
        .reject(Trigger.PUSH_ABORT, notFrozen)
        .reject(Trigger.REPLAY, notFrozen)
        .reject(Trigger.REPLAY_PRUNED, notFrozen)
        .reject(Trigger.HASH_MISMATCH, notFrozen);
    m.from(SEEDING).on(Trigger.LEASE_INVALID).to(OPENED).on(Trigger.LEASE_RELEASED).to(ATTACHED);
    m.from(ATTACHED)
        .reject(Trigger.LEASE_INVALID, changed("no lease is held"))
        .reject(Trigger.LEASE_RELEASED, changed("no lease is held"));

    m.from(PUSH_PREPARED)
        .reject(Trigger.FREEZE, frozen)
        .reject(Trigger.FREEZE_NO_OPS, frozen)
        .on(Trigger.PUSH_BEGIN)
        .toSame()
        .on(Trigger.ACK)
        .to(PUSH_COMMITTED)
        .on(Trigger.LEASE_INVALID)
        .to(OPENED)
        .reject(Trigger.LEASE_RELEASED, frozen)
        .on(Trigger.CONFLICT_RESOLVED)
        .when("lease held", LifecycleDefinition::leaseHeld)
        .to(SEEDING)
        .otherwiseTo(ATTACHED)
        .on(Trigger.CONFLICT_INVALID)
        .when("lease held", LifecycleDefinition::leaseHeld)
        .to(SEEDING)
        .otherwiseTo(ATTACHED)
        .on(Trigger.PUSH_REJECTED)
        .when("lease held", LifecycleDefinition::leaseHeld)
        .to(SEEDING)
        .otherwiseTo(ATTACHED)
        .on(Trigger.PUSH_ABORT)
        .toSame()
        .reject(Trigger.REPLAY, notCommitted)
        .reject(Trigger.REPLAY_PRUNED, notCommitted)
        .reject(Trigger.HASH_MISMATCH, notCommitted);
    m.from(PUSH_COMMITTED, REBUILD_COMMITTED)
        .reject(Trigger.FREEZE, committed)
        .reject(Trigger.FREEZE_NO_OPS, committed)
        .on(Trigger.PUSH_BEGIN)
        .toSame()
        .reject(Trigger.ACK, committed)
        .reject(Trigger.LEASE_INVALID, committed)
        .reject(Trigger.LEASE_RELEASED, committed)
        .reject(Trigger.CONFLICT_RESOLVED, committed)
        .reject(Trigger.CONFLICT_INVALID, committed)
        .reject(Trigger.PUSH_REJECTED, committed)
        .on(Trigger.PUSH_ABORT)
        .toSame()
        .on(Trigger.REPLAY_PRUNED)
        .to(REBUILD_COMMITTED)
        .on(Trigger.HASH_MISMATCH)
        .to(REBUILD_COMMITTED);
    m.from(PUSH_COMMITTED).on(Trigger.REPLAY).to(ATTACHED);
    m.from(REBUILD_COMMITTED).on(Trigger.REPLAY).to(REBUILD_REQUIRED);

    // T28: the recovery of a checkpoint sends what waits, and the gate stays.
    m.from(REBUILD_REQUIRED)
        .on(Trigger.FREEZE)
        .when("nothing frozen", c -> !prepared(c))
        .toSame()
        .otherwise(frozen)
        .on(Trigger.FREEZE_NO_OPS)
        .when("nothing frozen", c -> !prepared(c))
        .toSame()
        .otherwise(frozen)
        .on(Trigger.ACK)
        .when("bundle frozen", LifecycleDefinition::prepared)
        .to(REBUILD_COMMITTED)
        .otherwise(notFrozen)
        .on(Trigger.LEASE_INVALID)
        .when("lease held", LifecycleDefinition::leaseHeld)
        .to(OPENED)
        .otherwise(changed("no lease is held"))
        .on(Trigger.LEASE_RELEASED)
        .when("lease held, nothing frozen", c -> leaseHeld(c) && !prepared(c))
        .toSame()
        .otherwise(changed("no lease is held, or a bundle is frozen"))
        .reject(Trigger.REPLAY, notCommitted)
        .reject(Trigger.REPLAY_PRUNED, notCommitted)
        .reject(Trigger.HASH_MISMATCH, notCommitted);
    for (Trigger t :
        List.of(
            Trigger.PUSH_BEGIN,
            Trigger.PUSH_ABORT,
            Trigger.CONFLICT_RESOLVED,
            Trigger.CONFLICT_INVALID,
            Trigger.PUSH_REJECTED)) {
      m.from(REBUILD_REQUIRED)
          .on(t)
          .when("bundle frozen", LifecycleDefinition::prepared)
          .toSame()
          .otherwise(notFrozen);
    }
    for (Trigger t :
        List.of(
            Trigger.PUSH_BEGIN,
            Trigger.FREEZE,
            Trigger.FREEZE_NO_OPS,
            Trigger.ACK,
            Trigger.LEASE_INVALID,
            Trigger.LEASE_RELEASED,
            Trigger.CONFLICT_RESOLVED,
            Trigger.CONFLICT_INVALID,
            Trigger.PUSH_REJECTED,
            Trigger.REPLAY,
            Trigger.REPLAY_PRUNED,
            Trigger.HASH_MISMATCH,
            Trigger.PUSH_ABORT)) {
      rejectAll(m, t, refused);
    }
  }

  /** Nothing but rows between the dirty ones and the audit moves (spec 4.4.7). */
  private static void quarantine(Builder<DurableState, Trigger> m) {
    List<DurableState> free = new ArrayList<>(allAttached());
    // Anonymous after a lost lease: what was quarantined before is still there.
    free.add(OPENED);
    free.remove(SOURCE_RECOVERY);
    for (DurableState state : free) {
      m.from(state)
          .on(Trigger.QUARANTINE_RETRIED)
          .toSame()
          .on(Trigger.QUARANTINE_DISCARDED)
          .toSame();
    }
    // A rotation folds the dirty rows it found: none may appear. Giving edits up is no hindrance.
    m.from(SOURCE_RECOVERY)
        .reject(
            Trigger.QUARANTINE_RETRIED,
            step ->
                new SourceRecoveryRequiredException(SourceRecoveryReason.SOURCE_SEQUENCE_CHANGED))
        .on(Trigger.QUARANTINE_DISCARDED)
        .toSame();
    Map<DurableState, StepRefusal> refused = outsideAttached();
    refused.remove(OPENED);
    rejectAll(m, Trigger.QUARANTINE_RETRIED, refused);
    rejectAll(m, Trigger.QUARANTINE_DISCARDED, refused);
  }

  /** T25. Rows written while a pull runs stay dirty and never make it fail (spec 4.5 step 4). */
  private static void pulling(Builder<DurableState, Trigger> m) {
    Map<DurableState, StepRefusal> refused = outsideAttached();
    refused.put(REBUILD_REQUIRED, step -> new RebuildRequiredException(op(step)));
    refused.put(REBUILD_COMMITTED, step -> new RebuildRequiredException(op(step)));
    refused.put(
        SOURCE_RECOVERY,
        step -> new SourceRecoveryRequiredException(SourceRecoveryReason.SOURCE_SEQUENCE_CHANGED));
    refused.put(PUSH_PREPARED, step -> new PendingPushReplayException(1));
    refused.put(PUSH_COMMITTED, step -> new PendingPushReplayException(1));
    // An account with bundles does not wait for its seed: the lease is lost, and its rows must not
    // come into a file that is about to be nobody's.
    refused.put(SEEDING, changed("the account waits for its seed"));
    m.from(ATTACHED).on(Trigger.PULL_BUNDLE).toSame();
    rejectAll(m, Trigger.PULL_BUNDLE, refused);
  }

  /** T23, T24: frozen and dirty rows stay, the replacement is reserved once and for all. */
  private static void sourceFailing(Builder<DurableState, Trigger> m) {
    m.from(
            ATTACHED,
            SEEDING,
            PUSH_PREPARED,
            PUSH_COMMITTED,
            REBUILD_REQUIRED,
            REBUILD_COMMITTED,
            SOURCE_RECOVERY)
        .on(Trigger.SOURCE_FAILURE)
        .when("reservation compatible", LifecycleDefinition::reservationCompatible)
        .to(SOURCE_RECOVERY)
        .otherwise(
            step -> new SourceReplacementDivergedException(Optional.empty(), Optional.empty()));
    rejectAll(m, Trigger.SOURCE_FAILURE, outsideAttached());
  }

  /** T27, T30–T32. */
  private static void rebuilding(Builder<DurableState, Trigger> m) {
    StepRefusal frozen = changed("a bundle is frozen");
    StepRefusal notRunning = changed("no rebuild is running");
    StepRefusal otherMode = changed("another way of applying the snapshot is due");
    Map<DurableState, StepRefusal> refused = outsideAttached();
    for (Trigger t : List.of(Trigger.HISTORY_PRUNED, Trigger.CHECKPOINT_AHEAD)) {
      m.from(ATTACHED, SEEDING).on(t).to(REBUILD_REQUIRED);
      m.from(PUSH_PREPARED, PUSH_COMMITTED).reject(t, frozen);
      m.from(REBUILD_REQUIRED, REBUILD_COMMITTED, SOURCE_RECOVERY)
          .reject(t, changed("a rebuild is due already"));
      rejectAll(m, t, refused);
    }
    // A prepared bundle is pushed first; only one that cannot be sent is taken apart (W-34).
    m.from(ATTACHED, SEEDING, PUSH_PREPARED).on(Trigger.REBUILD_BEGIN).to(REBUILD_REQUIRED);
    m.from(ATTACHED, SEEDING, PUSH_PREPARED).reject(Trigger.REBUILD_ABORT, notRunning);
    m.from(PUSH_COMMITTED, REBUILD_REQUIRED, REBUILD_COMMITTED, SOURCE_RECOVERY)
        .on(Trigger.REBUILD_BEGIN)
        .toSame()
        .on(Trigger.REBUILD_ABORT)
        .toSame();
    for (Trigger t :
        List.of(Trigger.APPLY_SNAPSHOT, Trigger.APPLY_COMMITTED, Trigger.APPLY_ROTATED)) {
      m.from(ATTACHED, SEEDING, PUSH_PREPARED).reject(t, notRunning);
      rejectAll(m, t, refused);
    }
    rejectAll(m, Trigger.REBUILD_BEGIN, refused);
    rejectAll(m, Trigger.REBUILD_ABORT, refused);
    m.from(REBUILD_REQUIRED)
        .on(Trigger.APPLY_SNAPSHOT)
        .when("nothing frozen", c -> !prepared(c))
        .to(ATTACHED)
        .otherwise(frozen)
        .reject(Trigger.APPLY_COMMITTED, otherMode)
        .reject(Trigger.APPLY_ROTATED, otherMode);
    m.from(PUSH_COMMITTED, REBUILD_COMMITTED)
        .on(Trigger.APPLY_COMMITTED)
        .to(ATTACHED)
        .reject(Trigger.APPLY_SNAPSHOT, otherMode)
        .reject(Trigger.APPLY_ROTATED, otherMode);
    m.from(SOURCE_RECOVERY)
        .on(Trigger.APPLY_ROTATED)
        .when("frozen bundle kept", c -> c.facts().json().path(FROZEN_KEPT).asBoolean())
        .to(PUSH_PREPARED)
        .otherwiseTo(ATTACHED)
        .reject(Trigger.APPLY_SNAPSHOT, otherMode)
        .reject(Trigger.APPLY_COMMITTED, otherMode);
  }

  /** T14, T33, T34. */
  private static void detaching(Builder<DurableState, Trigger> m) {
    m.from(REPLACE_PENDING, REPLACE_STAGED).on(Trigger.CANCEL_REPLACE).to(OPENED);
    Map<DurableState, StepRefusal> notReplacing = outsideAttached();
    notReplacing.keySet().removeAll(List.of(REPLACE_PENDING, REPLACE_STAGED));
    notReplacing.put(OPENED, changed("no remote replace is pending"));
    notReplacing.put(DETACHED, changed("no remote replace is pending"));
    for (DurableState state : allAttached()) {
      notReplacing.put(state, changed("no remote replace is pending"));
    }
    rejectAll(m, Trigger.CANCEL_REPLACE, notReplacing);

    // A frozen outbox is pending by definition, so those states can only be blocked.
    m.from(ATTACHED, SEEDING, REBUILD_REQUIRED, SOURCE_RECOVERY)
        .on(Trigger.DETACH)
        .when("nothing pending", c -> pending(c) == 0)
        .to(DETACHED)
        .otherwise(changed("rows are pending"));
    for (DurableState state : List.of(PUSH_PREPARED, PUSH_COMMITTED, REBUILD_COMMITTED)) {
      m.from(state).reject(Trigger.DETACH, changed("rows are pending"));
    }
    for (DurableState state : allAttached()) {
      m.from(state)
          .on(Trigger.DETACH_BLOCKED)
          .when("rows pending", c -> pending(c) > 0)
          .toSame()
          .otherwise(changed("nothing is pending"));
    }
    rejectAll(m, Trigger.DETACH, outsideAttached());
    rejectAll(m, Trigger.DETACH_BLOCKED, outsideAttached());
  }

  /** The errors of everything that needs an attached user, in the states that have none. */
  private static Map<DurableState, StepRefusal> outsideAttached() {
    Map<DurableState, StepRefusal> refused = new EnumMap<>(DurableState.class);
    refused.put(UNOPENED, step -> new OpenRequiredException(op(step)));
    refused.put(OPENED, step -> new AttachRequiredException(op(step)));
    refused.put(DETACHED, step -> new AttachRequiredException(op(step)));
    refused.put(REPLACE_PENDING, step -> new RemoteReplacePendingException(""));
    refused.put(REPLACE_STAGED, step -> new RemoteReplacePendingException(""));
    refused.put(CLOSED, step -> new ClientClosedException(op(step)));
    return refused;
  }

  private static List<DurableState> allAttached() {
    return List.of(
        ATTACHED,
        SEEDING,
        PUSH_PREPARED,
        PUSH_COMMITTED,
        REBUILD_REQUIRED,
        REBUILD_COMMITTED,
        SOURCE_RECOVERY);
  }

  private static void rejectAll(
      Builder<DurableState, Trigger> m, Trigger trigger, Map<DurableState, StepRefusal> refused) {
    refused.forEach((state, error) -> m.from(state).reject(trigger, error));
  }

  private static StepRefusal localConflict(AttachLocalStateConflictException.Reason reason) {
    return step -> new AttachLocalStateConflictException(reason);
  }

  /**
   * The workflow read the state in this very transaction and still asked for an impossible step:
   * the control tables contradict what the workflow was told. Nothing is guessed.
   */
  private static StepRefusal changed(String reason) {
    return step ->
        new CorruptLocalStateException(
            "_sync_operation_state",
            step.trigger() + " is impossible in " + step.state() + ": " + reason);
  }

  private static SyncOperation op(RefusedStep step) {
    return Trigger.valueOf(step.trigger()).operation();
  }

  private static LocalTransaction local(GuardContext context) {
    return context.transaction().unwrap(LocalTransaction.class);
  }

  private static ControlState control(GuardContext context) {
    return local(context).controlState();
  }

  private static DurableState derived(GuardContext context) {
    return DurableState.derive(control(context), Lifecycle.fold(context.transaction()));
  }

  private static boolean prepared(GuardContext context) {
    return control(context).outbox() instanceof OutboxState.Prepared;
  }

  /**
   * The server may name the replacement; what is reserved here, or was used here, must not
   * contradict it (spec 4.4.4).
   */
  private static boolean reservationCompatible(GuardContext context) {
    String named = context.facts().json().path(REPLACEMENT_NAMED).asText();
    if (named.isEmpty()) {
      return true;
    }
    ControlState control = control(context);
    if (control.operation() instanceof Operation.SourceRecovery reserved) {
      return reserved.replacementSourceId().equals(named);
    }
    return !control.sourceId().equals(Optional.of(named)) && local(context).sources().fresh(named);
  }

  private static boolean leaseHeld(GuardContext context) {
    return control(context).attached().flatMap(ControlState.Attached::lease).isPresent();
  }

  private static long pending(GuardContext context) {
    LocalTransaction tx = local(context);
    return tx.dirtyRows().count() + tx.outbox().rowCount() + tx.quarantine().count();
  }
}
