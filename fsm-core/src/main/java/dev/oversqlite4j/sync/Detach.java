package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.lifecycle.OperationMatrix;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.UncheckedControl;
import java.util.Optional;
import java.util.function.Consumer;

/** {@code detach()} (spec 4.7): never talks to the server, never drops unsynced data. */
public final class Detach {

  private final SyncContext ctx;

  public Detach(SyncContext ctx) {
    this.ctx = ctx;
  }

  public DetachOutcome run() {
    DetachOutcome outcome;
    try {
      outcome = ctx.writeRows(changed -> tx -> decide(tx, changed));
    } catch (CorruptLocalStateException corrupt) {
      outcome = ctx.writeUnchecked(changed -> tx -> decideUnchecked(tx, changed));
    }
    if (outcome == DetachOutcome.DETACHED) {
      ctx.disconnected();
      if (ctx.lastState() == DurableState.DETACHED) {
        ctx.store().truncateLog();
      }
    }
    return outcome;
  }

  /** Everything, the pending count included, in the transaction that wipes (W-9). */
  private DetachOutcome decide(LocalTransaction tx, Consumer<String> changed) {
    ControlState control = tx.controlState();
    DurableState state = ctx.lifecycle().state(tx);
    Gates.throwIfPresent(OperationMatrix.refusal(Call.DETACH, state, control, Optional.empty()));
    if (control.operation() instanceof Operation.RemoteReplace) {
      cancelReplace(tx);
      return DetachOutcome.DETACHED;
    }
    if (control.binding() instanceof Anonymous) {
      // Wiping anonymous data is never implicit.
      return DetachOutcome.DETACHED;
    }
    long pending = Status.pending(tx).pendingRowCount();
    if (pending > 0) {
      ctx.fire(tx, Trigger.DETACH_BLOCKED, Facts.of("pending", pending), () -> {});
      return DetachOutcome.BLOCKED_UNSYNCED_DATA;
    }
    wipe(tx, control.sourceId().orElseThrow(), changed);
    return DetachOutcome.DETACHED;
  }

  /**
   * The way out of tables that contradict themselves (T3): as careful as ever with rows that wait,
   * and with a bundle that may be missing some.
   */
  private DetachOutcome decideUnchecked(LocalTransaction tx, Consumer<String> changed) {
    UncheckedControl control = tx.uncheckedControl();
    if (control.replacing() && !control.attached()) {
      ctx.lifecycle()
          .fireUnchecked(
              tx,
              DurableState.REPLACE_PENDING,
              Trigger.CANCEL_REPLACE,
              ctx.opId(),
              () -> undoReplace(tx));
      return DetachOutcome.DETACHED;
    }
    if (!control.attached()) {
      return DetachOutcome.DETACHED;
    }
    long pending = tx.dirtyRows().count() + tx.outbox().rowCount() + tx.quarantine().count();
    if (pending > 0 || control.bundleFrozen()) {
      return DetachOutcome.BLOCKED_UNSYNCED_DATA;
    }
    tx.erasure()
        .erasing(
            () -> {
              ctx.lifecycle()
                  .fireUnchecked(
                      tx,
                      DurableState.ATTACHED,
                      Trigger.DETACH,
                      ctx.opId(),
                      () -> tx.sources().endLineageAt(leave(tx, control.sourceId())));
              tx.erasure().foldJournal(Lifecycle.MACHINE);
            });
    ctx.store().codec().tables().forEach(t -> changed.accept(t.name()));
    return DetachOutcome.DETACHED;
  }

  /** T14: the stage goes, the dirty rows come back exactly as they were (W-6, W-13). */
  private void cancelReplace(LocalTransaction tx) {
    ctx.fire(tx, Trigger.CANCEL_REPLACE, () -> undoReplace(tx));
  }

  private static void undoReplace(LocalTransaction tx) {
    tx.stage().clear();
    tx.attachment().bind(new Anonymous());
    tx.attachment().operation(Operation.None.PLAIN);
    tx.discardedIntents().restoreHeld();
  }

  /**
   * T33: the user's data leaves, a fresh source takes over. The journal keeps the detach and that
   * there were rows before it, but not what they tell of the user.
   */
  private void wipe(LocalTransaction tx, String oldSource, Consumer<String> changed) {
    tx.erasure()
        .erasing(
            () -> {
              ctx.fire(tx, Trigger.DETACH, () -> leave(tx, oldSource));
              tx.erasure().foldJournal(Lifecycle.MACHINE);
            });
    ctx.store().codec().tables().forEach(t -> changed.accept(t.name()));
  }

  /** Returns the source that takes over. */
  private String leave(LocalTransaction tx, String oldSource) {
    tx.rows().authoritative(() -> tx.rows().wipeAll());
    tx.discardedIntents().wipe();
    tx.quarantine().wipe();
    tx.erasure().wipeControl();
    String newSource = Fresh.sourceId(ctx, tx);
    tx.sources().ensure(newSource);
    tx.sources().markReplaced(oldSource, newSource);
    tx.attachment().bindSource(newSource);
    tx.attachment().bind(new Anonymous());
    tx.attachment().operation(Operation.None.PLAIN);
    return newSource;
  }
}
