package dev.oversqlite4j.sync;

import dev.oversqlite4j.AuthorityStatus;
import dev.oversqlite4j.PendingSyncStatus;
import dev.oversqlite4j.SyncStatus;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;

/** What the durable state says about progress (notes of spec 1.2). */
public final class Status {

  private Status() {}

  /** The status an app asks for, which needs an attached session. */
  public static SyncStatus ofAttached(SyncContext ctx, LocalTransaction tx) {
    Gates.attached(ctx, tx, Call.SYNC_STATUS);
    return of(tx);
  }

  static SyncStatus of(LocalTransaction tx) {
    ControlState control = tx.controlState();
    AuthorityStatus authority;
    if (control.attached().flatMap(Attached::lease).isPresent()) {
      authority = AuthorityStatus.PENDING_LOCAL_SEED;
    } else if (tx.rows().anyLiveAuthority()) {
      authority = AuthorityStatus.AUTHORITATIVE_MATERIALIZED;
    } else {
      authority = AuthorityStatus.AUTHORITATIVE_EMPTY;
    }
    return new SyncStatus(
        authority, pending(tx), control.attached().map(Attached::checkpoint).orElse(0L));
  }

  public static PendingSyncStatus pending(LocalTransaction tx) {
    long quarantined = tx.quarantine().count();
    long pending = tx.dirtyRows().count() + tx.outbox().rowCount() + quarantined;
    boolean blocksDetach = tx.controlState().attached().isPresent() && pending > 0;
    return new PendingSyncStatus(pending > 0, pending, blocksDetach, quarantined);
  }
}
