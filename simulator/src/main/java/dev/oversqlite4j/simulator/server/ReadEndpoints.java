package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.List;

/** Capabilities, committed bundles, pull and watch (spec 2.1, 2.8, 2.9, 2.13). */
final class ReadEndpoints {
  private static final long DEFAULT_BUNDLES_PER_PULL = 1000;
  private static final List<String> FEATURES =
      List.of(
          "accepted_push_replay_visibility",
          "bundle_pull",
          "bundle_push",
          "capabilities_endpoint",
          "committed_bundle_row_fetch",
          "committed_bundle_visibility",
          "connect_lifecycle",
          "graceful_shutdown",
          "history_pruned_errors",
          "history_pruned_visibility",
          "push_session_chunking",
          "registered_write_rejection_enforced",
          "retained_floor_visibility",
          "retained_window_visibility",
          "scope_initialization_leases",
          "snapshot_chunking",
          "structured_sync_keys");

  private final Setup setup;

  ReadEndpoints(Setup setup) {
    this.setup = setup;
  }

  WireResponse capabilities() {
    ServerLimits limits = setup.limits();
    ObjectNode body = Json.object().put("protocol_version", "v1").put("schema_version", 1);
    ArrayNode names = body.putArray("registered_tables");
    ArrayNode specs = body.putArray("registered_table_specs");
    for (ServerSchema.Table table : setup.schema().tables()) {
      names.add(setup.schema().name() + "." + table.name());
      specs
          .addObject()
          .put("schema", setup.schema().name())
          .put("table", table.name())
          .putArray("sync_key_columns")
          .add(table.key());
    }
    ObjectNode features = body.putObject("features");
    FEATURES.forEach(feature -> features.put(feature, true));
    features.put("server_checkpoint_tracking", false);
    features.put("bundle_change_watch", false);
    features.put("status_endpoint", false);
    ObjectNode wire = body.putObject("bundle_limits");
    wire.put("max_bundles_per_pull", limits.maxBundlesPerPull());
    range(wire, "rows_per_push_chunk", limits.rowsPerPushChunk());
    wire.put("push_session_ttl_seconds", limits.pushSessionTtlSeconds());
    range(wire, "rows_per_committed_bundle_chunk", limits.rowsPerCommittedBundleChunk());
    range(wire, "rows_per_snapshot_chunk", limits.rowsPerSnapshotChunk());
    range(wire, "bytes_per_snapshot_chunk", limits.bytesPerSnapshotChunk());
    wire.put("max_bytes_per_snapshot_row", limits.maxBytesPerSnapshotRow());
    wire.put("snapshot_session_ttl_seconds", limits.snapshotSessionTtlSeconds());
    putUnlessZero(wire, "max_rows_per_snapshot_session", limits.maxRowsPerSnapshotSession());
    putUnlessZero(wire, "max_bytes_per_snapshot_session", limits.maxBytesPerSnapshotSession());
    wire.put("max_concurrent_snapshot_builds", limits.maxConcurrentSnapshotBuilds());
    wire.put("max_concurrent_snapshot_chunk_requests", limits.maxConcurrentSnapshotChunkRequests());
    wire.put("initialization_lease_ttl_seconds", limits.leaseTtlSeconds());
    return Json.ok(body);
  }

  private static void range(ObjectNode wire, String name, ServerLimits.Range range) {
    wire.put("default_" + name, range.byDefault()).put("max_" + name, range.max());
  }

  private static void putUnlessZero(ObjectNode wire, String name, long value) {
    if (value != 0) {
      wire.put(name, value);
    }
  }

