package dev.oversqlite4j.simulator.conformance;

import static dev.oversqlite4j.simulator.conformance.Verdicts.require;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.conformance.Lab.Source;
import dev.oversqlite4j.simulator.conformance.Verdicts.NotTestable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** The numbered rules. A number is the section of the protocol that holds the rule and a letter. */
final class Rules {
  private static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
  private static final String NOBODY = "00000000-0000-4000-8000-000000000000";
  private static final String HASH = "[0-9a-f]{64}";

  private final List<Rule> rules = new ArrayList<>();
  private final boolean july;

  /** Whether a rule is certain. */
  enum Standing {
    SETTLED,
    INFERRED
  }

  /** A rule and how to try it; the check throws one of {@link Verdicts}. */
  record Rule(String number, String text, Standing standing, Consumer<Lab> check) {}

  private Rules(boolean july) {
    this.july = july;
  }

  static List<Rule> all(boolean july) {
    Rules rules = new Rules(july);
    rules.common();
    rules.capabilities();
    rules.connect();
    rules.create();
    rules.chunk();
    rules.commit();
    rules.conflicts();
    rules.committedRows();
    rules.pull();
    rules.snapshots();
    rules.replacement();
    rules.watch();
    rules.notTestable();
    return List.copyOf(rules.rules);
  }

  private void rule(String number, String text, Consumer<Lab> check) {
    rules.add(new Rule(number, text, Standing.SETTLED, check));
  }

  private void inferred(String number, String text, Consumer<Lab> check) {
    rules.add(new Rule(number, text, Standing.INFERRED, check));
  }

  private void common() {
    rule(
        "1.a",
        "without a token 401, whatever the body",
        lab -> lab.bare(Map.of("Oversync-Source-ID", "x")).get("capabilities").status(401));
    rule(
        "1.b",
        "without a source id 400 invalid_request",
        lab -> lab.initialised().named("").get("pull").refused(400, "invalid_request"));
    rule("1.c", "an unknown path is 404", lab -> lab.initialised().get("nonsense/x").status(404));
    rule(
        "1.d",
        "a wrong method is 405",
        lab -> lab.initialised().send("PUT", "sync/connect", "{}").status(405));
    rule(
        "1.e",
        "answers are application/json",
        lab -> {
          Answer pull = lab.initialised().get("pull").ok();
          require(pull.contentType().startsWith("application/json"), "it is another type");
        });
    rule(
        "2.2.a",
        "status needs no token and says healthy or unhealthy",
        lab -> {
          Answer status = lab.bare(Map.of()).send("GET", "syncx/status", "");
          if (status.status() == 404) {
            throw new NotTestable("the server mounts no status");
          }
          status.ok();
          require(
              Set.of("healthy", "unhealthy").contains(status.string("status")),
              "the status is neither");
          status.number("latest_bundle_seq_max");
          status.number("retained_bundle_floor_max");
        });
    rule(
        "2.2.b",
        "health is 200, or 503 when unhealthy",
        lab -> {
          Answer health = lab.bare(Map.of()).send("GET", "syncx/health", "");
          if (health.status() == 404) {
            throw new NotTestable("the server mounts no health");
          }
          health.status(health.string("status").equals("healthy") ? 200 : 503);
        });
  }

  private void capabilities() {
    rule(
        "2.1.a",
        "the protocol version is v1",
        lab -> lab.capabilities.equal("protocol_version", "v1"));
    rule("2.1.b", "there is a schema version", lab -> lab.capabilities.number("schema_version"));
    rule(
        "2.1.c",
        "each table is registered once, with one key column",
        lab -> {
          Set<String> names = new TreeSet<>();
          for (JsonNode spec : lab.capabilities.list("registered_table_specs")) {
            require(
                names.add(spec.path("schema").asText() + "." + spec.path("table").asText()),
                "a table is registered twice");
            require(spec.path("sync_key_columns").size() == 1, "a table has not one key column");
          }
          require(!names.isEmpty(), "no table is registered");
        });
    rule(
        "2.1.d",
        "the connect lifecycle is offered",
        lab ->
            require(
                lab.capabilities.json().path("features").path("connect_lifecycle").asBoolean(),
                "it is not"));
    rule(
        "2.1.e",
        "limits are positive, defaults within their maximum",
        lab -> {
          JsonNode limits = lab.capabilities.json().path("bundle_limits");
          for (String of :
              List.of(
                  "rows_per_push_chunk",
                  "rows_per_committed_bundle_chunk",
                  "rows_per_snapshot_chunk")) {
            long byDefault = limits.path("default_" + of).asLong();
            require(
                byDefault > 0 && byDefault <= limits.path("max_" + of).asLong(),
                of + " has no sound limits");
          }
          require(limits.path("max_bundles_per_pull").asLong() > 0, "max_bundles_per_pull is not");
        });
    if (july) {
      rule(
          "6.1.a",
          "snapshot limits of bytes fit together",
          lab -> {
            JsonNode limits = lab.capabilities.json().path("bundle_limits");
            long max = limits.path("max_bytes_per_snapshot_chunk").asLong();
            long byDefault = limits.path("default_bytes_per_snapshot_chunk").asLong();
            long row = limits.path("max_bytes_per_snapshot_row").asLong();
            require(byDefault > 0 && byDefault <= max, "the default is above the maximum");
            require(row > 0 && row <= max, "a row does not fit into a chunk");
            require(
                limits.path("max_concurrent_snapshot_builds").asLong() > 0
                    && limits.path("max_concurrent_snapshot_chunk_requests").asLong() > 0,
                "a concurrency limit is not positive");
          });
    }
  }

