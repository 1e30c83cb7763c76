package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.SnapshotSession.SnapshotRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Snapshot sessions and source replacement (spec 2.10 to 2.12). */
final class SnapshotEndpoints {
  private static final Set<String> REASONS =
      Set.of(
          "history_pruned",
          "source_sequence_out_of_order",
          "source_sequence_changed",
          "source_retired");
  private static final Set<String> REPLACEMENT_MEMBERS =
      Set.of("previous_source_id", "new_source_id", "reason");

  private final Setup setup;

  SnapshotEndpoints(Setup setup) {
    this.setup = setup;
  }

  private record Replacement(String previous, String replacement, String reason) {}

  WireResponse create(Call call) {
    Optional<Replacement> replacement = replacement(call.request().body());
    call.begin("snapshot_session_create_failed");
    State state = call.state();
    // Inferred: capacity is looked at first.
    if (setup.revision().hasSnapshotBytes() && state.buildRefusals.remaining() > 0) {
      State.Refusals refusals = state.buildRefusals;
      state.buildRefusals = refusals.next();
      throw new ServerError(429, "snapshot_build_capacity", "too many snapshots are being built")
          .retryAfter(refusals.retryAfterSeconds());
    }
    long now = setup.now();
    UserState user = call.initialized(now);
    // Expired sessions of all users go with anyone's next create (spec 2.10).
    state.snapshotSessions.values().removeIf(session -> session.expiresAt() <= now);
    boolean replaces =
        replacement.isPresent() && mustReplace(call.sourceId(), user, replacement.get());

    List<SnapshotRow> rows = new ArrayList<>();
    long bytes = 0;
    long largestRow = 0;
    for (ServerSchema.Table table : setup.schema().tables()) {
      for (Map.Entry<String, StoredRow> entry : user.rows(table.name()).entrySet()) {
        if (entry.getValue().isLive()) {
          SnapshotRow row = new SnapshotRow(table, entry.getKey(), entry.getValue());
          long size = sessionSize(wire(row));
          rows.add(row);
          bytes += size;
          largestRow = Math.max(largestRow, size);
        }
      }
    }
    ServerLimits limits = setup.limits();
    requireWithin("row_count", rows.size(), limits.maxRowsPerSnapshotSession());
    if (setup.revision().hasSnapshotBytes()) {
      requireWithin("row_byte_count", largestRow, limits.maxBytesPerSnapshotRow());
    }
    requireWithin("byte_count", bytes, limits.maxBytesPerSnapshotSession());

    if (replaces) {
      replace(user, replacement.orElseThrow());
    }
    SnapshotSession session =
        new SnapshotSession(
            setup.newUuid().get(),
            call.user(),
            user.latestSeq,
            bytes,
            setup.inSeconds(limits.snapshotSessionTtlSeconds()),
            List.copyOf(rows));
    state.snapshotSessions.put(session.snapshotId(), session);
    ObjectNode body =
        Json.object()
            .put("snapshot_id", session.snapshotId())
            .put("snapshot_bundle_seq", session.bundleSeq())
            .put("row_count", rows.size());
    if (bytes > 0 || setup.revision().hasSnapshotBytes()) {
      body.put("byte_count", bytes);
    }
    return Json.ok(body.put("expires_at", Setup.rfc3339(session.expiresAt())));
  }

  /** The one strict body of the protocol: unknown members are refused (spec trap 23). */
  private Optional<Replacement> replacement(byte[] body) {
    try {
      JsonNode node = Json.parse(body);
      if (node == null || node.isMissingNode()) {
        return Optional.empty();
      }
      RequestBody outer = RequestBody.of(node);
      requireOnly(node, Set.of("source_replacement"));
      JsonNode member = outer.member("source_replacement");
      if (member.isMissingNode() || member.isNull()) {
        return Optional.empty();
      }
      RequestBody inner = RequestBody.of(member);
      requireOnly(member, REPLACEMENT_MEMBERS);
      return Optional.of(
          new Replacement(
              inner.string("previous_source_id").strip(),
              inner.string("new_source_id").strip(),
              inner.string("reason").strip()));
    } catch (IOException | ServerError unreadable) {
      throw invalidSession("the body is not a snapshot request");
    }
  }

