package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

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
          "status_endpoint",
          "structured_sync_keys");

  private final Setup setup;

  ReadEndpoints(Setup setup) {
    this.setup = setup;
  }

  private static ObjectNode features(State.WatchOffer watch) {
    ObjectNode features = Json.object();
    FEATURES.forEach(feature -> features.put(feature, true));
    features.put("server_checkpoint_tracking", false);
    return features.put("bundle_change_watch", watch == State.WatchOffer.ON);
  }

  /** Status and health (spec 2.2); both have the same body, and only health answers 503. */
  WireResponse status(State state, boolean health) {
    List<UserState> users = List.copyOf(state.users.values());
    boolean healthy =
        state.lifecycle == State.Lifecycle.RUNNING
            && users.stream().allMatch(user -> user.floor <= user.latestSeq);
    ObjectNode body =
        Json.object()
            .put("status", healthy ? "healthy" : "unhealthy")
            .put("version", "v1")
            .put("app_name", "")
            .put(
                "lifecycle",
                switch (state.lifecycle) {
                  case RUNNING -> "running";
                  case DRAINING -> "shutting_down";
                  case CLOSED -> "closed";
                })
            .put("accepting_operations", state.lifecycle == State.Lifecycle.RUNNING)
            .put("inflight_operations", 0);
    ArrayNode tables = body.putArray("registered_tables");
    setup.schema().tables().forEach(t -> tables.add(setup.schema().name() + "." + t.name()));
    body.set("features", features(state.watch));
    body.put(
        "user_state_retention_floor_ahead_count",
        users.stream().filter(user -> user.floor > user.latestSeq).count());
    body.put("latest_bundle_seq_max", largest(users, user -> user.latestSeq));
    body.put("retained_bundle_floor_min", smallest(users, user -> user.floor));
    body.put("retained_bundle_floor_max", largest(users, user -> user.floor));
    body.put("retained_bundle_window_min", smallest(users, user -> user.latestSeq - user.floor));
    body.put("retained_bundle_window_max", largest(users, user -> user.latestSeq - user.floor));
    body.put("history_pruned_error_count", state.historyPrunedErrors);
    body.put("accepted_push_replay_count", 0);
    body.put("rejected_registered_write_count", 0);
    body.put("committed_bundle_count", state.committedBundles);
    body.put("committed_bundle_bytes", state.committedBytes);
    return Json.response(health && !healthy ? 503 : 200, body);
  }

  private static long largest(List<UserState> users, ToLongFunction<UserState> value) {
    return users.stream().mapToLong(value).max().orElse(0);
  }

  private static long smallest(List<UserState> users, ToLongFunction<UserState> value) {
    return users.stream().mapToLong(value).min().orElse(0);
  }

  WireResponse capabilities(State.WatchOffer watch) {
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
    body.set("features", features(watch));
    ObjectNode wire = body.putObject("bundle_limits");
    wire.put("max_bundles_per_pull", limits.maxBundlesPerPull());
    range(wire, "rows_per_push_chunk", limits.rowsPerPushChunk());
    wire.put("push_session_ttl_seconds", limits.pushSessionTtlSeconds());
    range(wire, "rows_per_committed_bundle_chunk", limits.rowsPerCommittedBundleChunk());
    range(wire, "rows_per_snapshot_chunk", limits.rowsPerSnapshotChunk());
    wire.put("snapshot_session_ttl_seconds", limits.snapshotSessionTtlSeconds());
    putUnlessZero(wire, "max_rows_per_snapshot_session", limits.maxRowsPerSnapshotSession());
    putUnlessZero(wire, "max_bytes_per_snapshot_session", limits.maxBytesPerSnapshotSession());
    if (setup.revision().hasSnapshotBytes()) {
      range(wire, "bytes_per_snapshot_chunk", limits.bytesPerSnapshotChunk());
      wire.put("max_bytes_per_snapshot_row", limits.maxBytesPerSnapshotRow());
      wire.put("max_concurrent_snapshot_builds", limits.maxConcurrentSnapshotBuilds());
      wire.put(
          "max_concurrent_snapshot_chunk_requests", limits.maxConcurrentSnapshotChunkRequests());
    }
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
    ObjectNode body = PushEndpoints.committedBody(Json.object(), bundle, setup.revision());
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
    if (setup.revision().refusesCheckpointAhead() && after > user.latestSeq) {
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

  /**
   * Opens a watch (spec 2.13): the answer holds the catch-up event, if one is due. What follows
   * comes from {@link ModelServer#nextHint}.
   */
  WireResponse watch(Call call) {
    State.WatchOffer offer = call.state().watch;
    if (offer == State.WatchOffer.FORBIDDEN) {
      throw new ServerError(403, "bundle_change_watch_forbidden", "this user may not watch; poll");
    }
    long after = notNegative(call, "after_bundle_seq");
    if (offer == State.WatchOffer.OFF) {
      throw new ServerError(503, "bundle_change_watch_disabled", "watching is not offered; poll");
    }
    call.begin("bundle_change_watch_failed");
    UserState user = call.initialized(setup.now());
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "text/event-stream");
    headers.put("Cache-Control", "no-cache");
    headers.put("X-Accel-Buffering", "no");
    String catchUp =
        user.latestSeq > after ? hint(Json.object().put("bundle_seq", user.latestSeq)) : "";
    return new WireResponse(200, headers, catchUp.getBytes(StandardCharsets.UTF_8));
  }

  static String hint(CommittedBundle bundle) {
    return hint(
        Json.object()
            .put("bundle_seq", bundle.seq())
            .put("source_id", bundle.sourceId())
            .put("source_bundle_id", bundle.sourceBundleId()));
  }

  private static String hint(ObjectNode data) {
    return "event: bundle\ndata: " + new String(Json.bytes(data), StandardCharsets.UTF_8) + "\n\n";
  }
}
