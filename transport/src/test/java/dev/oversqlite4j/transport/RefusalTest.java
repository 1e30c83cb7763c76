package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.HttpFailureException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SnapshotSessionLimitExceededException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import mockwebserver3.MockResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each error code means, by status and endpoint (appendix A). */
class RefusalTest {
  private static final String CONFLICT =
      """
      {"error":"push_conflict","message":"m","conflict":{"schema":"shop","table":"gadgets",
       "key":{"id":"7c9a"},"op":"UPDATE","base_row_version":4,"server_row_version":9,
       "server_row_deleted":false,"server_row":{"id":"7c9a","qty":"5"}}}
      """;

  private final Wire wire = new Wire();

  @AfterEach
  void close() {
    wire.close();
  }

  private <T extends Throwable> T refused(Class<T> type, String call, int status, String body) {
    wire.answer(status, body);
    return assertThrows(type, () -> Wire.call(call).run().accept(wire.server));
  }

  private Refusal refusal(String call, int status, String body) {
    return refused(RefusedException.class, call, status, body).refusal();
  }

  @ParameterizedTest
  @CsvSource({
    "create: staging,400,push_session_invalid,PushSessionInvalid[]",
    "create: staging,409,initialization_stale,LeaseInvalid[code=INITIALIZATION_STALE]",
    "create: staging,410,initialization_expired,LeaseInvalid[code=INITIALIZATION_EXPIRED]",
    "create: staging,409,scope_uninitialized,ScopeUninitialized[]",
    "create: staging,409,scope_initializing,ScopeInitializing[]",
    "create: staging,409,history_pruned,HistoryPruned[]",
    "create: staging,409,source_sequence_out_of_order,SourceSequenceOutOfOrder[]",
    "chunk,404,push_session_not_found,PushSessionGone[]",
    "chunk,410,push_session_expired,PushSessionGone[]",
    "chunk,409,push_chunk_out_of_order,PushSessionGone[]",
    "chunk,409,initialization_stale,LeaseInvalid[code=INITIALIZATION_STALE]",
    "chunk,410,initialization_expired,LeaseInvalid[code=INITIALIZATION_EXPIRED]",
    "commit,404,push_session_not_found,PushSessionGone[]",
    "commit,410,push_session_expired,PushSessionGone[]",
    "commit,409,initialization_stale,LeaseInvalid[code=INITIALIZATION_STALE]",
    "commit,410,initialization_expired,LeaseInvalid[code=INITIALIZATION_EXPIRED]",
    "commit,409,source_sequence_changed,SourceSequenceChanged[]",
    "commit,500,push_session_commit_failed,CommitFailed[status=500]",
    "commit,503,service_unavailable,CommitFailed[status=503]",
    "committed rows,409,history_pruned,HistoryPruned[]",
    "pull,409,history_pruned,HistoryPruned[]",
    "pull,409,checkpoint_ahead,CheckpointAhead[]",
    "pull,409,scope_uninitialized,ScopeUninitialized[]",
    "pull,409,scope_initializing,ScopeInitializing[]",
    "create snapshot,409,source_replacement_invalid,SourceReplacementInvalid[]",
    "create snapshot,409,scope_uninitialized,ScopeUninitialized[]",
    "create snapshot,409,scope_initializing,ScopeInitializing[]",
    "create snapshot,409,history_pruned,HistoryPruned[]",
    "create snapshot,409,source_sequence_out_of_order,SourceSequenceOutOfOrder[]",
    "create snapshot,409,source_sequence_changed,SourceSequenceChanged[]",
    "snapshot page,404,snapshot_session_not_found,SnapshotSessionGone[]",
    "snapshot page,410,snapshot_session_expired,SnapshotSessionGone[]",
  })
  void codes(String call, int status, String code, String refusal) {
    assertEquals(refusal, refusal(call, status, Wire.error(code)).toString());
    assertEquals(1, wire.requests());
  }

