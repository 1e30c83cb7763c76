package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.PushSession.PushRow;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Table;
import dev.oversqlite4j.simulator.server.StoredValues.DataException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Push sessions: create, chunk, commit, delete (spec 2.4 to 2.7). Checks stand in the spec's order.
 */
final class PushEndpoints {
  private static final Pattern NAME = Pattern.compile("[a-z0-9_]+");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final String HIDDEN_COLUMN = "_sync_scope_id";

  private final Setup setup;

  PushEndpoints(Setup setup) {
    this.setup = setup;
  }

  WireResponse create(Call call) {
    RequestBody body = RequestBody.parse(call.request().body());
    long sourceBundleId = body.int64("source_bundle_id");
    long plannedRows = body.int64("planned_row_count");
    String initializationId = body.string("initialization_id").strip();
    String requestHash = body.string("canonical_request_hash");
    call.begin("push_session_create_failed");
    if (sourceBundleId <= 0 || plannedRows <= 0) {
      throw invalidSession("source_bundle_id and planned_row_count must be positive");
    }
    // Inferred: how July refuses a malformed hash. June does not look at it.
    if (setup.revision().hasRequestHash() && !HASH.matcher(requestHash).matches()) {
      throw invalidSession("canonical_request_hash must be 64 lowercase hex digits");
    }
    // Stays even if this request fails below: a purge of all users' sessions (spec 2.4 step 2, trap
    // 15).
    long now = setup.now();
    call.state().pushSessions.values().removeIf(session -> session.expiresAt() <= now);

    Optional<Scope.Initializing> lease = requireWritable(call, initializationId);
    UserState user = call.userState();
    Optional<CommittedBundle> committed = user.retained(call.sourceId(), sourceBundleId);
    if (committed.isPresent()) {
      return Json.ok(
          committedBody(
              Json.object().put("status", "already_committed"), committed.get(), setup.revision()));
    }
    SourceState source = user.source(call.sourceId());
    if (source.isRetired()) {
      throw SnapshotEndpoints.retired(call.sourceId(), source);
    }
    if (sourceBundleId <= source.maxCommitted()) {
      throw new ServerError(409, "history_pruned", "this bundle was committed and then pruned");
    }
    if (sourceBundleId > source.maxCommitted() + 1) {
      throw new ServerError(
          409, "source_sequence_out_of_order", "a lower source_bundle_id was never committed");
    }
    lease.ifPresent(held -> user.scope = refreshed(held));
    call.state()
        .pushSessions
        .values()
        .removeIf(session -> session.isOf(call.user(), call.sourceId(), sourceBundleId));
    PushSession session =
        new PushSession(
            setup.newUuid().get(),
            call.user(),
            call.sourceId(),
            sourceBundleId,
            plannedRows,
            requestHash,
            lease.map(Scope.Initializing::initializationId),
            setup.inSeconds(setup.limits().pushSessionTtlSeconds()),
            List.of());
    call.state().pushSessions.put(session.pushId(), session);
    // next_expected_row_ordinal is 0 here and therefore omitted (spec trap 13).
    ObjectNode staging =
        Json.object()
            .put("push_id", session.pushId())
            .put("status", "staging")
            .put("planned_row_count", plannedRows);
    if (setup.revision().hasRequestHash()) {
      staging.put("canonical_request_hash", requestHash);
    }
    return Json.ok(staging);
  }

  /** The scope matrix of spec 2.4 step 3; a lease comes back only when this push may use it. */
  private Optional<Scope.Initializing> requireWritable(Call call, String initializationId) {
    Scope scope =
        call.state()
            .known(call.user())
            .map(user -> user.scopeAt(setup.now()))
            .orElse(new Scope.Uninitialized());
    boolean seeding = !initializationId.isEmpty();
    if (scope instanceof Scope.Uninitialized) {
      throw seeding
          ? new ServerError(410, "initialization_expired", "the initialization lease ran out")
          : new ServerError(409, "scope_uninitialized", "no source has initialised this scope");
    }
    if (scope instanceof Scope.Initializing lease) {
      if (!seeding) {
        throw invalidSession("initialization_id is required while the scope is initialising");
      }
      if (!holds(lease, call.sourceId(), initializationId)) {
        throw stale();
      }
      return Optional.of(lease);
    }
    if (seeding) {
      throw invalidSession("initialization_id is not allowed once the scope is initialised");
    }
    return Optional.empty();
  }

