package dev.oversqlite4j.sync;

import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import java.util.Optional;

/** Makes frozen rows dirty again without touching anything newer (W-2). */
final class Requeue {

  private Requeue() {}

  static void all(LocalTransaction tx) {
    tx.outbox().forEach(row -> one(tx, row));
  }

  /** A newer edit keeps its op and payload and only takes over the base of the frozen intent. */
  static void one(LocalTransaction tx, FrozenRow frozen) {
    Optional<DirtyRow> newer = tx.dirtyRows().find(frozen.key());
    tx.dirtyRows()
        .put(
            frozen.key(),
            newer.map(DirtyRow::op).orElse(frozen.op()),
            frozen.baseRowVersion(),
            newer.isPresent() ? newer.get().payload() : frozen.localPayload());
  }
}