  private void connect() {
    rule(
        "2.3.a",
        "an unparsable body is 400 invalid_request",
        lab -> lab.initialised().post("connect", "{").refused(400, "invalid_request"));
    rule(
        "2.3.b",
        "pending rows on a new scope get a lease",
        lab -> {
          Answer lease = lab.fresh().connect(true).ok();
          lease.equal("resolution", "initialize_local");
          require(lease.string("initialization_id").matches(UUID), "its id is no UUID");
          lease.string("lease_expires_at");
        });
    rule(
        "2.3.c",
        "asking again keeps the lease",
        lab -> {
          Source source = lab.fresh();
          String id = source.connect(true).ok().string("initialization_id");
          source.connect(true).ok().equal("initialization_id", id);
        });
    rule(
        "2.3.d",
        "another source is told to retry later",
        lab -> {
          Source source = lab.fresh();
          source.connect(true).ok();
          Answer later = source.sibling().connect(true).ok();
          later.equal("resolution", "retry_later");
          require(later.number("retry_after_seconds") > 0, "retry_after_seconds is not above 0");
        });
    rule(
        "2.3.e",
        "the owner may give the lease up",
        lab -> {
          Source source = lab.fresh();
          source.connect(true).ok();
          source.connect(false).ok().equal("resolution", "initialize_empty");
          source.sibling().connect(true).ok().equal("resolution", "remote_authoritative");
        });
    rule(
        "2.3.f",
        "no pending rows on a new scope initialise it empty",
        lab -> lab.fresh().connect(false).ok().equal("resolution", "initialize_empty"));
    rule(
        "2.3.g",
        "an initialised scope is authoritative",
        lab -> {
          Answer connected = lab.initialised().connect(true).ok();
          connected.equal("resolution", "remote_authoritative");
          connected.absent("initialization_id");
        });
    rule(
        "2.3.h",
        "has_local_pending_rows is false where it is missing",
        lab -> lab.fresh().post("connect", "{}").ok().equal("resolution", "initialize_empty"));
    rule(
        "3.2.a",
        "a session outlives no lease: 409 initialization_stale",
        lab -> {
          Source source = lab.fresh();
          String lease = source.connect(true).ok().string("initialization_id");
          ObjectNode row = lab.insert(lab.uuid(), 0);
          String hash = Lab.requestHash(List.of(row));
          String pushId = source.create(1, 1, hash, lease).ok().string("push_id");
          source.connect(false).ok().equal("resolution", "initialize_empty");
          source.chunk(pushId, 0, row).refused(409, "initialization_stale");
        });
  }

  private void create() {
    rule(
        "2.4.a",
        "numbers must be positive: 400 push_session_invalid",
        lab -> {
          Source source = lab.initialised();
          source.create(0, 1).refused(400, "push_session_invalid");
          source.create(1, 0).refused(400, "push_session_invalid");
        });
    rule(
        "2.4.b",
        "an unparsable body is 400 invalid_request",
        lab -> lab.initialised().post("push-sessions", "[").refused(400, "invalid_request"));
    rule(
        "2.4.c",
        "an uninitialised scope refuses: 409 without a lease, 410 with one",
        lab -> {
          lab.fresh().create(1, 1).refused(409, "scope_uninitialized");
          lab.fresh().create(1, 1, "0".repeat(64), NOBODY).refused(410, "initialization_expired");
        });
    rule(
        "2.4.d",
        "an initialising scope wants its very lease",
        lab -> {
          Source source = lab.fresh();
          String lease = source.connect(true).ok().string("initialization_id");
          source.create(1, 1).refused(400, "push_session_invalid");
          source.create(1, 1, "0".repeat(64), NOBODY).refused(409, "initialization_stale");
          source.sibling().create(1, 1, "0".repeat(64), lease).refused(409, "initialization_stale");
          source.create(1, 1, "0".repeat(64), lease).ok();
        });
    rule(
        "2.4.e",
        "an initialised scope refuses a lease: 400 push_session_invalid",
        lab ->
            lab.initialised()
                .create(1, 1, "0".repeat(64), NOBODY)
                .refused(400, "push_session_invalid"));
    rule(
        "2.4.f",
        "bundle ids have no gaps: 409 source_sequence_out_of_order",
        lab -> lab.initialised().create(2, 1).refused(409, "source_sequence_out_of_order"));
    rule(
        "2.4.g",
        "a fresh session begins at row 0 and plans what was asked",
        lab -> {
          Answer staging = lab.initialised().create(1, 3).ok();
          staging.equal("status", "staging");
          require(staging.string("push_id").matches(UUID), "push_id is no UUID");
          staging.equal("planned_row_count", 3);
          require(
              staging.json().path("next_expected_row_ordinal").asLong(0) == 0,
              "it does not begin at 0");
        });
    rule(
        "2.4.h",
        "creating again ends the earlier session",
        lab -> {
          Source source = lab.initialised();
          String first = source.create(1, 1).ok().string("push_id");
          source.create(1, 1).ok();
          source.commit(first).refused(404, "push_session_not_found");
        });
    rule(
        "2.4.i",
        "what is committed is answered already_committed",
        lab -> {
          Source source = lab.initialised();
          Answer committed = source.push(1, lab.insert(lab.uuid(), 0)).ok();
          Answer again = source.create(1, 1).ok();
          again.equal("status", "already_committed");
          for (String same :
              List.of("bundle_seq", "source_id", "source_bundle_id", "row_count", "bundle_hash")) {
            again.equal(same, committed.json().path(same).asText());
          }
        });
    if (july) {
      rule(
          "5.3.a",
          "the request hash is repeated by create, commit and committed rows",
          lab -> {
            Source source = lab.initialised();
            ObjectNode row = lab.insert(lab.uuid(), 0);
            String hash = Lab.requestHash(List.of(row));
            Answer staging = source.create(1, 1, hash, "").ok();
            staging.equal("canonical_request_hash", hash);
            source.chunk(staging.string("push_id"), 0, row).ok();
            Answer committed = source.commit(staging.string("push_id")).ok();
            committed.equal("canonical_request_hash", hash);
            source.create(1, 1).ok().equal("canonical_request_hash", hash);
            rows(source, committed).equal("canonical_request_hash", hash);
          });
      inferred(
          "5.3.b",
          "rows that do not have the announced hash are 400 push_commit_invalid",
          lab -> {
            Source source = lab.initialised();
            String pushId = source.create(1, 1).ok().string("push_id");
            source.chunk(pushId, 0, lab.insert(lab.uuid(), 0)).ok();
            source.commit(pushId).refused(400, "push_commit_invalid");
          });
    }
  }

