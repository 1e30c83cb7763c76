package dev.oversqlite4j.transport;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ServerSocketFactory;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.OkHttpClient;
import okio.Buffer;

/** A real HTTP server with scripted answers, the adapter in front of it, and valid examples. */
final class Wire implements AutoCloseable {
  static final String SOURCE = "tablet-1";
  static final String HASH = "86ee7a77790094864d3165c7cf2df5ebc740bac050133a5c68c8421b69aabd7d";
  static final String BUNDLE_HASH =
      "b914c49be3d9d67c0b39347bc52504a49e5cf81b1ff20926c012fd8e84421565";
  static final String PUSH_ID = "e3a1b7d2-0c44-4f5a-8e19-6b2d9c7f5a01";
  static final String LEASE = "5d0c7c0e-6f0b-4a67-9b7e-0d4f8a1c2b33";

  static final OutboxState.Bundle BUNDLE =
      new OutboxState.Bundle(SOURCE, 4, Optional.empty(), HASH, 2);
  static final SyncServer.CommittedBundle COMMITTED =
      new SyncServer.CommittedBundle(12, BUNDLE_HASH);
  static final Capabilities CAPABILITIES =
      new Capabilities(Set.of(), Set.of(), new Capabilities.SnapshotLimits(10, 2000));

  static final FrozenRow INSERT =
      new FrozenRow(
          3,
          new RowKey("gadgets", "{\"id\":\"7c9a\"}"),
          "{\"id\":\"7c9a\"}",
          RowOperation.INSERT,
          0,
          Optional.of("{}"),
          Optional.of("{\"id\":\"7c9a\",\"title\":\"Tape & Reel\",\"qty\":\"3\"}"));
  static final FrozenRow DELETE =
      new FrozenRow(
          4,
          new RowKey("gadgets", "{\"id\":\"0b5e\"}"),
          "{\"id\":\"0b5e\"}",
          RowOperation.DELETE,
          7,
          Optional.empty(),
          Optional.empty());

  static final String SNAPSHOT_ROW =
      "{\"schema\":\"shop\",\"table\":\"gadgets\",\"key\":{\"id\":\"é\"},\"row_version\":12,"
          + "\"payload\":{\"id\":\"é\",\"unit\":\"€😀\",\"title\":\"\\u003c\"}}";
  static final long SNAPSHOT_ROW_BYTES = SNAPSHOT_ROW.getBytes(StandardCharsets.UTF_8).length;
  static final SyncServer.SnapshotSession SNAPSHOT =
      new SyncServer.SnapshotSession("snap-1", 12, 1, SNAPSHOT_ROW_BYTES);