  WireResponse committedRows(Call call, String seqText) {
    String invalid = "committed_bundle_chunk_invalid";
    long seq = positiveSeq(seqText, invalid);
    long cursor = -1;
    if (!call.request().query().getOrDefault("after_row_ordinal", "").isBlank()) {
      cursor = call.int64("after_row_ordinal", 0, invalid);
      if (cursor < 0) {
        throw new ServerError(400, invalid, "after_row_ordinal must not be negative");
      }
    }
    long maxRows = call.clamped("max_rows", setup.limits().rowsPerCommittedBundleChunk(), invalid);
    call.begin("committed_bundle_rows_failed");
    UserState user =
        call.state()
            .known(call.user())
            .orElseThrow(
                () -> new ServerError(500, "committed_bundle_rows_failed", "no such user state"));
    if (user.isPruned(seq)) {
      throw new ServerError(409, "history_pruned", "this bundle is no longer retained");
    }
    CommittedBundle bundle = user.bundles.get(seq);
    if (bundle == null) {
      throw new ServerError(404, "committed_bundle_not_found", "no such bundle");
    }
    int count = bundle.rows().size();
    int from = (int) Math.min(count, cursor + 1);
    int to = (int) Math.min(count, from + maxRows);
    ObjectNode body = PushEndpoints.committedBody(Json.object(), bundle);
    ArrayNode rows = body.putArray("rows");
    bundle.rows().subList(from, to).forEach(row -> rows.add(row.wire(setup.schema())));
    // 0-based ordinal of the last row returned; an empty page echoes the cursor (spec 2.8, trap 6).
    body.put("next_row_ordinal", Math.max(0, cursor + (to - from)));
    return Json.ok(body.put("has_more", to < count));
  }

  private static long positiveSeq(String text, String errorCode) {
    try {
      long seq = Long.parseLong(text);
      if (seq > 0) {
        return seq;
      }
    } catch (NumberFormatException notANumber) {
      throw new ServerError(400, errorCode, "bundle_seq must be a 64-bit integer");
    }
    throw new ServerError(400, errorCode, "bundle_seq must be positive");
  }

  WireResponse pull(Call call) {
    int maxAllowed = setup.limits().maxBundlesPerPull();
    long after = notNegative(call, "after_bundle_seq");
    long max =
        call.int64(
            "max_bundles", Math.min(DEFAULT_BUNDLES_PER_PULL, maxAllowed), "invalid_request");
    if (max < 1 || max > maxAllowed) {
      throw ServerError.invalidRequest("max_bundles is out of range");
    }
    long target = notNegative(call, "target_bundle_seq");
    call.begin("pull_failed");
    UserState user = call.initialized(setup.now());
    requireRetained(user, after);
    if (after > user.latestSeq) {
      throw new ServerError(
          409, "checkpoint_ahead", "after_bundle_seq is beyond this server's history");
    }
    requireRetained(user, target);
    long stable = target > 0 ? target : user.latestSeq;
    requireRetained(user, stable);

    Collection<CommittedBundle> due =
        stable <= after ? List.of() : user.bundles.subMap(after, false, stable, true).values();
    ObjectNode body = Json.object().put("stable_bundle_seq", stable);
    ArrayNode bundles = body.putArray("bundles");
    due.stream().limit(max).forEach(bundle -> bundles.add(wire(bundle)));
    return Json.ok(body.put("has_more", due.size() > max));
  }

  private ObjectNode wire(CommittedBundle bundle) {
    ObjectNode wire =
        Json.object()
            .put("bundle_seq", bundle.seq())
            .put("source_id", bundle.sourceId())
            .put("source_bundle_id", bundle.sourceBundleId())
            .put("row_count", bundle.rows().size())
            .put("bundle_hash", bundle.bundleHash());
    ArrayNode rows = wire.putArray("rows");
    bundle.rows().forEach(row -> rows.add(row.wire(setup.schema())));
    return wire;
  }

  private static void requireRetained(UserState user, long seq) {
    if (user.isPruned(seq)) {
      throw new ServerError(409, "history_pruned", "history up to this point is pruned");
    }
  }

  private static long notNegative(Call call, String name) {
    long value = call.int64(name, 0, "invalid_request");
    if (value < 0) {
      throw ServerError.invalidRequest(name + " must not be negative");
    }
    return value;
  }

  /** The feature is off; {@code bundle_change_watch} says so in capabilities. */
  WireResponse watch(Call call) {
    notNegative(call, "after_bundle_seq");
    throw new ServerError(503, "bundle_change_watch_disabled", "watching is not offered; poll");
  }
}
