package dev.oversqlite4j.sync;

import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowCodec.DecodedRow;
import java.util.Optional;
import java.util.function.Consumer;

/** Applies one server row that is not an answer to an upload of ours (spec 4.5 step 4). */
final class IncomingRow {

  private IncomingRow() {}

  static void apply(LocalTransaction tx, DecodedRow row, Consumer<String> changed) {
    Optional<RowAuthority> known = tx.rows().authority(row.key());
    if (known.filter(a -> a.rowVersion() >= row.rowVersion()).isPresent()) {
      // Older or equal: applied already, for instance our own bundle pulled again.
      return;
    }
    tx.rows().setAuthority(row.key(), Replay.authority(row));
    if (tx.dirtyRows().find(row.key()).isPresent()) {
      // Written since the call began: the row and its base stay, the next push conflicts and the
      // resolver decides (W-5).
      return;
    }
    if (tx.quarantine().contains(row.key())) {
      // The edit cannot be sent now and must not be lost either; its base stays, too (4.4.7).
      return;
    }
    write(tx, row, changed);
  }

  /** Makes the app row what the server says. */
  static void write(LocalTransaction tx, DecodedRow row, Consumer<String> changed) {
    if (row.payload().isPresent()) {
      tx.rows().upsert(row.key(), row.payload().get());
      changed.accept(row.key().table());
    } else if (tx.rows().delete(row.key())) {
      changed.accept(row.key().table());
    }
  }
}
