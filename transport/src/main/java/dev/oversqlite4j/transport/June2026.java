package dev.oversqlite4j.transport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.spi.Capabilities.SnapshotLimits;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.PushAnswer;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import okhttp3.HttpUrl;
import org.erdtman.jcs.NumberToJSON;

/** The revision of June 2026, which follows the source of its server. Stateless. */
final class June2026 implements ProtocolRevision {

  /** Left out when there are none (wire-protocol 2.1). */
  @Override
  public List<Fields> registeredTables(Fields capabilities) {
    return capabilities.has("registered_table_specs")
        ? capabilities.list("registered_table_specs")
        : List.of();
  }

  @Override
  public SnapshotLimits snapshotLimits(Fields limits, SyncOptions options) {
    long rowsMax = limits.integerOrZero("max_rows_per_snapshot_chunk");
    limits.require(rowsMax >= 0, "max_rows_per_snapshot_chunk is negative");
    int rows = options.snapshotChunkRows();
    return new SnapshotLimits(
        rowsMax == 0 ? rows : (int) Math.min(rows, rowsMax), options.snapshotChunkBytes());
  }

  @Override
  public String uuid(Fields answer, String member) {
    String id = answer.text(member);
    answer.require(!id.isBlank(), member + " is blank");
    // It becomes part of a path, where these mean another one.
    answer.require(!id.equals(".") && !id.equals(".."), member + " cannot be part of a path");
    return id;
  }

  @Override
  public void requireNoLease(Fields connect) {
    // Nothing is said about it in this revision (wire-protocol 7.1).
  }

  @Override
  public void requireSourceId(Fields bundle) {
    bundle.require(!bundle.text("source_id").isBlank(), "a source id is blank");
  }

  /** The server does not know the hash; one that repeats it all the same has to repeat ours. */
  @Override
  public void requireRequestHashEcho(Fields staging, String frozen) {
    staging.require(
        staging.optionalText("canonical_request_hash").orElse(frozen).equals(frozen),
        "canonical_request_hash is not the one just sent");
  }

  @Override
  public void requireSameRequest(Fields committed, String frozen) {
    if (!committed.optionalText("canonical_request_hash").orElse(frozen).equals(frozen)) {
      throw new RefusedException(new Refusal.RequestHashMismatch());
    }
  }

  @Override
  public PushAnswer.Content content(Fields committed) {
    return committed.optionalText("canonical_request_hash").isPresent()
        ? PushAnswer.Content.CONFIRMED
        : PushAnswer.Content.UNKNOWN;
  }

  @Override
  public void requireRowCount(Fields committed) {
    committed.require(committed.integer("row_count") > 0, "row_count is not above 0");
  }

  @Override
  public BundleHash bundleHash() {
    return BundleHash.june();
  }

  @Override
  public WireRow uniform(WireRow row) {
    return new WireRow(
        row.schema(),
        row.table(),
        row.key(),
        row.op(),
        row.rowVersion(),
        row.payload().map(June2026::uniform));
  }

  @Override
  public Refusal.PushConflict uniform(Refusal.PushConflict conflict) {
    return new Refusal.PushConflict(
        conflict.schema(),
        conflict.table(),
        conflict.key(),
        conflict.op(),
        conflict.baseRowVersion(),
        conflict.serverRowVersion(),
        conflict.serverRowDeleted(),
        conflict.serverRow().map(June2026::uniform));
  }

  private static ObjectNode uniform(ObjectNode payload) {
    ObjectNode uniform = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> member : payload.properties()) {
      JsonNode value = member.getValue();
      if (value.isNumber()) {
        uniform.put(member.getKey(), text(value));
      } else {
        uniform.set(member.getKey(), value);
      }
    }
    return uniform;
  }

  /** An int64 exactly, never through a double; what else a number can be is a binary64. */
  private static String text(JsonNode number) {
    if (number.isIntegralNumber() && number.canConvertToLong()) {
      return Long.toString(number.longValue());
    }
    try {
      return NumberToJSON.serializeNumber(number.doubleValue());
    } catch (IOException infinite) {
      throw new RemoteResponseSemanticException(
          SyncOperation.PULL_BUNDLES, "a number does not fit into a double");
    }
  }

  @Override
  public Refusal.SourceRetired sourceRetired(Fields error, String ownSourceId) {
    error.require(
        error.text("source_id").equals(ownSourceId), "another source than ours is said to retire");
    Optional<String> replacement =
        error.optionalText("replaced_by_source_id").filter(by -> !by.isEmpty());
    // Ours is sent in a header, so it has to be fit for one.
    error.require(
        replacement.map(SourceIds::isValid).orElse(true), "the replacing source id is malformed");
    return new Refusal.SourceRetired(replacement);
  }

  @Override
  public boolean pullsBelowCheckpoint() {
    return true;
  }

  /** Left out when 0, and counted over text that is not on the wire (wire-protocol 2.10). */
  @Override
  public long snapshotByteCount(Fields session, long rowCount) {
    session.require(session.integerOrZero("byte_count") >= 0, "byte_count is negative");
    return 0;
  }

  @Override
  public void addChunkQuery(HttpUrl.Builder url, SnapshotLimits limits) {
    // The server has no budget of bytes.
  }

  @Override
  public long chunkLimitBytes(SnapshotLimits limits) {
    return Limits.page(limits.chunkRows());
  }

  @Override
  public void requireChunkMembers(Fields chunk) {
    // The answer may gain members (wire-protocol 6.1).
  }

  @Override
  public void requireChunkRowMembers(Fields row) {
    // As above.
  }

  @Override
  public long chunkByteCount(
      Fields chunk, long rowCount, long rowsByteCount, SnapshotLimits limits) {
    return 0;
  }
}
