package dev.oversqlite4j.sync;

import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;

/**
 * What a rebuild does first about damaged local intent (W-34; spec 1.4): the app's rows are all
 * there, so what waits to be sent can be told from them again. Damage of anything else is not
 * mended: nobody could say what the user's state was.
 */
final class Salvage {

  private final SyncContext ctx;

  Salvage(SyncContext ctx) {
    this.ctx = ctx;
  }

  /**
   * @throws CorruptLocalStateException what is damaged is not intent; nothing was changed
   * @throws AttachRequiredException this process has not attached the user
   */
  void run() {
    if (ctx.read(this::readable)) {
      return;
    }
    ctx.write(
        tx -> {
          boolean connected =
              ctx.connectedUser().equals(tx.uncheckedControl().attachment().map(Attached::userId));
          if (!connected) {
            throw new AttachRequiredException(SyncOperation.REBUILD);
          }
          tx.dirtyRows().salvage();
          // Believes the tables again, or says what else is wrong with them.
          ctx.lifecycle().mended(tx, ctx.opId());
          return null;
        });
  }

  private boolean readable(LocalTransaction tx) {
    try {
      // Reading a frozen row checks it.
      tx.outbox().forEach(row -> {});
      return tx.dirtyRows().wellFormed()
          && (!(tx.controlState().outbox() instanceof OutboxState.Prepared)
              || OutboxCheck.holds(tx, ctx.store().codec().schemaName()));
    } catch (CorruptLocalStateException damaged) {
      return false;
    }
  }
}
