package dev.oversqlite4j.spi;

import dev.oversqlite4j.SourceRecoveryReason;
import java.util.Optional;

/**
 * The durable operation ({@code _sync_operation_state}); anything but {@link None} blocks app
 * writes.
 */
public sealed interface Operation {

  /** No operation. {@code recoveryReason} remembers why a checkpoint recovery is due (spec 2.1). */
  record None(Optional<CheckpointRecoveryReason> recoveryReason) implements Operation {
    public static final None PLAIN = new None(Optional.empty());
  }

  /** The server's data is about to replace the anonymous local data (spec 4.2.2). */
  record RemoteReplace(String targetUserId, Optional<StagedSnapshot> stage) implements Operation {}

  /** The current source can never push again; only a rotating rebuild leads on (spec 4.4.4). */
  record SourceRecovery(SourceRecoveryReason reason, String replacementSourceId)
      implements Operation {}

  /** Why a checkpoint recovery is due; the first writer wins. */
  enum CheckpointRecoveryReason {
    HISTORY_PRUNED,
    CHECKPOINT_AHEAD,
    EXPLICIT_REBUILD,
    RESUME
  }

  /** Identity and progress of the stage of a remote replace; reusable only when complete. */
  record StagedSnapshot(
      String snapshotId, long bundleSeq, long rowCount, long byteCount, boolean complete) {}
}