  WireResponse chunk(Call call, String pushId) {
    RequestBody body = RequestBody.parse(call.request().body());
    long start = body.int64("start_row_ordinal");
    List<RequestBody> sent = rowsOf(body);
    call.begin("push_chunk_failed");
    if (start < 0) {
      throw invalidChunk("start_row_ordinal must not be negative");
    }
    if (sent.isEmpty()) {
      throw invalidChunk("rows must not be empty");
    }
    if (sent.size() > setup.limits().rowsPerPushChunk().max()) {
      throw invalidChunk("more rows than max_rows_per_push_chunk");
    }
    List<PushRow> rows = new ArrayList<>();
    Set<List<String>> targets = new LinkedHashSet<>();
    for (RequestBody one : sent) {
      PushRow row = row(one, start + rows.size());
      if (!targets.add(List.of(row.table().name(), row.key()))) {
        throw invalidChunk("one row appears twice");
      }
      rows.add(row);
    }
    PushSession session = session(call, pushId);
    Optional<Scope.Initializing> lease = requireLease(call.state(), session);
    if (start != session.rows().size()) {
      throw new ServerError(
          409, "push_chunk_out_of_order", "start_row_ordinal is not the next one");
    }
    if (start + rows.size() > session.plannedRows()) {
      throw invalidChunk("more rows than planned_row_count");
    }
    PushSession grown = session.with(rows, setup.inSeconds(setup.limits().pushSessionTtlSeconds()));
    call.state().pushSessions.put(pushId, grown);
    UserState user = call.userState();
    lease.ifPresent(held -> user.scope = refreshed(held));
    user.countChunk(session.sourceId(), session.sourceBundleId());
    return Json.ok(
        Json.object().put("push_id", pushId).put("next_expected_row_ordinal", grown.rows().size()));
  }

  private static List<RequestBody> rowsOf(RequestBody body) {
    JsonNode rows = body.member("rows");
    if (rows.isMissingNode() || rows.isNull()) {
      return List.of();
    }
    if (!rows.isArray()) {
      throw ServerError.invalidRequest("rows must be an array");
    }
    List<RequestBody> sent = new ArrayList<>();
    for (JsonNode row : rows) {
      RequestBody one = RequestBody.of(row);
      one.string("schema");
      one.string("table");
      one.string("op");
      one.int64("base_row_version");
      JsonNode key = one.member("key");
      if (!key.isMissingNode() && !key.isNull() && !key.isObject()) {
        throw ServerError.invalidRequest("key must be an object");
      }
      sent.add(one);
    }
    return sent;
  }

  private PushRow row(RequestBody sent, long ordinal) {
    String schemaName = normalized(sent.string("schema"));
    String tableName = normalized(sent.string("table"));
    if (schemaName.isEmpty()) {
      schemaName = "public";
    }
    if (!NAME.matcher(schemaName).matches() || !NAME.matcher(tableName).matches()) {
      throw invalidChunk("schema and table must be plain names");
    }
    Optional<Table> registered = setup.schema().table(tableName);
    if (!schemaName.equals(setup.schema().name()) || registered.isEmpty()) {
      throw invalidChunk("the table is not registered");
    }
    Table table = registered.get();
    JsonNode keyNode = sent.member("key").path(table.key());
    if (!keyNode.isTextual()) {
      throw invalidChunk("key must hold the registered key column with a string");
    }
    String key = keyNode.textValue();
    if (table.keyKind() == KeyKind.UUID && !StoredValues.isCanonicalUuid(key)) {
      throw invalidChunk("a UUID key must be in canonical lowercase form");
    }
    requireText(key);
    Op op = op(sent.string("op"));
    JsonNode payload = sent.member("payload");
    if (op == Op.DELETE) {
      if (!payload.isMissingNode()) {
        throw invalidChunk("DELETE must not have a payload member");
      }
      return new PushRow(
          table,
          key,
          op,
          sent.int64("base_row_version"),
          Optional.empty(),
          setup.revision().requestText(sent, ordinal));
    }
    if (!payload.isObject()) {
      throw invalidChunk("payload must be a JSON object");
    }
    ObjectNode object = (ObjectNode) payload;
    checkPayload(table, key, object);
    return new PushRow(
        table,
        key,
        op,
        sent.int64("base_row_version"),
        Optional.of(object),
        setup.revision().requestText(sent, ordinal));
  }