  private void badChunk(
      String number, String text, java.util.function.UnaryOperator<ObjectNode> spoil) {
    rule(
        number,
        text + ": 400 push_chunk_invalid",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 1).ok().string("push_id");
          source
              .chunk(pushId, 0, spoil.apply(lab.insert(lab.uuid(), 0)))
              .refused(400, "push_chunk_invalid");
        });
  }

  private void chunk() {
    rule(
        "2.5.a",
        "a negative start or no rows: 400 push_chunk_invalid",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 1).ok().string("push_id");
          source.chunk(pushId, -1, lab.insert(lab.uuid(), 0)).refused(400, "push_chunk_invalid");
          source.chunk(pushId, 0).refused(400, "push_chunk_invalid");
        });
    badChunk("2.5.b", "an unregistered table", row -> row.put("table", "no_such_table"));
    badChunk(
        "2.5.c",
        "a DELETE with a payload member, even null",
        row -> {
          row.put("op", "DELETE").putNull("payload");
          return row;
        });
    badChunk(
        "2.5.d",
        "an INSERT without payload",
        row -> {
          row.remove("payload");
          return row;
        });
    badChunk(
        "2.5.e",
        "the hidden scope column",
        row -> {
          ((ObjectNode) row.get("payload")).put("_sync_scope_id", "x");
          return row;
        });
    badChunk(
        "2.5.f",
        "a payload key other than the row's",
        row -> {
          String key = row.path("key").fieldNames().next();
          ((ObjectNode) row.get("payload")).put(key, NOBODY);
          return row;
        });
    badChunk("2.5.g", "an unknown op", row -> row.put("op", "UPSERT"));
    rule(
        "2.5.h",
        "one row twice in a chunk: 400 push_chunk_invalid",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 2).ok().string("push_id");
          ObjectNode row = lab.insert(lab.uuid(), 0);
          source.chunk(pushId, 0, row, row).refused(400, "push_chunk_invalid");
        });
    rule(
        "2.5.i",
        "an unknown session, UUID or not, is 404 push_session_not_found",
        lab -> {
          Source source = lab.initialised();
          source.chunk(NOBODY, 0, lab.insert(lab.uuid(), 0)).refused(404, "push_session_not_found");
          source.chunk("x", 0, lab.insert(lab.uuid(), 0)).refused(404, "push_session_not_found");
        });
    rule(
        "2.5.j",
        "a chunk out of order, or twice, is 409 push_chunk_out_of_order",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 3).ok().string("push_id");
          ObjectNode row = lab.insert(lab.uuid(), 0);
          source.chunk(pushId, 1, row).refused(409, "push_chunk_out_of_order");
          source.chunk(pushId, 0, row).ok();
          source.chunk(pushId, 0, row).refused(409, "push_chunk_out_of_order");
        });
    rule(
        "2.5.k",
        "more rows than planned: 400 push_chunk_invalid",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 1).ok().string("push_id");
          source
              .chunk(pushId, 0, lab.insert(lab.uuid(), 0), lab.insert(lab.uuid(), 0))
              .refused(400, "push_chunk_invalid");
        });
    rule(
        "2.5.l",
        "the answer names the session and the next row",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 2).ok().string("push_id");
          Answer chunk = source.chunk(pushId, 0, lab.insert(lab.uuid(), 0)).ok();
          chunk.equal("push_id", pushId);
          chunk.equal("next_expected_row_ordinal", 1);
        });
    rule(
        "2.5.m",
        "malformed rows are refused before an unknown session is",
        lab ->
            lab.initialised()
                .chunk(NOBODY, 0, lab.insert(lab.uuid(), 0).put("op", "UPSERT"))
                .refused(400, "push_chunk_invalid"));
    rule(
        "2.7.a",
        "a deleted session is gone",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 1).ok().string("push_id");
          source.delete("push-sessions/" + pushId).status(204);
          source.delete("push-sessions/" + pushId).refused(404, "push_session_not_found");
        });
    rule(
        "2.7.b",
        "a session of another user is 403 push_session_forbidden",
        lab -> {
          Source other = lab.fresh();
          String pushId = lab.initialised().create(1, 1).ok().string("push_id");
          other.connect(false).ok();
          other.delete("push-sessions/" + pushId).refused(403, "push_session_forbidden");
          other.commit(pushId).refused(403, "push_session_forbidden");
        });
  }

  private void commit() {
    rule(
        "2.6.a",
        "a session that lacks rows is 400 push_commit_invalid and stays",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.create(1, 2).ok().string("push_id");
          source.chunk(pushId, 0, lab.insert(lab.uuid(), 0)).ok();
          source.commit(pushId).refused(400, "push_commit_invalid");
          source.chunk(pushId, 1, lab.insert(lab.uuid(), 0)).ok();
        });
    rule(
        "2.6.b",
        "one row in two chunks is 400 push_commit_invalid",
        lab -> {
          Source source = lab.initialised();
          ObjectNode row = lab.insert(lab.uuid(), 0);
          String pushId =
              source.create(1, 2, Lab.requestHash(List.of(row, row)), "").ok().string("push_id");
          source.chunk(pushId, 0, row).ok();
          source.chunk(pushId, 1, row).ok();
          source.commit(pushId).refused(400, "push_commit_invalid");
        });
    rule(
        "2.6.c",
        "a commit says which bundle it became",
        lab -> {
          Source source = lab.initialised();
          Answer committed = source.push(1, lab.insert(lab.uuid(), 0)).ok();
          require(committed.number("bundle_seq") > 0, "bundle_seq is not above 0");
          committed.equal("source_id", source.id);
          committed.equal("source_bundle_id", 1);
          committed.equal("row_count", 1);
          require(committed.string("bundle_hash").matches(HASH), "bundle_hash is malformed");
        });
    rule(
        "2.6.d",
        "bundles are numbered without gaps",
        lab -> {
          Source source = lab.initialised();
          long first = source.push(1, lab.insert(lab.uuid(), 0)).ok().number("bundle_seq");
          source.push(2, lab.insert(lab.uuid(), 0)).ok().equal("bundle_seq", first + 1);
        });
    rule(
        "2.6.e",
        "a committed session is gone: 404 push_session_not_found",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.stage(1, lab.insert(lab.uuid(), 0));
          source.commit(pushId).ok();
          source.commit(pushId).refused(404, "push_session_not_found");
        });
    rule(
        "2.6.f",
        "a data error is 500 push_session_commit_failed and commits nothing",
        lab -> {
          Source source = lab.initialised();
          ObjectNode row = lab.insert(lab.uuid(), 0);
          ((ObjectNode) row.get("payload")).put("no_such_column", "x");
          source.push(1, row).refused(500, "push_session_commit_failed");
          source.create(1, 1).ok().equal("status", "staging");
        });
    rule(
        "2.6.g",
        "a seed makes its scope initialised",
        lab -> {
          Source source = lab.fresh();
          String lease = source.connect(true).ok().string("initialization_id");
          ObjectNode row = lab.insert(lab.uuid(), 0);
          String pushId =
              source.create(1, 1, Lab.requestHash(List.of(row)), lease).ok().string("push_id");
          source.chunk(pushId, 0, row).ok();
          source.commit(pushId).ok();
          source.sibling().connect(true).ok().equal("resolution", "remote_authoritative");
        });
  }

  private static void conflict(Lab lab, Source source, ObjectNode row) {
    source.push(nextId(source), row).refused(409, "push_conflict");
  }

  /** These rules commit one bundle after the other; the next id is the first not committed. */
  private static long nextId(Source source) {
    for (long id = 1; ; id++) {
      if (!source.create(id, 1).ok().string("status").equals("already_committed")) {
        return id;
      }
    }
  }

  private void conflicts() {
    rule(
        "3.4.a",
        "INSERT of an unknown row wants base 0",
        lab -> {
          Source source = lab.initialised();
          conflict(lab, source, lab.insert(lab.uuid(), 5));
          source.push(1, lab.insert(lab.uuid(), 0)).ok();
        });
    rule(
        "3.4.b",
        "INSERT of a live row always conflicts",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          conflict(lab, source, lab.insert(key, 0));
          conflict(lab, source, lab.insert(key, seq));
        });
    rule(
        "3.4.c",
        "UPDATE and DELETE of an unknown row conflict",
        lab -> {
          Source source = lab.initialised();
          conflict(lab, source, lab.update(lab.uuid(), 0));
          conflict(lab, source, lab.delete(lab.uuid(), 0));
        });
    rule(
        "3.4.d",
        "UPDATE of a live row wants its version",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          conflict(lab, source, lab.update(key, seq + 1));
          source.push(2, lab.update(key, seq)).ok();
          conflict(lab, source, lab.update(key, seq));
        });
    rule(
        "3.4.e",
        "DELETE of a live row wants its version",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          conflict(lab, source, lab.delete(key, seq + 1));
          source.push(2, lab.delete(key, seq)).ok();
        });
    rule(
        "3.4.f",
        "a tombstone takes an INSERT on its version and nothing else",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          long gone = source.push(2, lab.delete(key, seq)).ok().number("bundle_seq");
          conflict(lab, source, lab.insert(key, 0));
          conflict(lab, source, lab.update(key, gone));
          conflict(lab, source, lab.delete(key, gone));
          Answer again = source.push(3, lab.insert(key, gone)).ok();
          require(
              rows(source, again).list("rows").path(0).path("op").asText().equals("INSERT"),
              "it does not come back as INSERT");
        });
    rule(
        "2.6.h",
        "a conflict tells what was pushed and what the server has",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          Answer refused = source.push(2, lab.update(key, seq + 1));
          refused.refused(409, "push_conflict");
          JsonNode conflict = refused.json().path("conflict");
          require(conflict.path("op").asText().equals("UPDATE"), "another op");
          require(conflict.path("table").asText().equals(lab.table().name()), "another table");
          require(conflict.path("key").path(lab.table().key()).asText().equals(key), "another key");
          require(conflict.path("base_row_version").asLong() == seq + 1, "another base");
          require(conflict.path("server_row_version").asLong() == seq, "another server version");
          require(
              conflict.path("server_row_deleted").isBoolean()
                  && !conflict.path("server_row_deleted").asBoolean(),
              "a live row is said to be deleted");
          require(conflict.path("server_row").isObject(), "the server's row is missing");
          require(!conflict.path("server_row").has("_sync_scope_id"), "a hidden column shows");
        });
    rule(
        "2.6.i",
        "a conflict with a tombstone or nothing has a null server_row",
        lab -> {
          Source source = lab.initialised();
          Answer refused = source.push(1, lab.update(lab.uuid(), 1));
          refused.refused(409, "push_conflict");
          JsonNode conflict = refused.json().path("conflict");
          require(conflict.path("server_row").isNull(), "server_row is not null");
          require(conflict.path("server_row_version").asLong(-1) == 0, "its version is not 0");
        });
    rule(
        "2.6.j",
        "a conflict commits nothing and keeps the session",
        lab -> {
          Source source = lab.initialised();
          String good = lab.uuid();
          String pushId = source.stage(1, lab.insert(good, 0), lab.update(lab.uuid(), 1));
          source.commit(pushId).refused(409, "push_conflict");
          source.commit(pushId).refused(409, "push_conflict");
          source.push(1, lab.insert(good, 0)).ok();
        });
    rule(
        "3.4.g",
        "all rows are checked in their order before any is applied",
        lab -> {
          Source source = lab.initialised();
          String first = lab.uuid();
          Answer refused = source.push(1, lab.update(first, 3), lab.update(lab.uuid(), 4));
          refused.refused(409, "push_conflict");
          require(
              refused
                  .json()
                  .path("conflict")
                  .path("key")
                  .path(lab.table().key())
                  .asText()
                  .equals(first),
              "another row than the first is told");
        });
    rule(
        "3.5.a",
        "an UPDATE that changes nothing is a row of the bundle all the same",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          Answer again = source.push(2, lab.update(key, seq)).ok();
          again.equal("row_count", 1);
          conflict(lab, source, lab.update(key, seq));
        });
    rule(
        "3.5.c",
        "a key that was deleted comes back as an INSERT",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          long gone = source.push(2, lab.delete(key, seq)).ok().number("bundle_seq");
          Answer back = source.push(3, lab.insert(key, gone)).ok();
          require(
              rows(source, back).list("rows").path(0).path("op").asText().equals("INSERT"),
              "it is another op");
        });
  }

  private static Answer rows(Source source, Answer committed) {
    return source.get("committed-bundles/" + committed.number("bundle_seq") + "/rows").ok();
  }

  private void committedRows() {
    rule(
        "2.8.a",
        "committed rows repeat the commit, also for another source",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          Answer committed = source.push(1, lab.insert(key, 0)).ok();
          Answer page = rows(source.sibling(), committed);
          for (String same :
              List.of("bundle_seq", "source_id", "source_bundle_id", "row_count", "bundle_hash")) {
            page.equal(same, committed.json().path(same).asText());
          }
          JsonNode row = page.list("rows").path(0);
          require(row.path("key").path(lab.table().key()).asText().equals(key), "another key");
          require(
              row.path("row_version").asLong() == committed.number("bundle_seq"),
              "the row version is not the bundle's");
          require(row.path("payload").isObject(), "there is no payload");
          require(!row.path("payload").has("_sync_scope_id"), "a hidden column shows");
          page.equal("next_row_ordinal", 0);
          require(!page.flag("has_more"), "more is promised");
        });
    rule(
        "2.8.b",
        "pages go on after the last ordinal, counted from 0",
        lab -> {
          Source source = lab.initialised();
          Answer committed =
              source.push(1, lab.insert(lab.uuid(), 0), lab.insert(lab.uuid(), 0)).ok();
          String path = "committed-bundles/" + committed.number("bundle_seq") + "/rows?max_rows=1";
          Answer first = source.get(path).ok();
          first.equal("next_row_ordinal", 0);
          require(first.flag("has_more"), "the second row is not promised");
          Answer second = source.get(path + "&after_row_ordinal=0").ok();
          second.equal("next_row_ordinal", 1);
          require(!second.flag("has_more"), "a third row is promised");
          require(
              !first.list("rows").path(0).equals(second.list("rows").path(0)),
              "the first row comes twice");
        });
    rule(
        "2.8.c",
        "bad numbers are 400 committed_bundle_chunk_invalid",
        lab -> {
          Source source = lab.initialised();
          for (String bad : List.of("0/rows", "x/rows", "1/rows?max_rows=0")) {
            source.get("committed-bundles/" + bad).refused(400, "committed_bundle_chunk_invalid");
          }
        });
    rule(
        "2.8.d",
        "an unknown bundle is 404 committed_bundle_not_found",
        lab ->
            lab.initialised()
                .get("committed-bundles/999999999/rows")
                .refused(404, "committed_bundle_not_found"));
    rule(
        "2.8.e",
        "a DELETE has no payload",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          Answer page = rows(source, source.push(2, lab.delete(key, seq)).ok());
          JsonNode row = page.list("rows").path(0);
          require(row.path("op").asText().equals("DELETE"), "it is no DELETE");
          require(!row.has("payload"), "it has a payload");
        });
    rule(
        "2.8.f",
        "too many rows are clamped, not refused",
        lab -> {
          Source source = lab.initialised();
          Answer committed = source.push(1, lab.insert(lab.uuid(), 0)).ok();
          source
              .get(
                  "committed-bundles/"
                      + committed.number("bundle_seq")
                      + "/rows?max_rows=1000000000")
              .ok();
        });
    rule(
        "5.2.a",
        "the bundle hash is that of the rows",
        lab -> {
          Source source = lab.initialised();
          Answer page =
              rows(
                  source,
                  source.push(1, lab.insert(lab.uuid(), 0), lab.insert(lab.uuid(), 0)).ok());
          page.equal("bundle_hash", lab.bundleHash(page.list("rows")));
        });
    rule(
        "4.3.a",
        july ? "no payload holds a JSON number" : "every column is in the payload",
        lab -> {
          Source source = lab.initialised();
          Answer page = rows(source, source.push(1, lab.insert(lab.uuid(), 0)).ok());
          JsonNode payload = page.list("rows").path(0).path("payload");
          require(payload.has(lab.table().key()), "the key is missing");
          payload
              .properties()
              .forEach(
                  member -> {
                    require(
                        member.getKey().equals(member.getKey().toLowerCase(java.util.Locale.ROOT)),
                        "a column name is not lower-case");
                    require(!july || !member.getValue().isNumber(), "a number is no string");
                  });
        });
  }

  private void pull() {
    rule(
        "2.9.a",
        "a pull gives later bundles, one's own included, ascending",
        lab -> {
          Source source = lab.initialised();
          long first = source.push(1, lab.insert(lab.uuid(), 0)).ok().number("bundle_seq");
          source.push(2, lab.insert(lab.uuid(), 0)).ok();
          Answer page = source.get("pull?after_bundle_seq=" + first).ok();
          page.equal("stable_bundle_seq", first + 1);
          require(page.list("bundles").size() == 1, "not exactly the later bundle came");
          JsonNode bundle = page.list("bundles").path(0);
          require(bundle.path("bundle_seq").asLong() == first + 1, "another bundle came");
          require(bundle.path("source_id").asText().equals(source.id), "of another source");
          require(bundle.path("source_bundle_id").asLong() == 2, "another source_bundle_id");
          require(bundle.path("rows").size() == 1, "its rows are missing");
          require(!page.flag("has_more"), "more is promised");
        });
    rule(
        "2.9.b",
        "max_bundles is never clamped: 400 invalid_request",
        lab -> {
          Source source = lab.initialised();
          long max =
              lab.capabilities.json().path("bundle_limits").path("max_bundles_per_pull").asLong();
          source.get("pull?max_bundles=0").refused(400, "invalid_request");
          source.get("pull?max_bundles=" + (max + 1)).refused(400, "invalid_request");
          source.get("pull?max_bundles=" + max).ok();
        });
    rule(
        "2.9.c",
        "negative and unreadable numbers are 400 invalid_request",
        lab -> {
          Source source = lab.initialised();
          for (String bad :
              List.of("after_bundle_seq=-1", "after_bundle_seq=x", "target_bundle_seq=-1")) {
            source.get("pull?" + bad).refused(400, "invalid_request");
          }
        });
    rule(
        "2.9.d",
        "pages stay under the target",
        lab -> {
          Source source = lab.initialised();
          long first = source.push(1, lab.insert(lab.uuid(), 0)).ok().number("bundle_seq");
          source.push(2, lab.insert(lab.uuid(), 0)).ok();
          source.push(3, lab.insert(lab.uuid(), 0)).ok();
          String path =
              "pull?max_bundles=1&after_bundle_seq=" + first + "&target_bundle_seq=" + (first + 1);
          Answer last = source.get(path).ok();
          last.equal("stable_bundle_seq", first + 1);
          require(!last.flag("has_more"), "more is promised than the target allows");
          Answer page = source.get("pull?max_bundles=1&after_bundle_seq=" + first).ok();
          require(page.flag("has_more"), "the second page is not promised");
          page.equal("stable_bundle_seq", first + 2);
        });
    rule(
        "2.9.e",
        "a scope that is not initialised is 409",
        lab -> {
          Source source = lab.fresh();
          source.get("pull").refused(409, "scope_uninitialized");
          source.connect(true).ok();
          source.sibling().get("pull").refused(409, "scope_initializing");
        });
    rule(
        "2.9.g",
        "a target is repeated as it is, even beyond the latest bundle",
        lab -> {
          Source source = lab.initialised();
          source.push(1, lab.insert(lab.uuid(), 0)).ok();
          source.get("pull?target_bundle_seq=1000").ok().equal("stable_bundle_seq", 1000);
        });
    if (july) {
      inferred(
          "2.9.f",
          "beyond the server's history a pull is 409 checkpoint_ahead",
          lab ->
              lab.initialised()
                  .get("pull?after_bundle_seq=999999999")
                  .refused(409, "checkpoint_ahead"));
    } else {
      rule(
          "2.9.f",
          "beyond the server's history a pull ends below the checkpoint",
          lab ->
              require(
                  lab.initialised()
                          .get("pull?after_bundle_seq=999999999")
                          .ok()
                          .number("stable_bundle_seq")
                      < 999999999,
                  "it does not"));
    }
  }

  private void snapshots() {
    rule(
        "2.10.a",
        "a snapshot says at which bundle it is frozen",
        lab -> {
          Source source = lab.initialised();
          long seq = source.push(1, lab.insert(lab.uuid(), 0)).ok().number("bundle_seq");
          Answer session = source.post("snapshot-sessions", "").ok();
          session.string("snapshot_id");
          session.equal("snapshot_bundle_seq", seq);
          require(session.number("row_count") > 0, "it has no rows");
          require(session.number("byte_count") > 0, "it has no bytes");
          session.string("expires_at");
        });
    rule(
        "2.10.b",
        "unknown members are 400 snapshot_session_invalid",
        lab ->
            lab.initialised()
                .post("snapshot-sessions", "{\"x\":1}")
                .refused(400, "snapshot_session_invalid"));
    rule(
        "2.10.c",
        "a scope that is not initialised has no snapshot: 409 scope_uninitialized",
        lab -> lab.fresh().post("snapshot-sessions", "").refused(409, "scope_uninitialized"));
    rule(
        "2.10.i",
        "a body is not needed, and without rows nothing is frozen",
        lab -> {
          Source source = lab.initialised();
          Answer session = source.post("snapshot-sessions", "").ok();
          require(
              !lab.anyTokenIsAUser() || session.number("row_count") == 0,
              "an empty scope has rows");
          require(session.string("expires_at").contains("T"), "expires_at is no time");
        });
    rule(
        "2.11.g",
        "too many rows are clamped, and an empty snapshot is one empty chunk",
        lab -> {
          Source source = lab.initialised();
          String id = source.post("snapshot-sessions", "{}").ok().string("snapshot_id");
          Answer chunk = source.get("snapshot-sessions/" + id + "?max_rows=1000000000").ok();
          if (lab.anyTokenIsAUser()) {
            require(chunk.list("rows").isEmpty(), "an empty scope has rows");
            chunk.equal("next_row_ordinal", 0);
            chunk.equal("has_more", "false");
          }
        });
    rule(
        "2.11.a",
        "chunks go on after the rows consumed, counted from 1",
        lab -> {
          Source source = lab.initialised();
          source.push(1, lab.insert(lab.uuid(), 0), lab.insert(lab.uuid(), 0)).ok();
          Answer session = source.post("snapshot-sessions", "").ok();
          String path = "snapshot-sessions/" + session.string("snapshot_id") + "?max_rows=1";
          Answer first = source.get(path).ok();
          first.equal("next_row_ordinal", 1);
          require(first.list("rows").size() == 1, "not one row came");
          require(first.flag("has_more"), "the second row is not promised");
          Answer second = source.get(path + "&after_row_ordinal=1").ok();
          second.equal("next_row_ordinal", 2);
          require(
              !first.list("rows").path(0).equals(second.list("rows").path(0)),
              "the first row comes twice");
          require(source.get(path).ok().json().equals(first.json()), "it is not repeatable");
        });
    rule(
        "2.11.b",
        "what is frozen stays: later bundles and deletes do not show",
        lab -> {
          Source source = lab.initialised();
          String key = lab.uuid();
          long seq = source.push(1, lab.insert(key, 0)).ok().number("bundle_seq");
          Answer session = source.post("snapshot-sessions", "").ok();
          source.push(2, lab.delete(key, seq)).ok();
          Answer chunk = source.get("snapshot-sessions/" + session.string("snapshot_id")).ok();
          chunk.equal("snapshot_bundle_seq", seq);
          boolean found = false;
          for (JsonNode row : chunk.list("rows")) {
            found |= row.path("key").path(lab.table().key()).asText().equals(key);
            require(!row.has("op"), "a row has an op");
          }
          require(found || chunk.flag("has_more"), "the row is gone");
        });
    rule(
        "2.11.c",
        "keys ascend within a table",
        lab -> {
          Source source = lab.initialised();
          source
              .push(
                  1,
                  lab.insert(lab.uuid(), 0),
                  lab.insert(lab.uuid(), 0),
                  lab.insert(lab.uuid(), 0))
              .ok();
          Answer session = source.post("snapshot-sessions", "").ok();
          String last = "";
          for (JsonNode row :
              source.get("snapshot-sessions/" + session.string("snapshot_id")).ok().list("rows")) {
            String name = row.path("table").asText();
            String here = name + " " + row.path("key").path(lab.table().key()).asText();
            require(!name.equals(lab.table().name()) || here.compareTo(last) > 0, "they do not");
            last = name.equals(lab.table().name()) ? here : last;
          }
        });
    rule(
        "2.11.d",
        "bad numbers are 400 snapshot_chunk_invalid",
        lab -> {
          Source source = lab.initialised();
          String id = source.post("snapshot-sessions", "").ok().string("snapshot_id");
          for (String bad : List.of("max_rows=0", "after_row_ordinal=-1", "after_row_ordinal=x")) {
            source
                .get("snapshot-sessions/" + id + "?" + bad)
                .refused(400, "snapshot_chunk_invalid");
          }
        });
    rule(
        "2.11.e",
        "an unknown session is 404 snapshot_session_not_found",
        lab ->
            lab.initialised()
                .get("snapshot-sessions/" + NOBODY)
                .refused(404, "snapshot_session_not_found"));
    rule(
        "2.11.f",
        "a session of another user is 403 snapshot_session_forbidden",
        lab -> {
          Source other = lab.fresh();
          String id = lab.initialised().post("snapshot-sessions", "").ok().string("snapshot_id");
          other.connect(false).ok();
          other.get("snapshot-sessions/" + id).refused(403, "snapshot_session_forbidden");
        });
    rule(
        "2.12.a",
        "a deleted session is gone",
        lab -> {
          Source source = lab.initialised();
          String id = source.post("snapshot-sessions", "").ok().string("snapshot_id");
          source.delete("snapshot-sessions/" + id).status(204);
          source.get("snapshot-sessions/" + id).refused(404, "snapshot_session_not_found");
          source.delete("snapshot-sessions/" + id).refused(404, "snapshot_session_not_found");
        });
    rule(
        "2.12.b",
        "nobody deletes the session of another user: 403, nor one that is not there: 404",
        lab -> {
          String id = lab.initialised().post("snapshot-sessions", "").ok().string("snapshot_id");
          lab.initialised().delete("snapshot-sessions/" + NOBODY).status(404);
          if (!lab.anyTokenIsAUser()) {
            throw new NotTestable("needs another user");
          }
          lab.initialised()
              .delete("snapshot-sessions/" + id)
              .refused(403, "snapshot_session_forbidden");
        });
    if (july) {
      rule("6.1.b", "byte counts are exact", Rules::byteCounts);
      rule(
          "6.1.c",
          "chunks and their rows have exactly the known members",
          lab -> {
            Source source = lab.initialised();
            source.push(1, lab.insert(lab.uuid(), 0)).ok();
            Answer session = source.post("snapshot-sessions", "").ok();
            Answer chunk = source.get("snapshot-sessions/" + session.string("snapshot_id")).ok();
            members(
                chunk.json(),
                "snapshot_id",
                "snapshot_bundle_seq",
                "rows",
                "next_row_ordinal",
                "has_more",
                "byte_count");
            members(chunk.list("rows").path(0), "schema", "table", "key", "row_version", "payload");
          });
      rule(
          "6.1.d",
          "a budget below the next row is 400 snapshot_chunk_too_small",
          lab -> {
            Source source = lab.initialised();
            source.push(1, lab.insert(lab.uuid(), 0)).ok();
            Answer session = source.post("snapshot-sessions", "").ok();
            Answer small =
                source.get("snapshot-sessions/" + session.string("snapshot_id") + "?max_bytes=1");
            small.refused(400, "snapshot_chunk_too_small");
            require(small.number("required_byte_count") > 1, "it requires no more than that");
          });
    }
  }

  private static void members(JsonNode object, String... names) {
    Set<String> present = new TreeSet<>();
    object.fieldNames().forEachRemaining(present::add);
    require(present.equals(new TreeSet<>(Arrays.asList(names))), "members are " + present);
  }

  private static void byteCounts(Lab lab) {
    Source source = lab.initialised();
    source.push(1, lab.insert(lab.uuid(), 0), lab.insert(lab.uuid(), 0)).ok();
    Answer session = source.post("snapshot-sessions", "").ok();
    long after = 0;
    long total = 0;
    Answer chunk;
    do {
      chunk =
          source
              .get(
                  "snapshot-sessions/"
                      + session.string("snapshot_id")
                      + "?after_row_ordinal="
                      + after)
              .ok();
      long sent = rowBytes(chunk.text());
      chunk.equal("byte_count", sent);
      total += sent;
      after = chunk.number("next_row_ordinal");
    } while (chunk.flag("has_more"));
    session.equal("byte_count", total);
    session.equal("row_count", after);
  }

  /** UTF-8 bytes of the row objects as sent. */
  private static long rowBytes(String body) {
    byte[] utf8 = body.getBytes(StandardCharsets.UTF_8);
    long bytes = 0;
    try (JsonParser parser = Lab.MAPPER.createParser(utf8)) {
      while (parser.nextToken() != JsonToken.START_ARRAY) {
        if (parser.currentToken() == null) {
          return 0;
        }
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        long start = parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        bytes += parser.currentLocation().getByteOffset() - start;
      }
      return bytes;
    } catch (IOException broken) {
      throw new Verdicts.Broken("a chunk is no JSON");
    }
  }

  private void replacement() {
    rule(
        "2.10.d",
        "a replacement must be of the caller by another: 400 snapshot_session_invalid",
        lab -> {
          Source source = lab.initialised();
          source
              .replace("somebody-else", "x-" + lab.uuid())
              .refused(400, "snapshot_session_invalid");
          source.replace(source.id, source.id).refused(400, "snapshot_session_invalid");
        });
    rule(
        "2.10.e",
        "a replaced source is 409 source_retired and names its successor",
        lab -> {
          Source source = lab.initialised();
          Source next = source.sibling();
          source.replace(source.id, next.id).ok();
          Answer refused = source.create(1, 1);
          refused.refused(409, "source_retired");
          refused.equal("source_id", source.id);
          refused.equal("replaced_by_source_id", next.id);
          next.push(1, lab.insert(lab.uuid(), 0)).ok();
        });
    rule(
        "2.10.f",
        "the same replacement may be repeated",
        lab -> {
          Source source = lab.initialised();
          Source next = source.sibling();
          source.replace(source.id, next.id).ok();
          source.replace(source.id, next.id).ok();
        });
    rule(
        "2.10.g",
        "another replacement is 409 source_retired",
        lab -> {
          Source source = lab.initialised();
          source.replace(source.id, source.sibling().id).ok();
          source.replace(source.id, source.sibling().id).refused(409, "source_retired");
        });
    rule(
        "2.10.h",
        "a successor that is known already is 409 source_replacement_invalid",
        lab -> {
          Source source = lab.initialised();
          Source known = source.sibling();
          known.push(1, lab.insert(lab.uuid(), 0)).ok();
          source.replace(source.id, known.id).refused(409, "source_replacement_invalid");
        });
    rule(
        "2.10.j",
        "the scope is looked at before the replacement: 409 scope_uninitialized",
        lab -> {
          Source source = lab.fresh();
          source.replace(source.id, source.id).refused(409, "scope_uninitialized");
        });
    rule(
        "2.4.j",
        "what is committed stays already_committed for a retired source",
        lab -> {
          Source source = lab.initialised();
          source.push(1, lab.insert(lab.uuid(), 0)).ok();
          source.replace(source.id, source.sibling().id).ok();
          source.create(1, 1).ok().equal("status", "already_committed");
          source.create(2, 1).refused(409, "source_retired");
        });
    rule(
        "2.6.k",
        "a session staged before its source retired is 409 source_retired at commit",
        lab -> {
          Source source = lab.initialised();
          String pushId = source.stage(1, lab.insert(lab.uuid(), 0));
          source.replace(source.id, source.sibling().id).ok();
          source.commit(pushId).refused(409, "source_retired");
        });
    rule(
        "3.3.a",
        "a retired source may still read",
        lab -> {
          Source source = lab.initialised();
          source.push(1, lab.insert(lab.uuid(), 0)).ok();
          source.replace(source.id, source.sibling().id).ok();
          source.get("pull").ok();
          source.post("snapshot-sessions", "").ok();
          source.connect(false).ok();
        });
  }

  private static boolean watches(Lab lab) {
    return lab.capabilities.json().path("features").path("bundle_change_watch").asBoolean();
  }

  private void watch() {
    rule(
        "2.13.a",
        "a watch that lags begins with the latest bundle",
        lab -> {
          if (!watches(lab)) {
            lab.initialised().get("watch").refused(503, "bundle_change_watch_disabled");
            throw new NotTestable("the server does not offer watching");
          }
          Source source = lab.initialised();
          long seq = source.push(1, lab.insert(lab.uuid(), 0)).ok().number("bundle_seq");
          List<String> lines = source.watch("?after_bundle_seq=" + (seq - 1), 3);
          require(lines.get(0).equals("event: bundle"), "the first line is no bundle event");
          require(lines.get(1).contains("\"bundle_seq\":" + seq), "another bundle is told");
          require(lines.get(2).isEmpty(), "the event does not end");
        });
    rule(
        "2.13.b",
        "a watch with a bad number is 400 invalid_request",
        lab -> lab.initialised().get("watch?after_bundle_seq=x").refused(400, "invalid_request"));
    rule(
        "2.13.c",
        "a scope that is not initialised cannot be watched: 409 scope_uninitialized",
        lab -> {
          if (!watches(lab)) {
            throw new NotTestable("the server does not offer watching");
          }
          lab.fresh().get("watch").refused(409, "scope_uninitialized");
        });
  }

  /** Listed, so that nobody takes their absence for a pass. */
  private void notTestable() {
    Map<String, String> untried =
        new java.util.TreeMap<>(
            Map.of(
                "2.5.n", "sessions and leases expire: waiting for that takes a quarter of an hour",
                "2.6.l", "409 source_sequence_changed needs two commits at the same moment",
                "3.5.b", "cascades and defaults need to know the server's tables",
                "3.6.a", "retention takes ten thousand bundles",
                "1.1.a", "503 service_unavailable needs a server that shuts down"));
    untried.forEach(
        (number, why) ->
            rule(
                number,
                why.replaceAll(":? (needs?|takes?|waiting).*", ""),
                lab -> {
                  throw new NotTestable(why);
                }));
  }
}