  @ParameterizedTest
  @CsvSource({
    "create: staging,400,history_pruned",
    "create: staging,409,push_session_invalid",
    "create: staging,500,push_session_create_failed",
    "create: staging,409,checkpoint_ahead",
    "chunk,400,push_chunk_invalid",
    "chunk,403,push_session_forbidden",
    "chunk,404,snapshot_session_not_found",
    "chunk,500,push_chunk_failed",
    "commit,400,push_commit_invalid",
    "commit,403,push_session_forbidden",
    "connect,400,connect_invalid",
    "connect,500,connect_failed",
    "connect,404,x",
    "pull,400,invalid_request",
    "pull,401,authentication_failed",
    "capabilities,403,x",
    "committed rows,404,x",
    "committed rows,400,committed_bundle_chunk_invalid",
    "create snapshot,400,snapshot_session_invalid",
    "create snapshot,500,snapshot_session_create_failed",
    "snapshot page,403,snapshot_session_forbidden",
    "snapshot page,400,snapshot_chunk_invalid",
    "capabilities,201,x",
    "capabilities,307,x",
  })
  void whatMeansNothingHereIsTheStatusAndNotTriedAgain(String call, int status, String code) {
    HttpFailureException e = refused(HttpFailureException.class, call, status, Wire.error(code));
    assertEquals(status, e.status());
    assertEquals(Wire.call(call).op(), e.op());
    boolean auth = status == 401 || status == 403;
    assertEquals(auth ? ErrorCategory.AUTH : ErrorCategory.NETWORK, e.category());
    assertEquals(1, wire.requests());
    assertTrue(wire.sleeps.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "404 page not found\n", "{", "[]", "{\"error\":5}", "{\"a\":1,\"a\":1}"})
  void bodiesOfProxies(String body) {
    assertEquals(404, refused(HttpFailureException.class, "pull", 404, body).status());
    assertEquals(new Refusal.CommitFailed(500), refusal("commit", 500, body));
  }

  @Test
  void bodiesOfProxiesThatAreTooLong() {
    String body = Wire.error("history_pruned") + " ".repeat(64 * 1024);
    assertEquals(409, refused(HttpFailureException.class, "pull", 409, body).status());
  }

