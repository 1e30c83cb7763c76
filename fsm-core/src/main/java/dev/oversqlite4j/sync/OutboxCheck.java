package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;

/** Recomputes what the outbox says of itself before it goes out again (I8). */
final class OutboxCheck {

  private OutboxCheck() {}

  /** Whether the frozen bundle can go out as it was frozen. */
  static boolean holds(LocalTransaction tx, String schema) {
    try {
      verify(tx, schema);
      return true;
    } catch (CorruptLocalStateException damaged) {
      return false;
    }
  }

  static void verify(LocalTransaction tx, String schema) {
    OutboxState.Bundle bundle = tx.controlState().outbox().frozen().orElseThrow();
    RequestHash hash = new RequestHash(schema);
    long[] rows = new long[1];
    tx.outbox()
        .forEach(
            row -> {
              if (row.ordinal() != rows[0]) {
                throw new CorruptLocalStateException(
                    "_sync_outbox_rows", "the ordinals have a gap (I8)");
              }
              rows[0]++;
              hash.add(row);
            });
    if (rows[0] != bundle.rowCount()) {
      throw new CorruptLocalStateException("_sync_outbox_rows", "the row count differs (I8)");
    }
    if (!hash.hex().equals(bundle.requestHash())) {
      throw new CorruptLocalStateException(
          "_sync_outbox_bundle", "the hash does not fit the rows (I8)");
    }
  }
}
