package dev.oversqlite4j.sync;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowAuthority.Liveness;
import dev.oversqlite4j.spi.RowKey;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What the app decides about rows that cannot be sent (spec 4.4.7). */
public final class Quarantined {

  private final SyncContext ctx;

  public Quarantined(SyncContext ctx) {
    this.ctx = ctx;
  }

  /**
   * Makes all of them dirty again; an edit made since stays as it is. One that a rebuild could not
   * execute is executed now, or stays here.
   */
  public void retry() {
    ctx.<Void>writeRows(
        changed ->
            tx -> {
              ctx.fire(
                  tx,
                  Trigger.QUARANTINE_RETRIED,
                  Facts.of("rows", tx.quarantine().count()),
                  () -> {
                    restore(ctx, tx, changed);
                    TakenAlong.settle(ctx, tx, changed);
                  });
              return null;
            });
  }

  private static void restore(SyncContext ctx, LocalTransaction tx, Consumer<String> changed) {
    tx.quarantine().dropSuperseded();
    Map<RowKey, Optional<String>> unseen = new LinkedHashMap<>();
    for (QuarantinedRow row : tx.quarantine().all()) {
      RowKey key = new RowKey(row.table(), row.keyJson());
      if (row.cause() == QuarantineCause.CONTRADICTS_SERVER_ROWS && ctx.registered(key)) {
        unseen.put(key, row.payload());
      }
    }
    tx.quarantine().restoreAll();
    if (unseen.isEmpty()) {
      return;
    }
    Set<RowKey> refused = new LinkedHashSet<>();
    tx.rows().authoritative(() -> refused.addAll(tx.rows().reexecute(unseen)));
    for (RowKey key : unseen.keySet()) {
      if (refused.contains(key)) {
        tx.dirtyRows()
            .find(key)
            .ifPresent(row -> tx.quarantine().add(row, QuarantineCause.CONTRADICTS_SERVER_ROWS));
      } else {
        changed.accept(key.table());
      }
    }
  }

  /**
   * Drops the named ones, audited; one that is not in quarantine like that any more is left out.
   */
  public void discard(Collection<QuarantinedRow> rows) {
    ctx.write(
        tx -> {
          Set<QuarantinedRow> found = new LinkedHashSet<>(tx.quarantine().all());
          found.retainAll(rows);
          return ctx.fire(
              tx,
              Trigger.QUARANTINE_DISCARDED,
              Facts.of("rows", found.size()),
              () ->
                  found.forEach(
                      row -> {
                        RowKey key = new RowKey(row.table(), row.keyJson());
                        tx.quarantine().remove(key);
                        noteAbsent(tx, key);
                        tx.discardedIntents()
                            .record(
                                ctx.opId(),
                                DiscardCause.QUARANTINE_DISCARDED,
                                key,
                                row.op(),
                                row.payload());
                      }));
        });
  }

  /**
   * Of a row that a rebuild had no place for, versions of others may be known by now. Without the
   * intent it is not the server's row that is here but none, which the search for vanished rows
   * must not take for a deletion of ours; a rebuild shows it.
   */
  private void noteAbsent(LocalTransaction tx, RowKey key) {
    if (!ctx.registered(key) || tx.rows().live(key).isPresent()) {
      return;
    }
    tx.rows()
        .authority(key)
        .filter(RowAuthority::live)
        .ifPresent(
            known ->
                tx.rows()
                    .setAuthority(key, new RowAuthority(known.rowVersion(), Liveness.TOMBSTONE)));
  }
}