  static final String CAPABILITIES_ANSWER =
      """
      {"protocol_version":"v1","schema_version":1,
       "registered_table_specs":[{"schema":"shop","table":"gadgets","sync_key_columns":["id"]}],
       "features":{"connect_lifecycle":true,"bundle_change_watch":false},
       "bundle_limits":{"default_rows_per_snapshot_chunk":10,"max_rows_per_snapshot_chunk":50,
         "default_bytes_per_snapshot_chunk":1000,"max_bytes_per_snapshot_chunk":2000,
         "max_bytes_per_snapshot_row":500,"max_concurrent_snapshot_builds":1,
         "max_concurrent_snapshot_chunk_requests":1}}
      """;
  static final String CONNECT_ANSWER =
      "{\"resolution\":\"initialize_local\",\"initialization_id\":\"" + LEASE + "\"}";
  static final String STAGING_ANSWER =
      "{\"push_id\":\""
          + PUSH_ID
          + "\",\"status\":\"staging\",\"planned_row_count\":2,\"canonical_request_hash\":\""
          + HASH
          + "\"}";
  static final String COMMIT_ANSWER =
      "{\"bundle_seq\":12,\"source_id\":\"tablet-1\",\"source_bundle_id\":4,\"row_count\":2,"
          + "\"bundle_hash\":\""
          + BUNDLE_HASH
          + "\",\"canonical_request_hash\":\""
          + HASH
          + "\"}";
  static final String ALREADY_COMMITTED_ANSWER =
      COMMIT_ANSWER.replaceFirst("\\{", "{\"status\":\"already_committed\",");
  static final String CHUNK_ANSWER =
      "{\"push_id\":\"" + PUSH_ID + "\",\"next_expected_row_ordinal\":5}";
  static final String ROW_0 =
      "{\"schema\":\"shop\",\"table\":\"gadgets\",\"key\":{\"id\":\"7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44\"},"
          + "\"op\":\"INSERT\",\"row_version\":12,\"payload\":{\"active\":true,\"blob\":\"AP8Q\","
          + "\"id\":\"7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44\",\"made_at\":\"2026-05-02T08:15:30+00:00\","
          + "\"memo\":null,\"qty\":\"3\",\"ratio\":\"0.25\",\"title\":\"Tape \\u0026 Reel\"}}";
  static final String ROW_1 =
      "{\"schema\":\"shop\",\"table\":\"gadgets\",\"key\":{\"id\":\"0b5e6a2d-9f31-4c77-a1c8-6e2d4f7a9b10\"},"
          + "\"op\":\"DELETE\",\"row_version\":12}";
  static final String COMMITTED_ANSWER = committedPage(ROW_0 + "," + ROW_1, 1, "false");
  static final String PULL_ANSWER =
      "{\"stable_bundle_seq\":12,\"has_more\":false,\"bundles\":[{\"bundle_seq\":12,"
          + "\"source_id\":\"tablet-2\",\"source_bundle_id\":1,\"rows\":["
          + ROW_0
          + ","
          + ROW_1
          + "]}]}";
  static final String SNAPSHOT_ANSWER =
      "{\"snapshot_id\":\"snap-1\",\"snapshot_bundle_seq\":12,\"row_count\":1,\"byte_count\":"
          + SNAPSHOT_ROW_BYTES
          + ",\"expires_at\":\"2026-05-02T08:30:00.125Z\"}";
  static final String SNAPSHOT_PAGE_ANSWER =
      "{\"snapshot_id\":\"snap-1\",\"snapshot_bundle_seq\":12,\"rows\":["
          + SNAPSHOT_ROW
          + "],\"next_row_ordinal\":1,\"has_more\":false,\"byte_count\":"
          + SNAPSHOT_ROW_BYTES
          + "}";

  /** A call of the port with an answer that it accepts. */
  record Call(String name, SyncOperation op, String answer, Consumer<SyncServer> run) {
    @Override
    public String toString() {
      return name;
    }
  }

  static final SyncServer.BundleSink IGNORED = (bundleSeq, rows, part) -> {};

  static final List<Call> CALLS =
      List.of(
          new Call(
              "capabilities",
              SyncOperation.FETCH_CAPABILITIES,
              CAPABILITIES_ANSWER,
              s -> s.capabilities(SOURCE)),
          new Call(
              "connect",
              SyncOperation.CONNECT,
              CONNECT_ANSWER,
              s -> s.connect(SOURCE, SyncServer.LocalPending.SOME)),
          new Call(
              "create: staging",
              SyncOperation.CREATE_PUSH_SESSION,
              STAGING_ANSWER,
              s -> s.createPush(BUNDLE, Optional.empty())),
          new Call(
              "create: already committed",
              SyncOperation.CREATE_PUSH_SESSION,
              ALREADY_COMMITTED_ANSWER,
              s -> s.createPush(BUNDLE, Optional.empty())),
          new Call(
              "chunk",
              SyncOperation.UPLOAD_PUSH_CHUNK,
              CHUNK_ANSWER,
              s -> s.uploadChunk(SOURCE, PUSH_ID, List.of(INSERT, DELETE))),
          new Call(
              "commit",
              SyncOperation.COMMIT_PUSH_SESSION,
              COMMIT_ANSWER,
              s -> s.commitPush(BUNDLE, PUSH_ID)),
          new Call(
              "committed rows",
              SyncOperation.FETCH_COMMITTED_BUNDLE,
              COMMITTED_ANSWER,
              s -> committedRows(s, BUNDLE, COMMITTED)),
          new Call(
              "pull",
              SyncOperation.PULL_BUNDLES,
              PULL_ANSWER,
              s -> s.pull(SOURCE, 11, OptionalLong.empty(), IGNORED)),
          new Call(
              "create snapshot",
              SyncOperation.CREATE_SNAPSHOT_SESSION,
              SNAPSHOT_ANSWER,
              s -> s.createSnapshot(SOURCE, Optional.empty())),
          new Call(
              "snapshot page",
              SyncOperation.FETCH_SNAPSHOT_CHUNK,
              SNAPSHOT_PAGE_ANSWER,
              s -> s.snapshotPage(SOURCE, SNAPSHOT, CAPABILITIES, 0)));

