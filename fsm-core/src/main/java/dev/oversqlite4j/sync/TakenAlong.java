package dev.oversqlite4j.sync;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowAuthority.Liveness;
import dev.oversqlite4j.spi.RowKey;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Rows that the actions of foreign keys deleted or changed when authoritative rows were written,
 * while capture was silent (W-38): without a second look nobody would know of them.
 */
final class TakenAlong {

  private TakenAlong() {}

  /** To be called after the authoritative writes, in their transaction. */
  static void settle(SyncContext ctx, LocalTransaction tx, Consumer<String> changed) {
    settle(ctx, tx, Long.MAX_VALUE, changed);
  }

  /**
   * @param bundleSeq which bundle took the rows along; what is known to be younger was committed
   *     after it, comes back with a bundle still to be pulled, and is not for us to delete
   */
  static void settle(
      SyncContext ctx, LocalTransaction tx, long bundleSeq, Consumer<String> changed) {
    for (RowKey key : tx.rows().takenAlong()) {
      changed.accept(key.table());
      Optional<String> live = tx.rows().live(key);
      if (live.isPresent()) {
        sendAsItIsNow(tx, key, live);
      } else {
        gone(ctx, tx, bundleSeq, key);
      }
    }
  }

  /** The server did not say that the row changed; if it knows that, the next push conflicts. */
  private static void sendAsItIsNow(LocalTransaction tx, RowKey key, Optional<String> live) {
    Optional<RowAuthority> known = tx.rows().authority(key);
    tx.dirtyRows()
        .put(
            key,
            known.filter(RowAuthority::live).isPresent()
                ? RowOperation.UPDATE
                : RowOperation.INSERT,
            tx.dirtyRows()
                .find(key)
                .map(DirtyRow::baseRowVersion)
                .orElse(known.map(RowAuthority::rowVersion).orElse(0L)),
            live);
  }

  /** An edit of a row that is gone cannot be sent, nor may it vanish without a trace. */
  private static void gone(SyncContext ctx, LocalTransaction tx, long bundleSeq, RowKey key) {
    if (tx.dirtyRows().find(key).filter(row -> row.op() == RowOperation.DELETE).isPresent()) {
      // Its deletion is to be sent already, and stays to be sent.
      return;
    }
    Optional<RowAuthority> known = tx.rows().authority(key);
    boolean onServer = known.filter(RowAuthority::live).isPresent();
    Optional<DirtyRow> dirty =
        tx.dirtyRows().find(key).filter(row -> row.op() != RowOperation.DELETE);
    Optional<QuarantinedRow> quarantined = quarantined(tx, key);
    quarantined.ifPresent(
        row -> {
          discard(ctx, tx, key, row.op(), row.payload());
          tx.quarantine().remove(key);
        });
    dirty.ifPresent(row -> discard(ctx, tx, key, row.op(), row.payload()));
    boolean comesBack = known.filter(row -> row.rowVersion() > bundleSeq).isPresent();
    if (onServer && !comesBack && (dirty.isPresent() || quarantined.isPresent())) {
      long base =
          dirty
              .map(DirtyRow::baseRowVersion)
              .orElseGet(() -> quarantined.orElseThrow().baseRowVersion());
      tx.dirtyRows().put(key, RowOperation.DELETE, base, Optional.empty());
      return;
    }
    dirty.ifPresent(row -> tx.dirtyRows().remove(key));
    if (onServer) {
      long version = Math.min(known.orElseThrow().rowVersion(), bundleSeq);
      tx.rows().setAuthority(key, new RowAuthority(version, Liveness.TOMBSTONE));
    }
  }

  private static Optional<QuarantinedRow> quarantined(LocalTransaction tx, RowKey key) {
    if (!tx.quarantine().contains(key)) {
      return Optional.empty();
    }
    return tx.quarantine().all().stream()
        .filter(row -> row.table().equals(key.table()) && row.keyJson().equals(key.keyJson()))
        .findFirst();
  }

  private static void discard(
      SyncContext ctx, LocalTransaction tx, RowKey key, RowOperation op, Optional<String> payload) {
    tx.discardedIntents().record(ctx.opId(), DiscardCause.DELETED_WITH_PARENT, key, op, payload);
  }
}
