package dev.oversqlite4j;

/**
 * What has not reached the server.
 *
 * @param hasPendingSyncData whether there is anything
 * @param pendingRowCount edits captured or frozen, quarantined ones included
 * @param blocksDetach whether {@code detach} would refuse
 * @param quarantinedRowCount edits that cannot be sent as they are
 */
public record PendingSyncStatus(
    boolean hasPendingSyncData,
    long pendingRowCount,
    boolean blocksDetach,
    long quarantinedRowCount) {}