  @Test
  void pushConflict() {
    Refusal.PushConflict conflict =
        assertInstanceOf(Refusal.PushConflict.class, refusal("commit", 409, CONFLICT));
    assertEquals("shop", conflict.schema());
    assertEquals("gadgets", conflict.table());
    assertEquals("{\"id\":\"7c9a\"}", conflict.key().toString());
    assertEquals(RowOperation.UPDATE, conflict.op());
    assertEquals(4, conflict.baseRowVersion());
    assertEquals(9, conflict.serverRowVersion());
    assertFalse(conflict.serverRowDeleted());
    assertEquals("5", conflict.serverRow().orElseThrow().get("qty").textValue());
    Refusal.PushConflict deleted =
        assertInstanceOf(
            Refusal.PushConflict.class,
            refusal(
                "commit",
                409,
                CONFLICT
                    .replace("{\"id\":\"7c9a\",\"qty\":\"5\"}", "null")
                    .replace("false", "true")));
    assertEquals(Optional.empty(), deleted.serverRow());
    assertTrue(deleted.serverRowDeleted());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"shop\" | \" \"",
        "\"gadgets\" | \"\"",
        "\"UPDATE\" | \"UPSERT\"",
        "version\":4 | version\":-1",
        "version\":9 | version\":-1",
        "{\"id\":\"7c9a\"} | {}",
        "{\"id\":\"7c9a\"} | {\"_sync_scope_id\":\"7c9a\"}",
        "{\"id\":\"7c9a\",\"qty\" | {\"_sync_scope_id\":\"7c9a\",\"qty\"",
      })
  void conflictsThatBreakARule(String good, String bad) {
    refused(RemoteResponseSemanticException.class, "commit", 409, CONFLICT.replace(good, bad));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "schema",
        "table",
        "key",
        "op",
        "base_row_version",
        "server_row_version",
        "server_row_deleted",
        "server_row",
        "conflict"
      })
  void conflictsWithoutAMember(String member) {
    refused(
        RemoteResponseDecodeException.class,
        "commit",
        409,
        CONFLICT.replace('"' + member + '"', "\"x\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"create: staging", "commit", "create snapshot"})
  void sourceRetired(String call) {
    String retired = "{\"error\":\"source_retired\",\"message\":\"m\",\"source_id\":\"tablet-1\"}";
    assertEquals(new Refusal.SourceRetired(Optional.empty()), refusal(call, 409, retired));
    String replaced = retired.replace("}", ",\"replaced_by_source_id\":\"tablet-9\"}");
    assertEquals(new Refusal.SourceRetired(Optional.of("tablet-9")), refusal(call, 409, replaced));
    for (String malformed :
        List.of(
            retired.replace("tablet-1", "tablet-2"),
            retired.replace("\"message\":\"m\",", ""),
            retired.replace(",\"source_id\":\"tablet-1\"", ""),
            replaced.replace("\"tablet-9\"", "null"),
            replaced.replace("tablet-9", ""),
            replaced.replace("tablet-9", "a b"))) {
      OversqliteException e = refused(OversqliteException.class, call, 409, malformed);
      assertEquals(ErrorCategory.PROTOCOL, e.category());
    }
  }

  @Test
  void snapshotChunkTooSmall() {
    String body = "{\"error\":\"snapshot_chunk_too_small\",\"required_byte_count\":2001}";
    assertEquals(new Refusal.SnapshotChunkTooSmall(2001), refusal("snapshot page", 400, body));
    refused(
        RemoteResponseSemanticException.class, "snapshot page", 400, body.replace("2001", "2000"));
    refused(
        RemoteResponseDecodeException.class, "snapshot page", 400, body.replace("2001", "\"1\""));
  }

  @Test
  void snapshotSessionLimitExceeded() {
    String body =
        "{\"error\":\"snapshot_session_limit_exceeded\",\"dimension\":\"row_count\","
            + "\"actual\":11,\"limit\":10}";
    SnapshotSessionLimitExceededException e =
        refused(SnapshotSessionLimitExceededException.class, "create snapshot", 409, body);
    assertEquals(11, e.actual());
    for (String malformed :
        List.of(body.replace("11", "10"), body.replace("10", "0"), body.replace("row_c", "c"))) {
      refused(RemoteResponseSemanticException.class, "create snapshot", 409, malformed);
    }
  }

  @Test
  void aRefusedSnapshotWithAnIdIsDeleted() {
    wire.answer(409, "{\"error\":\"x\",\"snapshot_id\":\"snap-1\"}").answer(204, "");
    assertThrows(
        HttpFailureException.class,
        () -> wire.server.createSnapshot(Wire.SOURCE, Optional.empty()));
    wire.taken();
    assertEquals("/api/sync/snapshot-sessions/snap-1", wire.taken().getTarget());
  }

  /** Property 64: no text of the server, key, payload, id or token in anything that is logged. */
  @Test
  void nothingOfTheServerIsInMessagesOrTraces() {
    List<String> bodies =
        List.of(
            "{\"error\":\"x\",\"message\":\"topsecret\"}",
            "{\"topsecret\":1,\"topsecret\":1}",
            "{\"status\":\"topsecret\"}",
            "{\"a\":topsecret}",
            CONFLICT.replace("7c9a", "topsecret").replace("UPDATE", "topsecret"));
    for (String body : bodies) {
      for (Wire.Call call : Wire.CALLS) {
        for (int status : List.of(200, 400, 409)) {
          wire.always(status, body);
          Throwable thrown =
              assertThrows(RuntimeException.class, () -> call.run().accept(wire.server));
          assertSilent(thrown);
        }
      }
    }
  }

  @Test
  void nothingOfABrokenHttpHeadIsInTraces() {
    for (Wire.Call call : Wire.CALLS) {
      try (Wire broken = new Wire()) {
        for (int i = 0; i < 3; i++) {
          broken.answer(new MockResponse.Builder().status("topsecret"));
        }
        assertSilent(
            assertThrows(
                TransientRetryExhaustedException.class, () -> call.run().accept(broken.server)));
      }
    }
  }

  private static void assertSilent(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    assertFalse(text.toString().contains("topsecret"), text.toString());
    assertFalse(text.toString().contains(Wire.SOURCE), text.toString());
    assertFalse(text.toString().contains(Wire.PUSH_ID), text.toString());
  }
}
