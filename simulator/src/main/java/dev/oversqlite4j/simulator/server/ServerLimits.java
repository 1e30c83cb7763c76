package dev.oversqlite4j.simulator.server;

/**
 * The limits a model server advertises and enforces (spec 2.1). Byte counts are bytes, times are
 * seconds; 0 means unlimited where said. Immutable.
 *
 * @param maxBundlesPerPull refused above, not clamped
 * @param rowsPerPushChunk refused above the maximum
 * @param rowsPerCommittedBundleChunk clamped
 * @param rowsPerSnapshotChunk clamped
 * @param bytesPerSnapshotChunk clamped
 * @param maxBytesPerSnapshotRow a larger row makes snapshot creation fail
 * @param maxRowsPerSnapshotSession 0 = unlimited
 * @param maxBytesPerSnapshotSession 0 = unlimited
 * @param maxConcurrentSnapshotBuilds advertised; refusals come from {@link
 *     ModelServer#refuseSnapshotBuilds}
 * @param maxConcurrentSnapshotChunkRequests advertised; refusals come from {@link
 *     ModelServer#refuseSnapshotChunks}
 * @param retainedBundles how many of a user's latest bundles are kept (spec 3.6)
 */
public record ServerLimits(
    int maxBundlesPerPull,
    Range rowsPerPushChunk,
    Range rowsPerCommittedBundleChunk,
    Range rowsPerSnapshotChunk,
    Range bytesPerSnapshotChunk,
    long maxBytesPerSnapshotRow,
    long maxRowsPerSnapshotSession,
    long maxBytesPerSnapshotSession,
    int maxConcurrentSnapshotBuilds,
    int maxConcurrentSnapshotChunkRequests,
    long pushSessionTtlSeconds,
    long snapshotSessionTtlSeconds,
    long leaseTtlSeconds,
    long retainedBundles) {

  private static final long MIB = 1024L * 1024L;

  /** What a request gets when it asks for nothing, and the most it can get. */
  public record Range(long byDefault, long max) {
    /**
     * @throws IllegalArgumentException unless {@code 0 < byDefault <= max}
     */
    public Range {
      if (byDefault <= 0 || max < byDefault) {
        throw new IllegalArgumentException("a limit needs 0 < default <= max");
      }
    }
  }

  /**
   * @throws IllegalArgumentException if a row could not fit into the largest snapshot chunk
   */
  public ServerLimits {
    if (maxBytesPerSnapshotRow <= 0 || maxBytesPerSnapshotRow > bytesPerSnapshotChunk.max()) {
      throw new IllegalArgumentException("a snapshot row must fit into the largest snapshot chunk");
    }
  }

  /** The reference server's defaults, with the snapshot limits of July 2026. */
  public static ServerLimits july() {
    Range thousand = new Range(1000, 5000);
    return new ServerLimits(
        5000,
        thousand,
        thousand,
        thousand,
        new Range(MIB, 4 * MIB),
        MIB,
        0,
        0,
        2,
        4,
        900,
        900,
        900,
        10_000);
  }

  /** The same limits with one row count for push, committed-bundle and snapshot chunks. */
  public ServerLimits withRowsPerChunk(int rows) {
    Range range = new Range(rows, rows);
    return new ServerLimits(
        maxBundlesPerPull,
        range,
        range,
        range,
        bytesPerSnapshotChunk,
        maxBytesPerSnapshotRow,
        maxRowsPerSnapshotSession,
        maxBytesPerSnapshotSession,
        maxConcurrentSnapshotBuilds,
        maxConcurrentSnapshotChunkRequests,
        pushSessionTtlSeconds,
        snapshotSessionTtlSeconds,
        leaseTtlSeconds,
        retainedBundles);
  }

  /** The same limits with another ceiling for bundles per pull. */
  public ServerLimits withMaxBundlesPerPull(int bundles) {
    return new ServerLimits(
        bundles,
        rowsPerPushChunk,
        rowsPerCommittedBundleChunk,
        rowsPerSnapshotChunk,
        bytesPerSnapshotChunk,
        maxBytesPerSnapshotRow,
        maxRowsPerSnapshotSession,
        maxBytesPerSnapshotSession,
        maxConcurrentSnapshotBuilds,
        maxConcurrentSnapshotChunkRequests,
        pushSessionTtlSeconds,
        snapshotSessionTtlSeconds,
        leaseTtlSeconds,
        retainedBundles);
  }

  /** The same limits with other byte budgets for snapshot chunks and rows. */
  public ServerLimits withSnapshotBytes(Range chunk, long maxRow) {
    return new ServerLimits(
        maxBundlesPerPull,
        rowsPerPushChunk,
        rowsPerCommittedBundleChunk,
        rowsPerSnapshotChunk,
        chunk,
        maxRow,
        maxRowsPerSnapshotSession,
        maxBytesPerSnapshotSession,
        maxConcurrentSnapshotBuilds,
        maxConcurrentSnapshotChunkRequests,
        pushSessionTtlSeconds,
        snapshotSessionTtlSeconds,
        leaseTtlSeconds,
        retainedBundles);
  }

  /** The same limits with other ceilings for whole snapshots; 0 = unlimited. */
  public ServerLimits withSnapshotSession(long maxRows, long maxBytes) {
    return new ServerLimits(
        maxBundlesPerPull,
        rowsPerPushChunk,
        rowsPerCommittedBundleChunk,
        rowsPerSnapshotChunk,
        bytesPerSnapshotChunk,
        maxBytesPerSnapshotRow,
        maxRows,
        maxBytes,
        maxConcurrentSnapshotBuilds,
        maxConcurrentSnapshotChunkRequests,
        pushSessionTtlSeconds,
        snapshotSessionTtlSeconds,
        leaseTtlSeconds,
        retainedBundles);
  }

  /** The same limits keeping fewer or more of a user's latest bundles. */
  public ServerLimits withRetainedBundles(long bundles) {
    return new ServerLimits(
        maxBundlesPerPull,
        rowsPerPushChunk,
        rowsPerCommittedBundleChunk,
        rowsPerSnapshotChunk,
        bytesPerSnapshotChunk,
        maxBytesPerSnapshotRow,
        maxRowsPerSnapshotSession,
        maxBytesPerSnapshotSession,
        maxConcurrentSnapshotBuilds,
        maxConcurrentSnapshotChunkRequests,
        pushSessionTtlSeconds,
        snapshotSessionTtlSeconds,
        leaseTtlSeconds,
        bundles);
  }
}
