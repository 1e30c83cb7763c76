package dev.oversqlite4j.transport;

import dev.oversqlite4j.SnapshotCapabilitiesException;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.spi.Capabilities.SnapshotLimits;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/**
 * The revision of July 2026: exactly what wire-protocol 6.1 says differs from the one of June 2026.
 * Everything else is common and lives elsewhere, so that another revision is another type like this
 * one. Stateless.
 */
final class July2026 {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern SHA256_HEX = Pattern.compile("[0-9a-f]{64}");
  private static final Set<String> CHUNK_MEMBERS =
      Set.of(
          "snapshot_id",
          "snapshot_bundle_seq",
          "rows",
          "next_row_ordinal",
          "has_more",
          "byte_count");
  private static final Set<String> SNAPSHOT_ROW_MEMBERS =
      Set.of("schema", "table", "key", "row_version", "payload");

  /**
   * Negotiates the limits of a snapshot download (spec 4.6.2).
   *
   * @throws SnapshotCapabilitiesException they do not fit together
   */
  SnapshotLimits snapshotLimits(Fields limits, SyncOptions options) {
    long rowsDefault = positive(limits, "default_rows_per_snapshot_chunk");
    long rowsMax = positive(limits, "max_rows_per_snapshot_chunk");
    long bytesDefault = positive(limits, "default_bytes_per_snapshot_chunk");
    long bytesMax = positive(limits, "max_bytes_per_snapshot_chunk");
    long rowBytesMax = positive(limits, "max_bytes_per_snapshot_row");
    positive(limits, "max_concurrent_snapshot_builds");
    positive(limits, "max_concurrent_snapshot_chunk_requests");
    check(
        rowsDefault <= rowsMax,
        "the server's default of rows per chunk is above its maximum of " + rowsMax);
    check(
        bytesDefault <= bytesMax,
        "the server's default of bytes per chunk is above its maximum of " + bytesMax);
    check(
        rowBytesMax <= bytesMax,
        "the server allows rows of " + rowBytesMax + " bytes in chunks of " + bytesMax + " bytes");
    check(
        options.snapshotChunkBytes() >= rowBytesMax,
        "snapshotChunkBytes is "
            + options.snapshotChunkBytes()
            + ", the server may send rows of "
            + rowBytesMax
            + " bytes");
    check(
        options.snapshotApplyBatchBytes() >= rowBytesMax,
        "snapshotApplyBatchBytes is "
            + options.snapshotApplyBatchBytes()
            + ", the server may send rows of "
            + rowBytesMax
            + " bytes");
    return new SnapshotLimits(
        (int) Math.min(options.snapshotChunkRows(), rowsMax),
        Math.min(options.snapshotChunkBytes(), bytesMax));
  }

  /** Zero values are left out on the wire, so absent is not positive either. */
  private static long positive(Fields limits, String name) {
    long value = limits.integerOrZero(name);
    check(value > 0, "the server's limit " + name + " is missing or not above 0");
    return value;
  }

  private static void check(boolean holds, String reason) {
    if (!holds) {
      throw new SnapshotCapabilitiesException(reason);
    }
  }

  /** The id of a lease or of a push session. */
  String uuid(Fields answer, String member) {
    String id = answer.text(member);
    answer.require(UUID.matcher(id).matches(), member + " is not a canonical UUID");
    return id;
  }

  /** Only the holder of a lease is told its id. */
  void requireNoLease(Fields connect) {
    connect.require(
        connect.optionalText("initialization_id").orElse("").isEmpty(),
        "a lease is given where nobody initialises");
  }

  /** The hash under which the server knows our bundle, well-formed. */
  private static String requestHash(Fields answer) {
    String hash = answer.text("canonical_request_hash");
    answer.require(SHA256_HEX.matcher(hash).matches(), "canonical_request_hash is malformed");
    return hash;
  }

  /** A fresh session echoes what was just sent. */
  void requireRequestHashEcho(Fields staging, String frozen) {
    staging.require(
        requestHash(staging).equals(frozen), "canonical_request_hash is not the one just sent");
  }

  /**
   * The server committed exactly what we froze.
   *
   * @throws RefusedException it holds something else under our bundle id (spec 4.4.6)
   */
  void requireSameRequest(Fields committed, String frozen) {
    if (!requestHash(committed).equals(frozen)) {
      throw new RefusedException(new Refusal.RequestHashMismatch());
    }
  }

  /** Rows of a committed bundle; triggers of the server may leave none. */
  long committedRowCount(Fields committed) {
    long rowCount = committed.integer("row_count");
    committed.require(rowCount >= 0, "row_count is negative");
    return rowCount;
  }

  BundleHash bundleHash() {
    return new BundleHash();
  }

  /** A source that is retired, and by whom it was replaced. */
  Refusal.SourceRetired sourceRetired(Fields error, String ownSourceId) {
    error.text("message");
    error.require(
        error.text("source_id").equals(ownSourceId), "another source than ours is said to retire");
    Optional<String> replacement = error.optionalText("replaced_by_source_id");
    error.require(
        replacement.map(SourceIds::isValid).orElse(true), "the replacing source id is malformed");
    return new Refusal.SourceRetired(replacement);
  }

  /** Size of a snapshot. */
  long snapshotByteCount(Fields session, long rowCount) {
    long byteCount = session.integer("byte_count");
    session.require(byteCount >= 0, "byte_count is negative");
    session.require((byteCount == 0) == (rowCount == 0), "byte_count and row_count disagree");
    return byteCount;
  }

  void addChunkQuery(HttpUrl.Builder url, SnapshotLimits limits) {
    url.addQueryParameter("max_bytes", Long.toString(limits.chunkBytes()));
  }

  /** Longest decompressed chunk (wire-protocol 7.1). */
  long chunkLimitBytes(SnapshotLimits limits) {
    return limits.chunkBytes() + limits.chunkRows() + 64L * 1024;
  }

  /** No member of a chunk or of its rows may be missing or unknown. */
  void requireChunkMembers(Fields chunk) {
    chunk.requireMembers(CHUNK_MEMBERS);
    chunk.list("rows").forEach(row -> row.requireMembers(SNAPSHOT_ROW_MEMBERS));
  }

  /** Size of a chunk: within what was asked for, and what its rows really take. */
  long chunkByteCount(Json.Document document, SnapshotLimits limits) {
    Fields chunk = document.root();
    long byteCount = chunk.integer("byte_count");
    chunk.require(
        chunk.list("rows").size() <= limits.chunkRows(), "a chunk has more rows than asked for");
    chunk.require(
        byteCount >= 0 && byteCount <= limits.chunkBytes(),
        "a chunk has more bytes than asked for");
    chunk.require(byteCount == document.rowsByteCount(), "byte_count is not the size of the rows");
    return byteCount;
  }
}
