package dev.oversqlite4j;

/**
 * Where the attached database stands.
 *
 * @param authority whose rows the tables hold
 * @param pending what has not reached the server
 * @param lastBundleSeqSeen the checkpoint: highest bundle applied without a gap
 */
public record SyncStatus(
    AuthorityStatus authority, PendingSyncStatus pending, long lastBundleSeqSeen) {}
