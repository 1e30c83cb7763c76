package dev.oversqlite4j.sync;

import dev.oversqlite4j.HttpFailureException;
import dev.oversqlite4j.InitializationLeaseInvalidException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.ServerScopeResetException;
import dev.oversqlite4j.SnapshotChunkTooSmallException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SourceReplacementInvalidException;
import dev.oversqlite4j.SourceSequenceMismatchException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.Refusal;

/** The public error of a refusal that the workflow at hand has no transition for. */
final class Refusals {

  private Refusals() {}

  static OversqliteException surface(Refusal refusal) {
    if (refusal instanceof Refusal.LeaseInvalid lease) {
      return new InitializationLeaseInvalidException(
          lease.code() == Refusal.LeaseInvalid.Code.INITIALIZATION_EXPIRED
              ? InitializationLeaseInvalidException.Code.INITIALIZATION_EXPIRED
              : InitializationLeaseInvalidException.Code.INITIALIZATION_STALE);
    }
    if (refusal instanceof Refusal.ScopeUninitialized) {
      return new ServerScopeResetException();
    }
    if (refusal instanceof Refusal.ScopeInitializing) {
      return new HttpFailureException(SyncOperation.CONNECT, 503);
    }
    if (refusal instanceof Refusal.HistoryPruned || refusal instanceof Refusal.CheckpointAhead) {
      return new RebuildRequiredException(SyncOperation.SYNC);
    }
    if (refusal instanceof Refusal.SourceSequenceOutOfOrder) {
      return recovery(SourceRecoveryReason.SOURCE_SEQUENCE_OUT_OF_ORDER);
    }
    if (refusal instanceof Refusal.SourceSequenceChanged) {
      return recovery(SourceRecoveryReason.SOURCE_SEQUENCE_CHANGED);
    }
    if (refusal instanceof Refusal.SourceRetired) {
      return recovery(SourceRecoveryReason.SOURCE_RETIRED);
    }
    if (refusal instanceof Refusal.SourceReplacementInvalid) {
      return new SourceReplacementInvalidException();
    }
    if (refusal instanceof Refusal.RequestHashMismatch) {
      return new SourceSequenceMismatchException(
          "the server holds other content under this bundle id");
    }
    if (refusal instanceof Refusal.SnapshotChunkTooSmall small) {
      return new SnapshotChunkTooSmallException(0, small.requiredByteCount());
    }
    if (refusal instanceof Refusal.SnapshotSessionGone) {
      return new HttpFailureException(SyncOperation.FETCH_SNAPSHOT_CHUNK, 410);
    }
    if (refusal instanceof Refusal.PushSessionGone) {
      return new HttpFailureException(SyncOperation.UPLOAD_PUSH_CHUNK, 410);
    }
    if (refusal instanceof Refusal.PushSessionInvalid) {
      return new HttpFailureException(SyncOperation.CREATE_PUSH_SESSION, 400);
    }
    if (refusal instanceof Refusal.CommitFailed failed) {
      return new HttpFailureException(SyncOperation.COMMIT_PUSH_SESSION, failed.status());
    }
    return new HttpFailureException(SyncOperation.COMMIT_PUSH_SESSION, 409);
  }

  private static OversqliteException recovery(SourceRecoveryReason reason) {
    return new SourceRecoveryRequiredException(reason);
  }
}