  private void checkPayload(Table table, String key, ObjectNode payload) {
    Map<String, Column> columns = table.allColumns();
    for (Map.Entry<String, JsonNode> member : payload.properties()) {
      JsonNode value = member.getValue();
      String name = member.getKey().toLowerCase(Locale.ROOT);
      if (member.getKey().equals(HIDDEN_COLUMN)) {
        throw invalidChunk("payload holds the hidden scope column");
      }
      if (!NAME.matcher(name).matches()) {
        throw invalidChunk("payload holds a malformed column name");
      }
      if (name.equals(table.key()) && !(value.isTextual() && value.textValue().equals(key))) {
        throw invalidChunk("the key in the payload differs from the row key");
      }
      if (value.isNumber() && Double.isInfinite(value.doubleValue())) {
        throw ServerError.invalidRequest("a number does not fit into a double");
      }
      if (!setup.revision().acceptsPayloadValue(value)) {
        throw invalidChunk("payload numbers must be sent as strings");
      }
      if (value.isTextual()) {
        requireText(value.textValue());
      }
      Column column = columns.get(name);
      if (column != null
          && column.kind() == ColumnKind.BYTEA
          && !value.isNull()
          && !(value.isTextual() && StoredValues.isPaddedBase64(value.textValue()))) {
        throw invalidChunk("a bytea column takes null or padded standard base64");
      }
    }
  }

