package dev.oversqlite4j.sync;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowKey;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Carries what is not at the server yet over to a fresh snapshot (spec 4.6.1, 4.6.4): frozen,
 * quarantined and dirty rows are executed again on top of it, so that the app keeps seeing its own
 * edits, and go on waiting with the versions they were based on.
 */
final class LocalIntent {

  private final SyncContext ctx;
  private final LocalTransaction tx;
  private final List<QuarantinedRow> quarantined;

  private LocalIntent(SyncContext ctx, LocalTransaction tx, List<QuarantinedRow> quarantined) {
    this.ctx = ctx;
    this.tx = tx;
    this.quarantined = quarantined;
  }

  /** Takes stock before anything is wiped; quarantined rows are dirty for as long as it takes. */
  static LocalIntent gather(SyncContext ctx, LocalTransaction tx) {
    // An evicted row is only noticed while its row state is still there (W-27).
    tx.dirtyRows().judgeTouched();
    tx.dirtyRows().judgeScanned();
    tx.quarantine().dropSuperseded();
    List<QuarantinedRow> quarantined = tx.quarantine().all();
    tx.quarantine().restoreAll();
    return new LocalIntent(ctx, tx, quarantined);
  }

  /**
   * The frozen bundle is part of the snapshot. An edit made after it was frozen was made on top of
   * it, and must not look like a conflict with our own commit.
   */
  void settleCommitted(OutboxState.CommittedRemote committed) {
    tx.outbox().forEach(row -> settleCommitted(row, committed.bundleSeq()));
  }

  private void settleCommitted(FrozenRow row, long bundleSeq) {
    Optional<DirtyRow> newer = tx.dirtyRows().find(row.key());
    if (newer.isPresent()) {
      tx.dirtyRows().put(row.key(), newer.get().op(), bundleSeq, newer.get().payload());
    } else if (row.localPayload().isPresent() && tx.rows().authority(row.key()).isEmpty()) {
      // Deleted since by somebody else, or never taken by the server (W-17): told either way.
      tx.discardedIntents()
          .record(
              ctx.opId(),
              DiscardCause.CONFLICT_SERVER_WINS,
              row.key(),
              row.op(),
              row.localPayload());
    }
  }

  /** Executes everything again and quarantines what does not fit beside the server's rows. */
  void reexecute() {
    Map<RowKey, Optional<String>> contents = new LinkedHashMap<>();
    List<FrozenRow> frozen = prepared();
    for (FrozenRow row : frozen) {
      contents.put(row.key(), row.localPayload());
    }
    for (DirtyRow row : tx.dirtyRows().all()) {
      contents.put(row.key(), row.payload());
    }
    if (contents.isEmpty()) {
      return;
    }
    Set<RowKey> unregistered = new LinkedHashSet<>(contents.keySet());
    unregistered.removeIf(ctx::registered);
    contents.keySet().removeAll(unregistered);
    Set<RowKey> refused = tx.rows().reexecute(contents);
    refused.addAll(unregistered);
    if (frozen.stream().anyMatch(row -> refused.contains(row.key()))) {
      // A bundle goes out as it was frozen or not at all.
      Requeue.all(tx);
      tx.outbox().clear();
    }
    // Nobody can send them any more; the next freeze would say the same (spec 4.9a).
    for (RowKey key : unregistered) {
      tx.dirtyRows()
          .find(key)
          .ifPresent(
              row -> {
                tx.dirtyRows().remove(key);
                tx.discardedIntents()
                    .record(
                        ctx.opId(),
                        DiscardCause.TABLE_NOT_REGISTERED,
                        key,
                        row.op(),
                        row.payload());
              });
    }
    for (QuarantinedRow row : quarantined) {
      RowKey key = new RowKey(row.table(), row.keyJson());
      if (!refused.contains(key)) {
        tx.dirtyRows().find(key).ifPresent(dirty -> tx.quarantine().add(dirty, row.cause()));
      }
    }
    for (RowKey key : refused) {
      tx.dirtyRows()
          .find(key)
          .ifPresent(row -> tx.quarantine().add(row, QuarantineCause.CONTRADICTS_SERVER_ROWS));
    }
    tx.dirtyRows().judgeVanished();
  }

  /** What is committed is in the snapshot and needs no executing. */
  private List<FrozenRow> prepared() {
    return tx.controlState().outbox() instanceof OutboxState.Prepared
        ? tx.outbox().rows()
        : List.of();
  }
}
