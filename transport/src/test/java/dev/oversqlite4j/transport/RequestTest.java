package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.InvalidSourceIdException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.SyncServer.SourceReplacement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes out on the wire, byte for byte. */
class RequestTest {
  private final Wire wire = new Wire();

  @AfterEach
  void close() {
    wire.close();
  }

  private void assertSent(String line, String body) {
    RecordedRequest sent = wire.taken();
    assertEquals(line, sent.getMethod() + " " + sent.getTarget());
    assertEquals(body, sent.getBody() == null ? "" : sent.getBody().utf8());
    assertEquals(List.of("tablet-1"), sent.getHeaders().values("Oversync-Source-ID"));
    String type = sent.getHeaders().get("Content-Type");
    assertEquals(body.isEmpty() ? null : "application/json", type);
  }

  @Test
  void capabilities() {
    Capabilities answer = wire.answer(Wire.CAPABILITIES_ANSWER).server.capabilities(Wire.SOURCE);
    assertSent("GET /api/sync/capabilities", "");
    assertEquals(
        new Capabilities(
            Set.of(new Capabilities.RegisteredTable("shop", "gadgets", "id")),
            Set.of("connect_lifecycle"),
            new Capabilities.SnapshotLimits(50, 2000)),
        answer);
  }

  @Test
  void connect() {
    wire.answer("{\"resolution\":\"remote_authoritative\"}")
        .answer(
            "{\"resolution\":\"retry_later\",\"retry_after_seconds\":7,\"initialization_id\":\"\"}")
        .answer("{\"resolution\":\"initialize_empty\"}")
        .answer(Wire.CONNECT_ANSWER);
    assertEquals(
        new SyncServer.ConnectAnswer.RemoteAuthoritative(),
        wire.server.connect(Wire.SOURCE, SyncServer.LocalPending.SOME));
    assertSent("POST /api/sync/connect", "{\"has_local_pending_rows\":true}");
    assertEquals(
        new SyncServer.ConnectAnswer.RetryLater(7),
        wire.server.connect(Wire.SOURCE, SyncServer.LocalPending.NONE));
    assertSent("POST /api/sync/connect", "{\"has_local_pending_rows\":false}");
    assertEquals(
        new SyncServer.ConnectAnswer.InitializeEmpty(),
        wire.server.connect(Wire.SOURCE, SyncServer.LocalPending.NONE));
    assertEquals(
        new SyncServer.ConnectAnswer.InitializeLocal(Wire.LEASE),
        wire.server.connect(Wire.SOURCE, SyncServer.LocalPending.SOME));
    assertTrue(wire.sleeps.isEmpty(), "retry_later is the caller's to wait for");
  }

  @Test
  void createPush() {
    wire.answer(Wire.STAGING_ANSWER).answer(Wire.ALREADY_COMMITTED_ANSWER);
    assertEquals(
        new SyncServer.PushAnswer.Staging(Wire.PUSH_ID),
        wire.server.createPush(Wire.BUNDLE, Optional.empty()));
    assertSent(
        "POST /api/sync/push-sessions",
        "{\"source_bundle_id\":4,\"planned_row_count\":2,\"canonical_request_hash\":\""
            + Wire.HASH
            + "\"}");
    assertEquals(
        new SyncServer.PushAnswer.AlreadyCommitted(
            Wire.COMMITTED, SyncServer.PushAnswer.Content.CONFIRMED),
        wire.server.createPush(Wire.BUNDLE, Optional.of(Wire.LEASE)));
    assertSent(
        "POST /api/sync/push-sessions",
        "{\"source_bundle_id\":4,\"planned_row_count\":2,\"canonical_request_hash\":\""
            + Wire.HASH
            + "\",\"initialization_id\":\""
            + Wire.LEASE
            + "\"}");
  }

  @Test
  void uploadChunkSendsFrozenTextsAsTheyAreAndNoPayloadForDelete() {
    wire.answer(Wire.CHUNK_ANSWER)
        .server
        .uploadChunk(Wire.SOURCE, Wire.PUSH_ID, List.of(Wire.INSERT, Wire.DELETE));
    assertSent(
        "POST /api/sync/push-sessions/" + Wire.PUSH_ID + "/chunks",
        "{\"start_row_ordinal\":3,\"rows\":["
            + "{\"schema\":\"shop\",\"table\":\"gadgets\",\"key\":{\"id\":\"7c9a\"},"
            + "\"op\":\"INSERT\",\"base_row_version\":0,"
            + "\"payload\":{\"id\":\"7c9a\",\"title\":\"Tape & Reel\",\"qty\":\"3\"}},"
            + "{\"schema\":\"shop\",\"table\":\"gadgets\",\"key\":{\"id\":\"0b5e\"},"
            + "\"op\":\"DELETE\",\"base_row_version\":7}]}");
  }

  @Test
  void commitPush() {
    assertEquals(
        Wire.COMMITTED,
        wire.answer(Wire.COMMIT_ANSWER).server.commitPush(Wire.BUNDLE, Wire.PUSH_ID));
    assertSent("POST /api/sync/push-sessions/" + Wire.PUSH_ID + "/commit", "");
  }

