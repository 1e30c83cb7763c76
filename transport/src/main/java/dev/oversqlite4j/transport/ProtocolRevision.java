package dev.oversqlite4j.transport;

import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.spi.Capabilities.SnapshotLimits;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.SyncServer.PushAnswer;
import dev.oversqlite4j.spi.WireRow;
import java.util.List;
import okhttp3.HttpUrl;

/**
 * What differs between the revisions of the protocol, one type each (wire-protocol 6.1). Both call
 * themselves {@code v1}; the capabilities tell them apart. Implementations are stateless.
 *
 * <p>What is sent does not differ: numbers as strings, and always the request hash, which June does
 * not look at (wire-protocol 6.3).
 */
sealed interface ProtocolRevision permits June2026, July2026 {

  /** The revision that a server with these limits speaks (wire-protocol 6.3). */
  static ProtocolRevision of(Fields limits) {
    boolean july =
        limits.has("max_bytes_per_snapshot_row")
            && limits.has("max_bytes_per_snapshot_chunk")
            && limits.has("max_concurrent_snapshot_builds");
    return july ? new July2026() : new June2026();
  }

  /** The tables the server syncs, one object each. */
  List<Fields> registeredTables(Fields capabilities);

  /**
   * Negotiates the limits of a snapshot download (spec 4.6.2).
   *
   * @throws dev.oversqlite4j.SnapshotCapabilitiesException they do not fit together
   */
  SnapshotLimits snapshotLimits(Fields limits, SyncOptions options);

  /** The id of a lease or of a push session. */
  String uuid(Fields answer, String member);

  /** Only the holder of a lease is told its id. */
  void requireNoLease(Fields connect);

  /** Who wrote a bundle; ours is always visible ASCII, others may not be. */
  void requireSourceId(Fields bundle);

  /** A fresh session echoes the hash that was just sent. */
  void requireRequestHashEcho(Fields staging, String frozen);

  /**
   * The server committed exactly what we froze, as far as it can tell.
   *
   * @throws dev.oversqlite4j.spi.RefusedException it holds something else under our bundle id (spec
   *     4.4.6)
   */
  void requireSameRequest(Fields committed, String frozen);

  /** What an answer that {@link #requireSameRequest} let through says of the content. */
  PushAnswer.Content content(Fields committed);

  /** Checks how many rows a committed bundle is said to have. */
  void requireRowCount(Fields committed);

  /** The hash over the rows of a bundle, as they came. */
  BundleHash bundleHash();

  /** The row with its values in the one form that everything behind the transport knows. */
  WireRow uniform(WireRow row);

  /** As {@link #uniform}, for the row of the server in a conflict. */
  Refusal.PushConflict uniform(Refusal.PushConflict conflict);

  /** A source that is retired, and by whom it was replaced. */
  Refusal.SourceRetired sourceRetired(Fields error, String ownSourceId);

  /** Whether a page that ends below the checkpoint says that the server forgot some history. */
  boolean pullsBelowCheckpoint();

  /** Size of a snapshot; 0 where the revision's count cannot be checked. */
  long snapshotByteCount(Fields session, long rowCount);

  void addChunkQuery(HttpUrl.Builder url, SnapshotLimits limits);

  /** Longest decompressed chunk (wire-protocol 7.1). */
  long chunkLimitBytes(SnapshotLimits limits);

  /** Which members a chunk must have, and whether others are allowed. */
  void requireChunkMembers(Fields chunk);

  /** As {@link #requireChunkMembers}, for a row of it. */
  void requireChunkRowMembers(Fields row);

  /**
   * Size of a chunk; 0 where the revision has no such count.
   *
   * @param rowCount rows that came
   * @param rowsByteCount UTF-8 bytes of their objects as sent
   */
  long chunkByteCount(Fields chunk, long rowCount, long rowsByteCount, SnapshotLimits limits);
}