  static Call call(String name) {
    return CALLS.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  static String committedPage(String rows, long next, String hasMore) {
    return COMMIT_ANSWER.replaceFirst("}$", "")
        + ",\"rows\":["
        + rows
        + "],\"next_row_ordinal\":"
        + next
        + ",\"has_more\":"
        + hasMore
        + "}";
  }

  static String error(String code) {
    return "{\"error\":\"" + code + "\",\"message\":\"secret words of the server\"}";
  }

  final MockWebServer http = new MockWebServer();
  final List<Duration> sleeps = Collections.synchronizedList(new ArrayList<>());
  final HttpSyncServer server;

  Wire() {
    this(UnaryOperator.identity());
  }

  Wire(UnaryOperator<OkHttpClient.Builder> app) {
    this(app, UnaryOperator.identity());
  }

  Wire(UnaryOperator<OkHttpClient.Builder> app, UnaryOperator<SyncOptions.Builder> options) {
    try {
      http.setServerSocketFactory(new PromptSockets());
      http.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server =
        HttpSyncServer.at(
            http.url("/api").toString(), app.apply(new OkHttpClient.Builder()).build());
    server.configure(
        SyncSchema.of("Shop").table("Gadgets", "id").build(),
        options
            .apply(SyncOptions.builder().sleeper(sleeps::add).idSource(new HalfJitter()))
            .build());
  }

  private static final class HalfJitter implements IdSource {
    @Override
    public String newUuid() {
      throw new AssertionError("the transport makes no ids");
    }

    @Override
    public double jitter() {
      return 0.5;
    }
  }

  /** Head and body are two writes of the server; without this, each answer waits for an ACK. */
  private static final class PromptSockets extends ServerSocketFactory {
    @Override
    public ServerSocket createServerSocket() throws IOException {
      return new ServerSocket() {
        @Override
        public Socket accept() throws IOException {
          Socket socket = super.accept();
          socket.setTcpNoDelay(true);
          return socket;
        }
      };
    }

    @Override
    public ServerSocket createServerSocket(int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address) {
      throw new UnsupportedOperationException();
    }
  }

  Wire answer(int status, String body) {
    http.enqueue(new MockResponse.Builder().code(status).body(body).build());
    return this;
  }

  Wire answer(String body) {
    return answer(200, body);
  }

  Wire answer(byte[] body) {
    http.enqueue(new MockResponse.Builder().body(new Buffer().write(body)).build());
    return this;
  }

  /** The same answer to everything but deletes; nothing queued is used any more. */
  void always(byte[] body) {
    always(200, body);
  }

  void always(int status, String body) {
    always(status, body.getBytes(StandardCharsets.UTF_8));
  }

  private void always(int status, byte[] body) {
    http.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            return request.getMethod().equals("DELETE")
                ? new MockResponse.Builder().code(204).build()
                : new MockResponse.Builder().code(status).body(new Buffer().write(body)).build();
          }
        });
  }

  Wire answer(MockResponse.Builder response) {
    http.enqueue(response.build());
    return this;
  }

  RecordedRequest taken() {
    try {
      return http.takeRequest();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  int requests() {
    return http.getRequestCount();
  }

  @Override
  public void close() {
    server.close();
    http.close();
  }

  /** All rows of a committed bundle. */
  static List<WireRow> committedRows(
      SyncServer server, OutboxState.Bundle bundle, SyncServer.CommittedBundle committed) {
    List<WireRow> all = new ArrayList<>();
    server.committedRows(bundle, committed, all::addAll);
    return all;
  }

  /** All rows of a page, in their order. */
  static List<WireRow> pulledRows(SyncServer server) {
    List<WireRow> all = new ArrayList<>();
    server.pull(SOURCE, 11, OptionalLong.empty(), (bundleSeq, rows, part) -> all.addAll(rows));
    return all;
  }
}
