package dev.oversqlite4j.sync;

import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.RebuildRequiredException;
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
  private final CheckpointRecovery recovery;

  public Sync(SyncContext ctx) {
    this.ctx = ctx;
    this.push = new Push(ctx);
    this.pull = new Pull(ctx);
    this.recovery = new CheckpointRecovery(ctx);
  }

  public SyncReport run() {
    PushOutcome pushed = PushOutcome.NO_CHANGE;
    Pull.Result pulled = new Pull.Result(RemoteSyncOutcome.ALREADY_AT_TARGET, Optional.empty());
    int round = 0;
    boolean pending = true;
    while (pending && round < ROUNDS_MAX) {
      round++;
      if (pushed(Call.SYNC) == PushOutcome.COMMITTED) {
        pushed = PushOutcome.COMMITTED;
      }
      ControlState start = ctx.read(tx -> Gates.attached(ctx, tx, Call.SYNC));
      // The push of a recovery is part of it: it is neither repeated nor reported (4.6.1).
      pulled =
          further(
              pulled,
              recovery.due()
                  ? Pull.Result.restored(recovery.run(Call.SYNC))
                  : pull.toStable(start, Call.SYNC));
      pending = ctx.read(tx -> tx.dirtyRows().count()) > 0;
    }
    return new SyncReport(pushed, pulled.outcome(), ctx.read(Status::of), pulled.restore());
  }

  private PushOutcome pushed(Call call) {
    ctx.read(tx -> Gates.attached(ctx, tx, call));
    if (recovery.due()) {
      return PushOutcome.NO_CHANGE;
    }
    try {
      return push.run(call).outcome();
    } catch (RebuildRequiredException unreplayable) {
      // The bundle is committed, and the recovery that follows knows how to go on from there.
      return PushOutcome.COMMITTED;
    }
  }

  /** What a later round did not do does not undo what an earlier one did. */
  private static Pull.Result further(Pull.Result before, Pull.Result now) {
    return now.outcome().compareTo(before.outcome()) > 0 || now.restore().isPresent()
        ? now
        : before;
  }
}
