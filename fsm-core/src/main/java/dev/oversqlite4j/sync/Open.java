package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.OutboxState;
import java.util.Optional;

/**
 * {@code open()} (spec 4.1): everything in one transaction, so that there is no moment in which
 * triggers exist without a source, or tables without triggers (W-11, W-12). Never talks to the
 * server.
 */
public final class Open {

  /** Without them nothing can be journaled either. */
  private static final String OWN_TABLES = "_fsm_";

  private final SyncContext ctx;

  public Open(SyncContext ctx) {
    this.ctx = ctx;
  }

  public void run(SyncSchema schema) {
    // Step 1: ownership, and validation by reads only.
    ctx.store().claim(schema, ctx.options());
    try {
      prepare();
    } catch (RuntimeException failure) {
      ctx.store().close();
      throw failure;
    }
    // Step 4: only a successful attach of this process connects.
    ctx.disconnected();
  }

  /** T3: a file that contradicts itself opens, so that it can be looked at and left. */
  private void prepare() {
    try {
      ctx.write(
          tx -> {
            // Step 2: tables, registry, triggers, apply mode off.
            tx.installation().install();
            // Step 3b, 3c: the first source captures what is there, once in the life of the file.
            boolean known = tx.controlState().sourceId().isPresent();
            if (known) {
              captureUntracked(tx);
            } else {
              assignFirstSource(tx);
              tx.installation().captureAll();
            }
            if (tx.controlState().outbox().frozen().isPresent()) {
              OutboxCheck.verify(tx, ctx.store().codec().schemaName());
            }
            // Step 3d.
            normalise(tx);
            if (known) {
              ctx.lifecycle().adopt(tx, ctx.opId());
            }
            // Step 3e.
            ctx.lifecycle().repair(tx, ctx.opId());
            return ctx.lifecycle().open(tx, ctx.opId());
          });
    } catch (CorruptLocalStateException corrupt) {
      if (corrupt.table().startsWith(OWN_TABLES)) {
        throw corrupt;
      }
      ctx.<Void>writeUnchecked(
          changed ->
              tx -> {
                tx.installation().installJournal();
                ctx.lifecycle().corrupt(tx, ctx.opId(), corrupt);
                return null;
              });
    }
  }

  /**
   * Rows that another client gave up for a pending remote replace, or that were written past the
   * guards, are held like those we gave up ourselves: a cancelled replace brings them back.
   */
  private void captureUntracked(LocalTransaction tx) {
    boolean replacing = tx.controlState().operation() instanceof Operation.RemoteReplace;
    if (tx.installation().foundInPlace()) {
      return;
    }
    if (replacing) {
      tx.discardedIntents().restoreHeld();
    }
    tx.installation().captureUntracked();
    if (replacing) {
      tx.discardedIntents().holdDirtyRows(ctx.opId());
    }
  }

  private void assignFirstSource(LocalTransaction tx) {
    String source = Fresh.sourceId(ctx, tx);
    tx.sources().ensure(source);
    tx.attachment().bindSource(source);
  }

  /**
   * Other clients forget the attachment when a lease is lost and keep the frozen rows, with which
   * no attach can go on: what LEASE_INVALID does is done now (spec 4.4.5; W-4, W-14, W-29).
   */
  private static void thaw(LocalTransaction tx, OutboxState outbox) {
    if (outbox instanceof OutboxState.Empty) {
      return;
    }
    Requeue.all(tx);
    if (outbox instanceof OutboxState.CommittedRemote committed) {
      OutboxState.Bundle bundle = committed.bundle();
      tx.sources().raiseNextBundleId(bundle.sourceId(), bundle.sourceBundleId() + 1);
    }
    tx.outbox().clear();
  }

  /** Other clients forget the lease after the replay only, or die before (CP P5, P6). */
  private static boolean seeded(LocalTransaction tx, ControlState control, Attached attached) {
    return control.outbox() instanceof OutboxState.CommittedRemote
        || attached.checkpoint() > 0
        || tx.rows().anyLiveAuthority();
  }

  /** Special repair rules of spec 4.1; whatever is consistent already is not written again. */
  private static void normalise(LocalTransaction tx) {
    ControlState control = tx.controlState();
    control.sourceId().ifPresent(tx.sources()::ensure);
    boolean replacing = control.operation() instanceof Operation.RemoteReplace;
    if (control.binding() instanceof Attached attached) {
      if (replacing) {
        tx.attachment().bind(new Anonymous());
      } else if (attached.lease().isPresent() && seeded(tx, control, attached)) {
        // The scope is initialised, and the lease can only do harm (W-3, W-24).
        tx.attachment().bind(attached.withLease(Optional.empty()));
      }
    }
    // A page that was on its way in is asked for again; a complete answer to a push is kept.
    tx.pullStage().clear();
    boolean wanted =
        control.outbox() instanceof OutboxState.CommittedRemote committed
            && tx.pushStage().complete(committed.bundleSeq(), committed.bundleHash()).isPresent();
    if (!wanted) {
      tx.pushStage().clear();
    }
    if (!replacing && control.binding() instanceof Anonymous) {
      thaw(tx, control.outbox());
    }
    if (!replacing) {
      // A rebuild never reuses a stage (CP-B3).
      tx.stage().clear();
    }
  }
}
