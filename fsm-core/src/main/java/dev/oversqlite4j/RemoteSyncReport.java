package dev.oversqlite4j;

import java.util.Optional;

/**
 * Result of {@code pullToStable} and {@code rebuild}.
 *
 * @param outcome what was applied
 * @param status where the database stands
 * @param restore the snapshot, if one was applied
 */
public record RemoteSyncReport(
    RemoteSyncOutcome outcome, SyncStatus status, Optional<RestoreSummary> restore) {}
