package dev.oversqlite4j.sync;

import dev.oversqlite4j.AuthorityStatus;
import dev.oversqlite4j.PendingSyncStatus;
import dev.oversqlite4j.SyncStatus;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import java.util.Optional;

/** What the durable state says about progress (notes of spec 1.2). */
public final class Status {

  private Status() {}

  /** The status an app asks for, which needs an attached session. */
  public static SyncStatus ofAttached(SyncContext ctx, LocalTransaction tx) {
    Gates.attached(ctx, tx, Call.SYNC_STATUS);
    return of(tx);
  }

  static SyncStatus of(LocalTransaction tx) {
    return of(tx, tx.controlState().attached());
  }

  /** The same where the tables contradict themselves (T3). */
  static SyncStatus unchecked(LocalTransaction tx) {
    return of(tx, tx.uncheckedControl().attachment());
  }

  private static SyncStatus of(LocalTransaction tx, Optional<Attached> attached) {
    AuthorityStatus authority;
    if (attached.flatMap(Attached::lease).isPresent()) {
      authority = AuthorityStatus.PENDING_LOCAL_SEED;
    } else if (tx.rows().anyLiveAuthority()) {
      authority = AuthorityStatus.AUTHORITATIVE_MATERIALIZED;
    } else {
      authority = AuthorityStatus.AUTHORITATIVE_EMPTY;
    }
    return new SyncStatus(
        authority, pending(tx, attached), attached.map(Attached::checkpoint).orElse(0L));
  }

  /** Counts need no invariant, so what waits in a damaged file can be seen, too. */
  public static PendingSyncStatus pending(LocalTransaction tx) {
    return pending(tx, tx.uncheckedControl().attachment());
  }

  private static PendingSyncStatus pending(LocalTransaction tx, Optional<Attached> attached) {
    long quarantined = tx.quarantine().count();
    long pending = tx.dirtyRows().count() + tx.outbox().rowCount() + quarantined;
    return new PendingSyncStatus(
        pending > 0, pending, attached.isPresent() && pending > 0, quarantined);
  }
}
