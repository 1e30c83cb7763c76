package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import java.util.List;

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
    List<FrozenRow> rows = tx.outbox().rows();
    if (rows.size() != bundle.rowCount()) {
      throw new CorruptLocalStateException("_sync_outbox_rows", "the row count differs (I8)");
    }
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).ordinal() != i) {
        throw new CorruptLocalStateException("_sync_outbox_rows", "the ordinals have a gap (I8)");
      }
    }
    if (!RequestHash.of(schema, rows).equals(bundle.requestHash())) {
      throw new CorruptLocalStateException(
          "_sync_outbox_bundle", "the hash does not fit the rows (I8)");
    }
  }
}
