package dev.oversqlite4j;

/**
 * What a snapshot brought.
 *
 * @param bundleSeq the bundle the snapshot stands at
 * @param rowCount rows it holds
 * @param discardedLocalRowCount local edits it replaced; {@code discardedIntents} lists them
 */
public record RestoreSummary(long bundleSeq, long rowCount, long discardedLocalRowCount) {}
