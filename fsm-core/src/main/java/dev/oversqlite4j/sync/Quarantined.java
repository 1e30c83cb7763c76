package dev.oversqlite4j.sync;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.RowKey;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/** What the app decides about rows that cannot be sent (spec 4.4.7). */
public final class Quarantined {

  private final SyncContext ctx;

  public Quarantined(SyncContext ctx) {
    this.ctx = ctx;
  }

  /** Makes all of them dirty again; an edit made since stays as it is. */
  public void retry() {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                Trigger.QUARANTINE_RETRIED,
                Facts.of("rows", tx.quarantine().count()),
                () -> tx.quarantine().restoreAll()));
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
}