  private static void requireOnly(JsonNode node, Set<String> known) {
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!known.contains(member.getKey().toLowerCase(Locale.ROOT))) {
        throw invalidSession("unknown member");
      }
    }
  }

  /** The table of spec 2.10: false means the replacement was done before. */
  private boolean mustReplace(String caller, UserState user, Replacement wanted) {
    if (!wanted.previous().equals(caller)) {
      throw invalidSession("previous_source_id must be the calling source");
    }
    if (!setup.revision().acceptsSourceId(wanted.replacement())
        || wanted.replacement().equals(wanted.previous())) {
      throw invalidSession("new_source_id must be another valid source id");
    }
    if (!REASONS.contains(wanted.reason())) {
      throw invalidSession("unknown reason");
    }
    SourceState previous = user.source(wanted.previous());
    Optional<SourceState> next = Optional.ofNullable(user.sources.get(wanted.replacement()));
    if (!previous.isRetired()) {
      if (next.isPresent()) {
        throw invalidReplacement("the new source is already known");
      }
      return true;
    }
    // Inferred: with no successor named, the first one asked for is as good as any.
    if (previous.replacedBy().isPresent()
        && !previous.replacedBy().get().equals(wanted.replacement())) {
      throw retired(wanted.previous(), previous);
    }
    if (next.isPresent() && (next.get().isRetired() || previous.replacedBy().isEmpty())) {
      throw invalidReplacement("the new source is known or retired already");
    }
    return next.isEmpty();
  }

  private static void replace(UserState user, Replacement wanted) {
    SourceState previous = user.source(wanted.previous());
    if (previous.replacedBy().isEmpty()) {
      user.sources.put(
          wanted.previous(), previous.retired(Optional.of(wanted.replacement()), wanted.reason()));
    }
    user.sources.put(wanted.replacement(), SourceState.reserved());
  }

  static ServerError retired(String sourceId, SourceState source) {
    ServerError error =
        new ServerError(409, "source_retired", "this source was replaced and may not write")
            .with("source_id", sourceId);
    source.replacedBy().ifPresent(by -> error.with("replaced_by_source_id", by));
    return error;
  }

  private void requireWithin(String dimension, long actual, long limit) {
    if (limit > 0 && actual > limit) {
      if (!setup.revision().hasSnapshotBytes()) {
        throw new ServerError(500, "snapshot_session_create_failed", "the snapshot is too large");
      }
      throw new ServerError(409, "snapshot_session_limit_exceeded", "the snapshot is too large")
          .with("dimension", dimension)
          .with("actual", actual)
          .with("limit", limit);
    }
  }

  WireResponse chunk(Call call, String snapshotId) {
    String invalid = "snapshot_chunk_invalid";
    if (snapshotId.isBlank()) {
      throw new ServerError(400, invalid, "snapshot_id is empty");
    }
    long cursor = call.int64("after_row_ordinal", 0, invalid);
    if (cursor < 0) {
      throw new ServerError(400, invalid, "after_row_ordinal must not be negative");
    }
    long maxRows = call.clamped("max_rows", setup.limits().rowsPerSnapshotChunk(), invalid);
    boolean counted = setup.revision().hasSnapshotBytes();
    // Inferred: clamped like max_rows. June ignores it.
    long maxBytes =
        counted
            ? call.clamped("max_bytes", setup.limits().bytesPerSnapshotChunk(), invalid)
            : Long.MAX_VALUE;
    call.begin("snapshot_chunk_failed");
    State state = call.state();
    if (setup.revision().hasSnapshotBytes() && state.chunkRefusals.remaining() > 0) {
      State.Refusals refusals = state.chunkRefusals;
      state.chunkRefusals = refusals.next();
      throw new ServerError(429, "snapshot_chunk_capacity", "too many chunks are being read")
          .retryAfter(refusals.retryAfterSeconds());
    }
    SnapshotSession session = session(call, snapshotId, "snapshot_chunk_failed");
    if (session.expiresAt() <= setup.now()) {
      throw new ServerError(410, "snapshot_session_expired", "the snapshot session ran out");
    }
    int from = (int) Math.min(cursor, session.rows().size());
    int to = from;
    long bytes = 0;
    ArrayNode rows = Json.array();
    while (to < session.rows().size() && to - from < maxRows) {
      ObjectNode row = wire(session.rows().get(to));
      long size = size(row);
      if (bytes + size > maxBytes) {
        if (to == from) {
          throw new ServerError(
                  400, "snapshot_chunk_too_small", "max_bytes cannot hold the next row")
              .with("required_byte_count", size);
        }
        break;
      }
      rows.add(row);
      bytes += size;
      to++;
    }
    ObjectNode body =
        Json.object()
            .put("snapshot_id", session.snapshotId())
            .put("snapshot_bundle_seq", session.bundleSeq());
    body.set("rows", rows);
    body.put("next_row_ordinal", cursor + rows.size()).put("has_more", to < session.rows().size());
    return Json.ok(counted ? body.put("byte_count", bytes) : body);
  }

  WireResponse delete(Call call, String snapshotId) {
    if (snapshotId.isBlank()) {
      throw new ServerError(400, "snapshot_chunk_invalid", "snapshot_id is empty");
    }
    call.begin("snapshot_session_delete_failed");
    session(call, snapshotId, "snapshot_session_delete_failed");
    call.state().snapshotSessions.remove(snapshotId);
    return WireResponse.noContent();
  }

  private static SnapshotSession session(Call call, String snapshotId, String failureCode) {
    if (!StoredValues.isCanonicalUuid(snapshotId)) {
      // Unlike a malformed push id, which is just not found (spec trap 14).
      throw new ServerError(500, failureCode, "snapshot_id is not a UUID");
    }
    SnapshotSession session = call.state().snapshotSessions.get(snapshotId);
    if (session == null) {
      throw new ServerError(404, "snapshot_session_not_found", "no such snapshot session");
    }
    if (!session.user().equals(call.user())) {
      throw new ServerError(403, "snapshot_session_forbidden", "the snapshot is another user's");
    }
    return session;
  }

  private ObjectNode wire(SnapshotRow row) {
    return row.wire(setup.schema(), setup.revision());
  }

  /** What a row adds to the session's byte_count: June counts its payload only (spec 2.10). */
  private long sessionSize(ObjectNode row) {
    return setup.revision().hasSnapshotBytes() ? size(row) : Json.bytes(row.get("payload")).length;
  }

  /** Bytes of the row object exactly as the body carries it (spec 6.1). */
  private static long size(ObjectNode row) {
    return Json.bytes(row).length;
  }

  private static ServerError invalidSession(String message) {
    return new ServerError(400, "snapshot_session_invalid", message);
  }

  private static ServerError invalidReplacement(String message) {
    return new ServerError(409, "source_replacement_invalid", message);
  }
}
