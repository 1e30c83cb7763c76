package dev.oversqlite4j.sync;

import dev.oversqlite4j.InitializationLeaseInvalidException;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.Operation;

/**
 * The lease of the first seed is gone (spec 4.4.5): what was frozen becomes dirty again and the
 * next attach decides afresh, in one transaction (W-4, W-6).
 */
final class LeaseLoss {

  private LeaseLoss() {}

  /** T18. */
  static void apply(SyncContext ctx) {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                Trigger.LEASE_INVALID,
                () -> {
                  Requeue.all(tx);
                  tx.outbox().clear();
                  tx.attachment().bind(new Anonymous());
                  tx.attachment().operation(Operation.None.PLAIN);
                }));
    ctx.disconnected();
  }

  /**
   * @throws InitializationLeaseInvalidException a lease was held, and is given up now
   */
  static void ifHeld(SyncContext ctx) {
    boolean held =
        ctx.read(tx -> tx.controlState().attached().flatMap(Attached::lease).isPresent());
    if (held) {
      apply(ctx);
      throw new InitializationLeaseInvalidException(
          InitializationLeaseInvalidException.Code.INITIALIZATION_EXPIRED);
    }
  }
}
