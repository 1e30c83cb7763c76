package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DirtyStateRejectedException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.UninstallMode;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.spi.LocalTransaction;

/**
 * {@code uninstallSync()} (spec 4.9, T35). The one transition without a journal row: the row would
 * go with its table.
 */
public final class Uninstall {

  private final SyncContext ctx;

  public Uninstall(SyncContext ctx) {
    this.ctx = ctx;
  }

  /** A client that is not open owns nothing yet. */
  public void unopened(SyncSchema schema, UninstallMode mode) {
    ctx.store().claim(schema, ctx.options());
    try {
      opened(mode);
    } catch (RuntimeException failure) {
      ctx.store().close();
      throw failure;
    }
  }

  public void opened(UninstallMode mode) {
    ctx.store()
        .write(
            tx -> {
              if (tx.installation().installed()) {
                // Another client's file, or an older one, may lack tables that the counts look at.
                tx.installation().install();
                if (mode == UninstallMode.REFUSE_IF_PENDING) {
                  refuseIfPending(tx);
                }
                tx.installation().uninstall(Lifecycle.MACHINE);
              }
              return null;
            });
    ctx.disconnected();
  }

  private static void refuseIfPending(LocalTransaction tx) {
    if (!attached(tx)) {
      return;
    }
    long frozen = tx.outbox().rowCount();
    if (frozen > 0) {
      throw new PendingPushReplayException(frozen);
    }
    long pending = tx.dirtyRows().count() + tx.quarantine().count();
    if (pending > 0) {
      throw new DirtyStateRejectedException(pending);
    }
  }

  /** Damaged state may be somebody's: what waits in it is not dropped unasked. */
  private static boolean attached(LocalTransaction tx) {
    try {
      return tx.controlState().attached().isPresent();
    } catch (CorruptLocalStateException damaged) {
      return true;
    }
  }
}
