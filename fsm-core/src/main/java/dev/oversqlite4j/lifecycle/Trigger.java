package dev.oversqlite4j.lifecycle;

import dev.oversqlite4j.SyncOperation;
import java.util.Optional;

/**
 * What moves the lifecycle (spec 9.3). Each trigger belongs to the operation that fires it and says
 * whether that operation is still in flight afterwards: an open() that finds such a trigger last in
 * the journal ends the operation with {@link #REPAIR}.
 */
public enum Trigger {
  /** T1, T2: a session of this process begins. */
  OPEN(SyncOperation.OPEN),
  /** open() found the file of another client of this protocol: tables without a journal. */
  ADOPT(SyncOperation.OPEN),
  /** T3: open() found control tables that contradict themselves, and left them alone. */
  CORRUPT(SyncOperation.OPEN),
  /** open() ended an operation that a dead process left in flight. */
  REPAIR(SyncOperation.OPEN),
  /** The attached user is back in a new process; nothing durable changes. */
  RESUME(SyncOperation.ATTACH),
  /** T4. */
  ATTACH_BEGIN(SyncOperation.ATTACH, InFlight.ATTACHING),
  /** The attach failed before it changed anything. */
  ATTACH_ABORT(SyncOperation.ATTACH),
  /** T5. */
  CONNECT_RETRY_LATER(SyncOperation.ATTACH),
  /** T6. */
  CONNECT_INIT_EMPTY(SyncOperation.ATTACH),
  /** T7. */
  CONNECT_INIT_LOCAL(SyncOperation.ATTACH),
  /** T8. */
  CONNECT_REMOTE_AUTH(SyncOperation.ATTACH, InFlight.ATTACHING),
  /** T10, T29. */
  STAGE_SESSION(SyncOperation.ATTACH, InFlight.DOWNLOADING),
  /** T11, T29. */
  STAGE_CHUNK(SyncOperation.ATTACH, InFlight.DOWNLOADING),
  /** T12, T29. */
  STAGE_DONE(SyncOperation.ATTACH, InFlight.DOWNLOADING),
  /** T13. */
  APPLY_REMOTE(SyncOperation.ATTACH),
  /** T14: detach() gives a pending remote replace up. */
  CANCEL_REPLACE(SyncOperation.DETACH),
  /** A push goes on with what an earlier one froze. */
  PUSH_BEGIN(SyncOperation.PUSH_PENDING, InFlight.PUSHING),
  /** T15. */
  FREEZE(SyncOperation.PUSH_PENDING, InFlight.PUSHING),
  /** T16. */
  FREEZE_NO_OPS(SyncOperation.PUSH_PENDING),
  /** T17. */
  ACK(SyncOperation.PUSH_PENDING, InFlight.PUSHING),
  /** T18. */
  LEASE_INVALID(SyncOperation.PUSH_PENDING),
  /** The lease had nothing to seed and was given back (T7' note). */
  LEASE_RELEASED(SyncOperation.PUSH_PENDING),
  /** T19. */
  CONFLICT_RESOLVED(SyncOperation.PUSH_PENDING),
  /** T20. */
  CONFLICT_INVALID(SyncOperation.PUSH_PENDING),
  /** T20': the server committed nothing and never will as it is (spec 4.4.8). */
  PUSH_REJECTED(SyncOperation.PUSH_PENDING),
  /** T21. */
  REPLAY(SyncOperation.PUSH_PENDING),
  /** T37. */
  PUSH_ABORT(SyncOperation.PUSH_PENDING),
  /** Quarantined edits are pending again (spec 4.4.7). */
  QUARANTINE_RETRIED(SyncOperation.RETRY_QUARANTINED),
  /** Quarantined edits were given up (spec 4.4.7). */
  QUARANTINE_DISCARDED(SyncOperation.DISCARD_QUARANTINED),
  /** T22: the rows of our committed bundle are no longer to be had. */
  REPLAY_PRUNED(SyncOperation.PUSH_PENDING),
  /** T22: what the server committed under our bundle id is not what we froze (spec 4.4.6). */
  HASH_MISMATCH(SyncOperation.PUSH_PENDING),
  /** T23, T24: the server takes nothing from this source any more. */
  SOURCE_FAILURE(SyncOperation.PUSH_PENDING),
  /** T25. */
  PULL_BUNDLE(SyncOperation.PULL_TO_STABLE),
  /** T27: the server no longer has the bundles after our checkpoint. */
  HISTORY_PRUNED(SyncOperation.PULL_TO_STABLE, InFlight.REBUILDING),
  /** T27: our checkpoint is beyond all the server has. */
  CHECKPOINT_AHEAD(SyncOperation.PULL_TO_STABLE, InFlight.REBUILDING),
  /** T27: a rebuild begins, asked for or as the recovery of an earlier one. */
  REBUILD_BEGIN(SyncOperation.REBUILD, InFlight.REBUILDING),
  /** The rebuild failed before it applied anything. */
  REBUILD_ABORT(SyncOperation.REBUILD),
  /** T30. */
  APPLY_SNAPSHOT(SyncOperation.REBUILD),
  /** T31. */
  APPLY_COMMITTED(SyncOperation.REBUILD),
  /** T32. */
  APPLY_ROTATED(SyncOperation.REBUILD),
  /** T33. */
  DETACH(SyncOperation.DETACH),
  /** T34. */
  DETACH_BLOCKED(SyncOperation.DETACH);

  /** An operation that has journaled its start and not its end. */
  public enum InFlight {
    ATTACHING,
    PUSHING,
    DOWNLOADING,
    REBUILDING
  }

  private final SyncOperation operation;
  private final Optional<InFlight> leaves;

  Trigger(SyncOperation operation) {
    this.operation = operation;
    this.leaves = Optional.empty();
  }

  Trigger(SyncOperation operation, InFlight leaves) {
    this.operation = operation;
    this.leaves = Optional.of(leaves);
  }

  /** The operation that fires this trigger. */
  public SyncOperation operation() {
    return operation;
  }

  /** Whether the server has answered a connect once this trigger fired (CP-A1). */
  boolean answersConnect() {
    return this == CONNECT_INIT_EMPTY
        || this == CONNECT_INIT_LOCAL
        || this == CONNECT_REMOTE_AUTH
        || this == CONNECT_RETRY_LATER
        || this == DETACH;
  }

  /** The operation still in flight after this trigger. */
  public Optional<InFlight> leaves() {
    return leaves;
  }
}