  private static void requireText(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isHighSurrogate(text.charAt(i))
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(text.charAt(i))) {
        throw invalidChunk("a string holds a lone surrogate and has no canonical form");
      }
    }
  }

  private static Op op(String text) {
    return switch (text.strip().toUpperCase(Locale.ROOT)) {
      case "INSERT" -> Op.INSERT;
      case "UPDATE" -> Op.UPDATE;
      case "DELETE" -> Op.DELETE;
      default -> throw invalidChunk("op must be INSERT, UPDATE or DELETE");
    };
  }

  WireResponse commit(Call call, String pushId) {
    call.begin("push_session_commit_failed");
    PushSession session = session(call, pushId);
    Set<List<String>> targets = new LinkedHashSet<>();
    session.rows().forEach(row -> targets.add(List.of(row.table().name(), row.key())));
    if (session.rows().size() != session.plannedRows()) {
      throw new ServerError(400, "push_commit_invalid", "not all planned rows are staged");
    }
    if (targets.size() != session.rows().size()) {
      throw new ServerError(400, "push_commit_invalid", "one row appears twice");
    }
    List<String> texts = session.rows().stream().map(PushRow::requestText).toList();
    // Inferred: what the reference July server answers to a wrong hash is not known.
    if (setup.revision().hasRequestHash()
        && !setup.revision().requestHash(texts).equals(session.requestHash())) {
      throw new ServerError(
          400, "push_commit_invalid", "the staged rows do not have the announced hash");
    }
    Optional<Scope.Initializing> lease = requireLease(call.state(), session);
    UserState user = call.userState();
    SourceState source = user.source(session.sourceId());
    if (source.isRetired()) {
      throw SnapshotEndpoints.retired(session.sourceId(), source);
    }
    if (source.maxCommitted() + 1 != session.sourceBundleId()) {
      throw new ServerError(
          409, "source_sequence_changed", "another bundle of this source came first");
    }
    CommitTransaction transaction = new CommitTransaction(setup.schema(), setup.revision(), user);
    transaction.checkConflicts(session.rows());
    try {
      transaction.apply(session.rows());
    } catch (DataException e) {
      throw new ServerError(500, "push_session_commit_failed", e.getMessage());
    }
    List<BundleRow> rows = transaction.bundleRows();
    if (rows.isEmpty()) {
      // Unreachable while nothing suppresses effects; bundles are never empty (spec 3.5).
      throw new ServerError(400, "push_commit_invalid", "the push has no effect");
    }
    transaction.store();
    CommittedBundle bundle =
        new CommittedBundle(
            user.latestSeq + 1,
            session.sourceId(),
            session.sourceBundleId(),
            session.requestHash(),
            setup.revision().bundleHash(setup.schema(), rows),
            rows);
    user.latestSeq = bundle.seq();
    user.bundles.put(bundle.seq(), bundle);
    call.state().committedBundles++;
    call.state().committedBytes += setup.revision().bundleText(setup.schema(), rows).length();
    user.retain(setup.limits().retainedBundles());
    user.sources.put(session.sourceId(), source.committed(session.sourceBundleId()));
    call.state().pushSessions.remove(pushId);
    if (lease.isPresent()) {
      user.scope = new Scope.Initialized(session.sourceId());
    }
    return Json.ok(committedBody(Json.object(), bundle, setup.revision()));
  }

  WireResponse delete(Call call, String pushId) {
    call.begin("push_session_delete_failed");
    if (pushId.isBlank()) {
      throw invalidChunk("push_id is empty");
    }
    session(call, pushId);
    call.state().pushSessions.remove(pushId);
    return WireResponse.noContent();
  }

  static ObjectNode committedBody(ObjectNode body, CommittedBundle bundle, Revision revision) {
    body.put("bundle_seq", bundle.seq())
        .put("source_id", bundle.sourceId())
        .put("source_bundle_id", bundle.sourceBundleId())
        .put("row_count", bundle.rows().size())
        .put("bundle_hash", bundle.bundleHash());
    if (revision.hasRequestHash()) {
      body.put("canonical_request_hash", bundle.requestHash());
    }
    return body;
  }

  /** Verifies the user only: any source of the user may drive a session (spec trap 16). */
  private PushSession session(Call call, String pushId) {
    PushSession session = call.state().pushSessions.get(pushId);
    if (session == null) {
      throw new ServerError(404, "push_session_not_found", "no such push session");
    }
    if (!session.user().equals(call.user())) {
      throw new ServerError(403, "push_session_forbidden", "the push session is another user's");
    }
    if (session.expiresAt() <= setup.now()) {
      throw new ServerError(410, "push_session_expired", "the push session ran out");
    }
    return session;
  }

  /** A session made under a lease needs that very lease to the end (spec 3.2). */
  private Optional<Scope.Initializing> requireLease(State state, PushSession session) {
    if (session.initializationId().isEmpty()) {
      return Optional.empty();
    }
    if (state.user(session.user()).scopeAt(setup.now()) instanceof Scope.Initializing lease
        && holds(lease, session.sourceId(), session.initializationId().get())) {
      return Optional.of(lease);
    }
    throw stale();
  }

  private static boolean holds(Scope.Initializing lease, String sourceId, String initializationId) {
    return lease.sourceId().equals(sourceId) && lease.initializationId().equals(initializationId);
  }

  private Scope.Initializing refreshed(Scope.Initializing lease) {
    return new Scope.Initializing(
        lease.sourceId(),
        lease.initializationId(),
        setup.inSeconds(setup.limits().leaseTtlSeconds()));
  }

  private static String normalized(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }

  private static ServerError invalidSession(String message) {
    return new ServerError(400, "push_session_invalid", message);
  }

  private static ServerError invalidChunk(String message) {
    return new ServerError(400, "push_chunk_invalid", message);
  }

  private static ServerError stale() {
    return new ServerError(409, "initialization_stale", "this source no longer holds the lease");
  }
}
