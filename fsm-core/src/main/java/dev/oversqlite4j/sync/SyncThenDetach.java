package dev.oversqlite4j.sync;

import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.SyncReport;
import dev.oversqlite4j.SyncThenDetachResult;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;

/**
 * {@code syncThenDetach()} (spec 4.8): rounds of sync and detach, because the app may write between
 * the two. A round that does not bring the pending rows down is the last one, and so is the third.
 * Nothing around the rounds is retried, or the bound would be none (W-16).
 */
public final class SyncThenDetach {

  private static final int ROUNDS_MAX = 3;

  private final SyncContext ctx;
  private final Sync sync;
  private final Detach detach;

  public SyncThenDetach(SyncContext ctx) {
    this.ctx = ctx;
    this.sync = new Sync(ctx);
    this.detach = new Detach(ctx);
  }

  /** A sync that fails passes its error on; no detach follows it. */
  public SyncThenDetachResult run() {
    ctx.read(tx -> Gates.attached(ctx, tx, Call.SYNC_THEN_DETACH));
    long pending = Long.MAX_VALUE;
    int round = 0;
    while (true) {
      round++;
      SyncReport synced = sync.run();
      if (detach.run() == DetachOutcome.DETACHED) {
        return new SyncThenDetachResult(synced, DetachOutcome.DETACHED, round, 0);
      }
      long before = pending;
      pending = ctx.read(tx -> Status.pending(tx).pendingRowCount());
      if (round == ROUNDS_MAX || pending >= before) {
        return new SyncThenDetachResult(
            synced, DetachOutcome.BLOCKED_UNSYNCED_DATA, round, pending);
      }
    }
  }
}
