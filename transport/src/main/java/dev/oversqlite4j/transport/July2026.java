package dev.oversqlite4j.transport;

import dev.oversqlite4j.SnapshotCapabilitiesException;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.spi.Capabilities.SnapshotLimits;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.PushAnswer;
import dev.oversqlite4j.spi.WireRow;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/**
 * The revision of July 2026: exactly what wire-protocol 6.1 says differs from the one of June 2026.
 * Everything else is common and lives elsewhere, so that another revision is another type like this
 * one. Stateless.
 */
final class July2026 implements ProtocolRevision {
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

  @Override
  public List<Fields> registeredTables(Fields capabilities) {
    return capabilities.list("registered_table_specs");
  }

  @Override
  public SnapshotLimits snapshotLimits(Fields limits, SyncOptions options) {
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

  @Override
  public String uuid(Fields answer, String member) {
    String id = answer.text(member);
    answer.require(UUID.matcher(id).matches(), member + " is not a canonical UUID");
    return id;
  }

  @Override
  public void requireNoLease(Fields connect) {
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

  @Override
  public void requireSourceId(Fields bundle) {
    bundle.require(SourceIds.isValid(bundle.text("source_id")), "a source id is malformed");
  }

  @Override
  public void requireRequestHashEcho(Fields staging, String frozen) {
    staging.require(
        requestHash(staging).equals(frozen), "canonical_request_hash is not the one just sent");
  }

  @Override
  public void requireSameRequest(Fields committed, String frozen) {
    if (!requestHash(committed).equals(frozen)) {
      throw new RefusedException(new Refusal.RequestHashMismatch());
    }
  }

  @Override
  public PushAnswer.Content content(Fields committed) {
    return PushAnswer.Content.CONFIRMED;
  }

  /** Triggers of the server may leave none. */
  @Override
  public void requireRowCount(Fields committed) {
    committed.require(committed.integer("row_count") >= 0, "row_count is negative");
  }

  @Override
  public BundleHash bundleHash() {
    return BundleHash.july();
  }

  /** The form of July is the uniform one. */
  @Override
  public WireRow uniform(WireRow row) {
    return row;
  }

  @Override
  public Refusal.PushConflict uniform(Refusal.PushConflict conflict) {
    return conflict;
  }

  @Override
  public Refusal.SourceRetired sourceRetired(Fields error, String ownSourceId) {
    error.text("message");
    error.require(
        error.text("source_id").equals(ownSourceId), "another source than ours is said to retire");
    Optional<String> replacement = error.optionalText("replaced_by_source_id");
    error.require(
        replacement.map(SourceIds::isValid).orElse(true), "the replacing source id is malformed");
    return new Refusal.SourceRetired(replacement);
  }

  /** The server refuses such a pull (wire-protocol 2.9). */
  @Override
  public boolean pullsBelowCheckpoint() {
    return false;
  }

  @Override
  public long snapshotByteCount(Fields session, long rowCount) {
    long byteCount = session.integer("byte_count");
    session.require(byteCount >= 0, "byte_count is negative");
    session.require((byteCount == 0) == (rowCount == 0), "byte_count and row_count disagree");
    return byteCount;
  }

  @Override
  public void addChunkQuery(HttpUrl.Builder url, SnapshotLimits limits) {
    url.addQueryParameter("max_bytes", Long.toString(limits.chunkBytes()));
  }

  @Override
  public long chunkLimitBytes(SnapshotLimits limits) {
    return limits.chunkBytes() + limits.chunkRows() + 64L * 1024;
  }

  @Override
  public void requireChunkMembers(Fields chunk) {
    chunk.requireMembers(CHUNK_MEMBERS);
  }

  @Override
  public void requireChunkRowMembers(Fields row) {
    row.requireMembers(SNAPSHOT_ROW_MEMBERS);
  }

  /** Within what was asked for, and what its rows really take. */
  @Override
  public long chunkByteCount(
      Fields chunk, long rowCount, long rowsByteCount, SnapshotLimits limits) {
    long byteCount = chunk.integer("byte_count");
    chunk.require(rowCount <= limits.chunkRows(), "a chunk has more rows than asked for");
    chunk.require(
        byteCount >= 0 && byteCount <= limits.chunkBytes(),
        "a chunk has more bytes than asked for");
    chunk.require(byteCount == rowsByteCount, "byte_count is not the size of the rows");
    return byteCount;
  }
}
