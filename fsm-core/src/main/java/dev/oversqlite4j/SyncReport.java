package dev.oversqlite4j;

import java.util.Optional;

/**
 * Result of {@code sync}.
 *
 * @param pushOutcome what the push did
 * @param remoteOutcome what the pull applied
 * @param status where the database stands
 * @param restore the snapshot, if one was applied
 */
public record SyncReport(
    PushOutcome pushOutcome,
    RemoteSyncOutcome remoteOutcome,
    SyncStatus status,
    Optional<RestoreSummary> restore) {}
