package dev.oversqlite4j.spi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RowOperation;
import java.util.Optional;

/** What the server may refuse by the contract, as far as a workflow acts on it (appendix A). */
public sealed interface Refusal {

  /** The first row of the bundle whose base is not the server's version. */
  record PushConflict(
      String schema,
      String table,
      ObjectNode key,
      RowOperation op,
      long baseRowVersion,
      long serverRowVersion,
      boolean serverRowDeleted,
      Optional<ObjectNode> serverRow)
      implements Refusal {
    /** Key and row are user data and never printed. */
    @Override
    public String toString() {
      return "PushConflict[" + op + " on " + baseRowVersion + ", server " + serverRowVersion + "]";
    }
  }

  /** The lease is gone (4.4.5). */
  record LeaseInvalid(Code code) implements Refusal {
    public enum Code {
      INITIALIZATION_STALE,
      INITIALIZATION_EXPIRED
    }
  }

  /** {@code push_session_invalid}: for a create with a lease, possibly trap 1 (W-3). */
  record PushSessionInvalid() implements Refusal {}

  /** The push session expired or is unknown: create again. */
  record PushSessionGone() implements Refusal {}

  record ScopeUninitialized() implements Refusal {}

  record ScopeInitializing() implements Refusal {}

  record HistoryPruned() implements Refusal {}

  record CheckpointAhead() implements Refusal {}

  record SourceSequenceOutOfOrder() implements Refusal {}

  record SourceSequenceChanged() implements Refusal {}

  record SourceRetired(Optional<String> replacedBy) implements Refusal {
    /** Source ids are never printed. */
    @Override
    public String toString() {
      return "SourceRetired[" + (replacedBy.isPresent() ? "replaced]" : "not replaced]");
    }
  }

  record SourceReplacementInvalid() implements Refusal {}

  /**
   * What the server has under our bundle id, or in the place of our bundle, is not ours (4.4.6).
   */
  record RequestHashMismatch() implements Refusal {}

  record SnapshotSessionGone() implements Refusal {}

  /** Our page limit is below one row; the call may be repeated with the larger budget. */
  record SnapshotChunkTooSmall(long requiredByteCount) implements Refusal {}

  /** The commit failed with a server error although the request was well-formed (4.4.8). */
  record CommitFailed(int status) implements Refusal {}

  /** This user may not watch; nothing keeps it from polling. */
  record WatchForbidden() implements Refusal {}
}
