package dev.oversqlite4j.sync;

import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Refusal;
import java.util.Optional;

/**
 * The server takes nothing from our source any more (spec 4.4.4, 4.4.6). The gate is durable before
 * the caller hears of it; frozen and dirty rows stay, and one replacement is reserved for all
 * rebuilds to come.
 */
final class SourceFailure {

  /** What becomes of the frozen bundle. */
  enum Frozen {
    KEPT,
    /** The server lost what it had committed: its rows are dirty again. */
    TAKEN_BACK
  }

  private final SourceRecoveryReason reason;
  private final Optional<String> named;
  private final Frozen frozen;

  private SourceFailure(SourceRecoveryReason reason, Optional<String> named, Frozen frozen) {
    this.reason = reason;
    this.named = named;
    this.frozen = frozen;
  }

  /** The failure that a refused push or snapshot stands for, if it stands for one. */
  static Optional<SourceFailure> of(Refusal refusal) {
    if (refusal instanceof Refusal.HistoryPruned) {
      return kept(SourceRecoveryReason.HISTORY_PRUNED);
    }
    // Another bundle under our id: the file was restored or copied (spec 4.4.6).
    if (refusal instanceof Refusal.SourceSequenceOutOfOrder
        || refusal instanceof Refusal.RequestHashMismatch) {
      return kept(SourceRecoveryReason.SOURCE_SEQUENCE_OUT_OF_ORDER);
    }
    if (refusal instanceof Refusal.SourceSequenceChanged) {
      return kept(SourceRecoveryReason.SOURCE_SEQUENCE_CHANGED);
    }
    if (refusal instanceof Refusal.SourceRetired retired) {
      return Optional.of(
          new SourceFailure(
              SourceRecoveryReason.SOURCE_RETIRED, retired.replacedBy(), Frozen.KEPT));
    }
    return Optional.empty();
  }

  /** The server was restored to a time before it committed our bundle (spec 4.4.6). */
  static SourceFailure serverRestored() {
    return new SourceFailure(
        SourceRecoveryReason.SOURCE_SEQUENCE_OUT_OF_ORDER, Optional.empty(), Frozen.TAKEN_BACK);
  }

  private static Optional<SourceFailure> kept(SourceRecoveryReason reason) {
    return Optional.of(new SourceFailure(reason, Optional.empty(), Frozen.KEPT));
  }

  /**
   * T23.
   *
   * @return the error for the caller to throw
   */
  SourceRecoveryRequiredException apply(SyncContext ctx) {
    ctx.write(tx -> gate(ctx, tx));
    return new SourceRecoveryRequiredException(reason);
  }

  private Void gate(SyncContext ctx, LocalTransaction tx) {
    ControlState control = tx.controlState();
    if (control.operation() instanceof Operation.SourceRecovery recovery) {
      reserve(ctx, tx, recovery.replacementSourceId(), Facts.of("reason", reason.name()));
      return null;
    }
    // What this file has used itself cannot follow on it, whoever names it (spec 4.4.4).
    Optional<String> usable =
        named.filter(id -> !control.sourceId().equals(Optional.of(id)) && tx.sources().fresh(id));
    Facts facts = Facts.of("reason", reason.name());
    reserve(
        ctx,
        tx,
        usable.orElseGet(() -> Fresh.sourceId(ctx, tx)),
        usable.map(id -> facts.with(LifecycleDefinition.REPLACEMENT_NAMED, id)).orElse(facts));
    return null;
  }

  /** The reserved replacement is the server's already: another one takes its place. */
  static Void renewReservation(SyncContext ctx, LocalTransaction tx) {
    if (tx.controlState().operation() instanceof Operation.SourceRecovery recovery) {
      new SourceFailure(recovery.reason(), Optional.empty(), Frozen.KEPT)
          .reserve(
              ctx,
              tx,
              Fresh.sourceId(ctx, tx),
              Facts.of("reason", recovery.reason().name()).with("reservationRenewed", true));
    }
    return null;
  }

  private void reserve(SyncContext ctx, LocalTransaction tx, String replacement, Facts facts) {
    ctx.fire(
        tx,
        Trigger.SOURCE_FAILURE,
        facts,
        () -> {
          if (frozen == Frozen.TAKEN_BACK) {
            Requeue.all(tx);
            tx.outbox().clear();
          }
          tx.sources().ensure(replacement);
          tx.attachment().bind(tx.controlState().attached().orElseThrow().gated());
          tx.attachment().operation(new Operation.SourceRecovery(reason, replacement));
        });
  }
}
