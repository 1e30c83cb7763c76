package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MiddlewareTest {
  private final Rig rig = new Rig();
  private final Client client = rig.client("ann", "tablet-1");

  private WireResponse raw(String method, String target, Map<String, String> headers) {
    return rig.server.handle(
        WireRequest.of(method, target, headers, "{}".getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer", "Bearer  ", "Basic abc"})
  void withoutATokenPlain401ComesFirst(String authorization) {
    WireResponse response = raw("PATCH", "/sync/connect", Map.of("Authorization", authorization));
    assertEquals(401, response.status());
    assertTrue(response.headers().get("Content-Type").startsWith("text/plain"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   ", "two words", "umläut"})
  void aSourceIdOutsideVisibleAsciiIsRefused(String source) {
    new Answer(
            raw(
                "POST",
                "/sync/connect",
                Map.of("Authorization", "Bearer ann", "Oversync-Source-ID", source)))
        .refused("400 invalid_request");
  }

  @Test
  void sourceIdsAreTrimmed() {
    raw(
        "POST",
        "/sync/connect",
        Map.of("authorization", "bearer ann", "OVERSYNC-SOURCE-ID", " tablet-1 "));
    Answer answer = client.connect("true").ok();
    assertEquals("remote_authoritative", answer.text("resolution"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/sync", "/sync/", "/sync/nope", "/sync/push-sessions/a/b/c", "/sync/%zz"})
  void unknownPathsArePlain404(String path) {
    assertEquals(404, raw("GET", path, Map.of()).status());
  }

  @ParameterizedTest
  @CsvSource({
    "POST,capabilities",
    "GET,connect",
    "GET,push-sessions",
    "GET,push-sessions/x",
    "GET,push-sessions/x/chunks",
    "GET,push-sessions/x/commit",
    "POST,committed-bundles/1/rows",
    "POST,pull",
    "POST,watch",
    "GET,snapshot-sessions",
    "POST,snapshot-sessions/x"
  })
  void wrongMethods(String method, String target) {
    client.send(method, target, "").refused("405 method_not_allowed");
  }

  @ParameterizedTest
  @CsvSource({
    "POST,connect,connect_failed",
    "POST,push-sessions,push_session_create_failed",
    "POST,push-sessions/x/chunks,push_chunk_failed",
    "POST,push-sessions/x/commit,push_session_commit_failed",
    "DELETE,push-sessions/x,push_session_delete_failed",
    "GET,committed-bundles/1/rows,committed_bundle_rows_failed",
    "GET,pull,pull_failed",
    "POST,snapshot-sessions,snapshot_session_create_failed",
    "GET,snapshot-sessions/x,snapshot_chunk_failed",
    "DELETE,snapshot-sessions/x,snapshot_session_delete_failed"
  })
  void drainingIs503AndClosedIsTheGeneric500(String method, String target, String code) {
    rig.server.setLifecycle(State.Lifecycle.DRAINING);
    client.send(method, target, "{}").refused("503 service_unavailable");
    rig.server.setLifecycle(State.Lifecycle.CLOSED);
    client.send(method, target, "{}").refused("500 " + code);
    client.get("capabilities").ok();
  }

  @ParameterizedTest
  @CsvSource({
    "POST,connect",
    "POST,push-sessions",
    "POST,push-sessions/x/chunks",
  })
  void unparsableBodiesComeBeforeEverythingElse(String method, String target) {
    rig.server.setLifecycle(State.Lifecycle.CLOSED);
    for (String body : List.of("", "{", "[]", "\"x\"")) {
      client.send(method, target, body).refused("400 invalid_request");
    }
  }

  @Test
  void capabilitiesCarryWhatJulyRequires() {
    JsonNode json = client.get("capabilities").ok().json();
    assertEquals("v1", json.path("protocol_version").asText());
    assertTrue(json.at("/features/connect_lifecycle").asBoolean());
    assertFalse(json.at("/features/bundle_change_watch").asBoolean());
    assertEquals("gadgets", json.at("/registered_table_specs/0/table").asText());
    assertEquals("makers", json.at("/registered_table_specs/1/table").asText());
    assertEquals("code", json.at("/registered_table_specs/1/sync_key_columns/0").asText());
    JsonNode limits = json.path("bundle_limits");
    for (String name :
        List.of(
            "default_bytes_per_snapshot_chunk",
            "max_bytes_per_snapshot_chunk",
            "max_bytes_per_snapshot_row",
            "max_concurrent_snapshot_builds",
            "max_concurrent_snapshot_chunk_requests",
            "max_rows_per_push_chunk")) {
      assertTrue(limits.path(name).asLong() > 0, name);
    }
    assertTrue(limits.path("max_rows_per_snapshot_session").isMissingNode());
  }

  @Test
  void watchIsOffAndChecksItsQueryFirst() {
    client.get("watch?after_bundle_seq=x").refused("400 invalid_request");
    client.get("watch?after_bundle_seq=-1").refused("400 invalid_request");
    client.get("watch").refused("503 bundle_change_watch_disabled");
  }

  @Test
  void requestFieldsAreReadLeniently() {
    ObjectNode ignored = Json.object().put("Has_Local_Pending_ROWS", true).put("extra", 1);
    Answer answer = client.post("connect", ignored + " trailing").ok();
    assertEquals("initialize_local", answer.text("resolution"));
    client.post("connect", "{\"has_local_pending_rows\":\"true\"}").refused("400 invalid_request");
  }
}