  @Test
  void deletesAreBestEffort() {
    wire.answer(new MockResponse.Builder().code(204)).answer(500, "").answer(404, "gone");
    wire.server.deletePush(Wire.SOURCE, Wire.PUSH_ID);
    assertSent("DELETE /api/sync/push-sessions/" + Wire.PUSH_ID, "");
    wire.server.deleteSnapshot(Wire.SOURCE, "a/b ü.~_-");
    assertSent("DELETE /api/sync/snapshot-sessions/a%2Fb%20%C3%BC%2E~_-", "");
    wire.server.deleteSnapshot(Wire.SOURCE, "snap-1");
    wire.http.close();
    wire.server.deletePush(Wire.SOURCE, Wire.PUSH_ID);
    wire.server.close();
    wire.server.deletePush(Wire.SOURCE, Wire.PUSH_ID);
    assertTrue(wire.sleeps.isEmpty());
  }

  @Test
  void committedRowsPageByPage() {
    wire.answer(Wire.committedPage(Wire.ROW_0, 0, "true"))
        .answer(Wire.committedPage(Wire.ROW_1, 1, "false"));
    assertEquals(2, Wire.committedRows(wire.server, Wire.BUNDLE, Wire.COMMITTED).size());
    // The first page has no cursor: 0 would skip the first row (trap 6).
    assertSent("GET /api/sync/committed-bundles/12/rows?max_rows=1000", "");
    assertSent("GET /api/sync/committed-bundles/12/rows?after_row_ordinal=0&max_rows=1000", "");
  }

  @Test
  void pull() {
    wire.answer(Wire.PULL_ANSWER)
        .answer("{\"stable_bundle_seq\":12,\"has_more\":false,\"bundles\":[]}");
    List<String> taken = new ArrayList<>();
    SyncServer.PullPage page =
        wire.server.pull(
            Wire.SOURCE,
            11,
            OptionalLong.empty(),
            (bundleSeq, rows, part) -> taken.add(bundleSeq + " " + rows.size() + " " + part));
    assertEquals(new SyncServer.PullPage(12, 12, false), page);
    assertEquals(List.of("12 2 LAST"), taken);
    assertSent("GET /api/sync/pull?after_bundle_seq=11&max_bundles=1000", "");
    wire.server.pull(Wire.SOURCE, 12, OptionalLong.of(12), Wire.IGNORED);
    assertSent("GET /api/sync/pull?after_bundle_seq=12&max_bundles=1000&target_bundle_seq=12", "");
  }

  @Test
  void createSnapshot() {
    wire.answer(Wire.SNAPSHOT_ANSWER).answer(Wire.SNAPSHOT_ANSWER);
    assertEquals(Wire.SNAPSHOT, wire.server.createSnapshot(Wire.SOURCE, Optional.empty()));
    assertSent("POST /api/sync/snapshot-sessions", "");
    wire.server.createSnapshot(
        Wire.SOURCE,
        Optional.of(
            new SourceReplacement(
                Wire.SOURCE, "tablet-1b", SourceRecoveryReason.SOURCE_SEQUENCE_OUT_OF_ORDER)));
    assertSent(
        "POST /api/sync/snapshot-sessions",
        "{\"source_replacement\":{\"previous_source_id\":\"tablet-1\","
            + "\"new_source_id\":\"tablet-1b\",\"reason\":\"source_sequence_out_of_order\"}}");
  }

  @Test
  void snapshotPage() {
    SyncServer.SnapshotPage page =
        wire.answer(Wire.SNAPSHOT_PAGE_ANSWER)
            .server
            .snapshotPage(Wire.SOURCE, Wire.SNAPSHOT, Wire.CAPABILITIES, 0);
    assertSent(
        "GET /api/sync/snapshot-sessions/snap-1?after_row_ordinal=0&max_rows=10&max_bytes=2000",
        "");
    assertEquals(1, page.nextOrdinal());
    assertEquals(Wire.SNAPSHOT_ROW_BYTES, page.byteCount());
    assertFalse(page.hasMore());
    assertEquals("<", page.rows().get(0).payload().orElseThrow().get("title").textValue());
  }

  @ParameterizedTest
  @CsvSource({
    "'',/sync/connect",
    "/,/sync/connect",
    "/a/b,/a/b/sync/connect",
    "/a/b/,/a/b/sync/connect"
  })
  void baseUrlWithOrWithoutPathAndSlash(String path, String target) {
    String root = wire.http.url("/").toString();
    HttpSyncServer server =
        HttpSyncServer.at(root.substring(0, root.length() - 1) + path, new OkHttpClient());
    server.configure(SyncSchema.of("shop").build(), SyncOptions.defaults());
    wire.answer(Wire.CONNECT_ANSWER);
    server.connect(Wire.SOURCE, SyncServer.LocalPending.SOME);
    assertEquals(target, wire.taken().getTarget());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "sync.example.com", "ftp://x/", "http://", "http://x/?a=b", "http://x/#f"})
  void baseUrlThatCannotWork(String url) {
    OkHttpClient client = new OkHttpClient();
    InvalidConfigurationException e =
        assertThrows(InvalidConfigurationException.class, () -> HttpSyncServer.at(url, client));
    assertEquals("baseUrl", e.rule());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "tablet-ü", "a\nb", "a\u007f"})
  void sourceIdThatCannotBeAHeader(String sourceId) {
    assertThrows(InvalidSourceIdException.class, () -> wire.server.capabilities(sourceId));
    assertEquals(0, wire.requests());
  }

  @Test
  void noHeaderOfItsOwnBeyondTheSource() {
    wire.answer(Wire.CAPABILITIES_ANSWER).server.capabilities(Wire.SOURCE);
    assertNull(wire.taken().getHeaders().get("Authorization"));
  }
}
