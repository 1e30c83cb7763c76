package dev.oversqlite4j;

import java.util.OptionalLong;

/**
 * A coarse report of a running operation.
 *
 * @param operation the operation; with {@link ProgressPhase#IDLE} the one that just ended
 * @param phase what it is doing
 * @param done rows or bundles dealt with in this phase
 * @param total how many there will be, empty when unknown
 */
public record SyncProgress(
    ProgressOperation operation, ProgressPhase phase, long done, OptionalLong total) {}
