package dev.oversqlite4j;

/**
 * Result of {@code syncThenDetach}.
 *
 * @param lastSync the last sync round
 * @param detach what the detach did
 * @param syncRounds rounds needed, 1 to 3
 * @param remainingPendingRowCount edits that still block the detach
 */
public record SyncThenDetachResult(
    SyncReport lastSync, DetachOutcome detach, int syncRounds, long remainingPendingRowCount) {
  /** Whether the user is detached. */
  public boolean isSuccess() {
    return detach == DetachOutcome.DETACHED;
  }
}
