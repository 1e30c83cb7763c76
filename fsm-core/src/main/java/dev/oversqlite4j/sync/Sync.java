package dev.oversqlite4j.sync;

import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.SyncReport;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.spi.ControlState;
import java.util.Optional;

/**
 * {@code sync()}: push, then pull, and again while writes of the app keep coming in, for a bounded
 * number of rounds (spec 4.5 step 4). What is still dirty then is pending, and no error.
 */
public final class Sync {

  private static final int ROUNDS_MAX = 3;

  private final SyncContext ctx;
  private final Push push;
  private final Pull pull;

  public Sync(SyncContext ctx) {
    this.ctx = ctx;
    this.push = new Push(ctx);
    this.pull = new Pull(ctx);
  }

  public SyncReport run() {
    PushOutcome pushed = PushOutcome.NO_CHANGE;
    RemoteSyncOutcome pulled = RemoteSyncOutcome.ALREADY_AT_TARGET;
    int round = 0;
    boolean pending = true;
    while (pending && round < ROUNDS_MAX) {
      round++;
      if (push.run(Call.SYNC).outcome() == PushOutcome.COMMITTED) {
        pushed = PushOutcome.COMMITTED;
      }
      ControlState start = ctx.read(tx -> Gates.attached(ctx, tx, Call.SYNC));
      if (pull.toStable(start) == RemoteSyncOutcome.APPLIED_INCREMENTAL) {
        pulled = RemoteSyncOutcome.APPLIED_INCREMENTAL;
      }
      pending = ctx.read(tx -> tx.dirtyRows().count()) > 0;
    }
    return new SyncReport(pushed, pulled, ctx.read(Status::of), Optional.empty());
  }
}
