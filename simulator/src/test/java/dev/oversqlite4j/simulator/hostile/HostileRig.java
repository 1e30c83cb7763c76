package dev.oversqlite4j.simulator.hostile;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.disk.LogicalContent;
import dev.oversqlite4j.simulator.network.HttpHandler;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.network.SimulatedNetwork;
import dev.oversqlite4j.simulator.seam.HashTrace;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.seam.Seams;
import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.State;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import org.sqlite.SQLiteDataSource;

/** One device before a call, what a server would answer to it, and a server that does not. */
final class HostileRig {

  static final String USER = "ada";
  private static final String KEY = "00000000-0000-4000-8000-00000000000";

  private static final String DDL =
      "CREATE TABLE thing (id TEXT PRIMARY KEY NOT NULL, name TEXT, big INTEGER, ratio REAL,"
          + " bytes BLOB, flag INTEGER)";

  private final Path folder;
  private final Revision revision;
  private int files;
  private int ids;

  HostileRig(Path folder, Revision revision) {
    this.folder = folder;
    this.revision = revision;
  }

  /** An answer that is checked, how to come before it, and the call that asks for it. */
  enum Point {
    CAPABILITIES("GET /sync/capabilities", false, HostileRig::opened, c -> c.attach(USER)),
    CONNECT_WITH_ROWS("POST /sync/connect", false, HostileRig::opened, c -> c.attach(USER)),
    CONNECT_WITHOUT_ROWS("POST /sync/connect", false, HostileRig::openedEmpty, c -> c.attach(USER)),
    CREATE("POST /sync/push-sessions", true, HostileRig::prepared, OversqliteClient::pushPending),
    CREATE_COMMITTED(
        "POST /sync/push-sessions", true, HostileRig::unanswered, OversqliteClient::pushPending),
    CHUNK(".*/chunks", true, HostileRig::prepared, OversqliteClient::pushPending),
    COMMIT(".*/commit", true, HostileRig::prepared, OversqliteClient::pushPending),
    CONFLICT(".*/commit", true, HostileRig::conflicting, OversqliteClient::pushPending),
    RETIRED("POST /sync/push-sessions", true, HostileRig::retired, OversqliteClient::pushPending),
    COMMITTED_ROWS(
        ".*/rows(\\?.*)?", true, HostileRig::acknowledged, OversqliteClient::pushPending),
    PULL("GET /sync/pull.*", true, HostileRig::behind, OversqliteClient::pullToStable),
    SNAPSHOT(
        "POST /sync/snapshot-sessions", true, HostileRig::rebuilding, OversqliteClient::rebuild),
    SNAPSHOT_CHUNK(
        "GET /sync/snapshot-sessions/.*", true, HostileRig::rebuilding, OversqliteClient::rebuild);

    private final String request;
    private final boolean attached;
    private final Preparation preparation;
    private final Consumer<OversqliteClient> call;

    Point(
        String request,
        boolean attached,
        Preparation preparation,
        Consumer<OversqliteClient> call) {
      this.request = request;
      this.attached = attached;
      this.preparation = preparation;
      this.call = call;
    }
  }

  private interface Preparation {
    void run(HostileRig rig, Device device);
  }

  /** A file and what the server says to the call on it. */
  final class Prepared implements AutoCloseable {
    private final Point point;
    private final Path file;
    private final Map<String, List<Reply>> answers;
    private final SortedMap<String, List<String>> afterwards;
    private Reply hostile;
    private int hostileTimes;
    private SortedMap<String, List<String>> before;
    private Device device;

    private Prepared(
        Point point,
        Path file,
        Map<String, List<Reply>> answers,
        SortedMap<String, List<String>> afterwards) {
      this.point = point;
      this.file = file;
      this.answers = answers;
      this.afterwards = afterwards;
      reset();
    }

    /** The right answer. */
    Reply right() {
      return answers.entrySet().stream()
          .filter(e -> e.getKey().matches(point.request))
          .findFirst()
          .orElseThrow(() -> new AssertionError("never asked for: " + answers.keySet()))
          .getValue()
          .get(0);
    }

    /** What the tables hold, without the journal. */
    SortedMap<String, List<String>> content() {
      return HostileRig.content(device.file);
    }

    /** What they held before the call. */
    SortedMap<String, List<String>> before() {
      return before;
    }

    /** What they hold after the right answer, which may be a refusal. */
    SortedMap<String, List<String>> afterwards() {
      return afterwards;
    }

    /**
     * Makes the call against a server somewhere else, which answers the same but for the point.
     *
     * @return its error; empty if it went through
     */
    Optional<OversqliteException> callElsewhere(String url) {
      try (OversqliteClient client = client(device.file, url, new OkHttpClient.Builder())) {
        device.close();
        client.open();
        if (point.attached) {
          client.attach(USER);
        }
        point.call.accept(client);
        return Optional.empty();
      } catch (OversqliteException documented) {
        return Optional.of(documented);
      }
    }

    /** What is answered to a request, the point's right answer included. */
    Reply answer(String request) {
      List<Reply> known = answers.getOrDefault(request, List.of());
      return known.isEmpty()
          ? new Reply(404, Map.of(), "404 page not found\n".getBytes(StandardCharsets.UTF_8))
          : known.get(0);
    }

    boolean isPoint(String request) {
      return request.matches(point.request);
    }

    /** Makes the call and lets the server give this instead of the right answer, so often. */
    Optional<OversqliteException> call(Reply instead, int times) {
      hostile = instead;
      hostileTimes = times;
      try {
        point.call.accept(device.client);
        return Optional.empty();
      } catch (OversqliteException documented) {
        return Optional.of(documented);
      }
    }

    /** The device is as it was before the call. */
    void reset() {
      if (device != null) {
        device.close();
      }
      Map<String, Integer> asked = new HashMap<>();
      device =
          new Device(
              copy(file),
              (method, target, headers, body) -> {
                String request = method + " " + target;
                List<Reply> known = answers.getOrDefault(request, List.of());
                int turn = Math.min(asked.merge(request, 1, Integer::sum), known.size()) - 1;
                if (isPoint(request) && hostileTimes > 0) {
                  hostileTimes--;
                  return hostile;
                }
                return turn < 0 ? answer(request) : known.get(turn);
              });
      device.client.open();
      if (point.attached) {
        device.client.attach(USER);
      }
      before = content();
    }

    @Override
    public void close() {
      device.close();
    }
  }

  Prepared prepare(Point point) {
    ModelServer server = server();
    Path file = newFile();
    sql(file, DDL);
    try (Device device = new Device(file, answering(server))) {
      device.server = server;
      point.preparation.run(this, device);
    }
    State before = server.state();
    Map<String, List<Reply>> answers = new LinkedHashMap<>();
    HttpHandler real = answering(server);
    try (Device device =
        new Device(
            copy(file),
            (method, target, headers, body) -> {
              Reply reply = real.handle(method, target, headers, body);
              answers.computeIfAbsent(method + " " + target, k -> new ArrayList<>()).add(reply);
              return reply;
            })) {
      device.client.open();
      if (point.attached) {
        device.client.attach(USER);
      }
      try {
        point.call.accept(device.client);
      } catch (OversqliteException refused) {
        // A refusal is an answer, too.
      }
      server.restore(before);
      return new Prepared(point, file, answers, content(device.file));
    }
  }

  // --- Preparations ------------------------------------------------------------------------------

  private static String insert(int key, String name) {
    return "INSERT OR REPLACE INTO thing VALUES ('"
        + KEY
        + key
        + "', '"
        + name
        + "', 7, 0.5, x'00ff10', 1)";
  }

  private void opened(Device device) {
    openedEmpty(device);
    sql(device.file, insert(1, "mine"));
  }

  private void openedEmpty(Device device) {
    device.client.open();
  }

  private void attached(Device device) {
    opened(device);
    device.client.attach(USER);
    device.client.pushPending();
  }

  /** An outbox that the server has not heard of. */
  private void prepared(Device device) {
    attached(device);
    sql(device.file, insert(2, "frozen"));
    device.losing = "POST /sync/push-sessions";
    refused(device.client::pushPending);
  }

  /** An outbox whose commit was never answered. */
  private void unanswered(Device device) {
    attached(device);
    sql(device.file, insert(2, "frozen"));
    device.unanswered = ".*/commit";
    refused(device.client::pushPending);
  }

  /** An outbox whose bundle is committed and has not been fetched. */
  private void acknowledged(Device device) {
    attached(device);
    sql(device.file, insert(2, "frozen"));
    device.losing = ".*/rows.*";
    refused(device.client::pushPending);
  }

  private void conflicting(Device device) {
    attached(device);
    peer(device.server, insert(1, "theirs"));
    sql(device.file, insert(1, "ours"));
    device.losing = "POST /sync/push-sessions";
    refused(device.client::pushPending);
  }

  private void retired(Device device) {
    prepared(device);
    device.server.retire(
        USER, device.client.sourceInfo().currentSourceId(), Optional.of(KEY.replace('0', '7') + 7));
  }

  private void behind(Device device) {
    attached(device);
    peer(device.server, insert(1, "theirs"), insert(3, "new"));
    peer(device.server, "DELETE FROM thing WHERE id LIKE '%3'", insert(4, "newer"));
  }

  private void rebuilding(Device device) {
    behind(device);
    device.losing = "POST /sync/snapshot-sessions";
    refused(device.client::rebuild);
  }

  private static void refused(Runnable call) {
    try {
      call.run();
    } catch (OversqliteException expected) {
      return;
    }
    throw new AssertionError("the preparation went through");
  }

  /** Another device of the account that writes and syncs. */
  private void peer(ModelServer server, String... statements) {
    Path file = newFile();
    sql(file, DDL);
    try (Device peer = new Device(file, answering(server))) {
      peer.client.open();
      peer.client.attach(USER);
      sql(file, statements);
      peer.client.sync();
    }
  }

  // --- Machinery ---------------------------------------------------------------------------------

  private final class Device implements AutoCloseable {
    private final Path file;
    private final OversqliteClient client;
    private ModelServer server;
    private String losing = "never";
    private String unanswered = "never";

    Device(Path file, HttpHandler handler) {
      this.file = file;
      this.client =
          client(
              file,
              "http://sync.test",
              new SimulatedNetwork(new Incarnation(new Quiet(this)), handler).newClientBuilder());
    }

    @Override
    public void close() {
      client.close();
    }
  }

  private static OversqliteClient client(Path file, String url, OkHttpClient.Builder http) {
    SQLiteDataSource disk = new SQLiteDataSource();
    disk.setUrl("jdbc:sqlite:" + file);
    http.addInterceptor(
        chain ->
            chain.proceed(
                chain.request().newBuilder().header("Authorization", "Bearer " + USER).build()));
    return OversqliteClient.builder()
        .schema(SyncSchema.of("business").table("thing", "id").build())
        .store(SqliteStore.over(disk))
        .server(HttpSyncServer.at(url, http.build()))
        .options(
            SyncOptions.builder()
                .sleeper(duration -> {})
                .clock(() -> Instant.ofEpochMilli(1_800_000_000_000L))
                .build())
        .build();
  }

  private record Quiet(Device device) implements Seams {
    @Override
    public void reach(Seam seam) {}

    @Override
    public void passed(Seam seam) {}

    @Override
    public NetworkFate fate(String label) {
      if (label.matches(device.losing)) {
        return NetworkFate.LOSE_REQUEST;
      }
      if (label.matches(device.unanswered)) {
        // Nor does the server answer what the client asks next.
        device.losing = ".*";
        return NetworkFate.LOSE_RESPONSE;
      }
      return NetworkFate.DELIVER;
    }

    @Override
    public Trace trace() {
      return new HashTrace();
    }
  }

  private HttpHandler answering(ModelServer server) {
    return (method, target, headers, body) -> {
      WireResponse response = server.handle(WireRequest.of(method, target, headers, body));
      return new Reply(response.status(), response.headers(), response.body());
    };
  }

  private ModelServer server() {
    return new ModelServer(
        revision,
        new ServerSchema(
            "business",
            List.of(
                new ServerSchema.Table(
                    "thing",
                    "id",
                    KeyKind.UUID,
                    List.of(
                        new Column("name", ColumnKind.TEXT, Nullability.NULLABLE),
                        new Column("big", ColumnKind.BIGINT, Nullability.NULLABLE),
                        new Column("ratio", ColumnKind.DOUBLE, Nullability.NULLABLE),
                        new Column("bytes", ColumnKind.BYTEA, Nullability.NULLABLE),
                        new Column("flag", ColumnKind.BOOLEAN, Nullability.NULLABLE))))),
        ServerLimits.july(),
        () -> 1_800_000_000_000L,
        () -> new UUID(0x4000, 0x8000_0000_0000_0000L + ++ids).toString());
  }

  private Path newFile() {
    return folder.resolve(revision.label() + "-" + files++ + ".db");
  }

  private Path copy(Path file) {
    Path copy = newFile();
    try {
      Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return copy;
  }

  private static void sql(Path file, String... statements) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SortedMap<String, List<String>> content(Path file) {
    try {
      SortedMap<String, List<String>> content =
          LogicalContent.without(Set.of("updated_at", "created_at", "at", "op_id")).dump(file);
      content.remove("_fsm_journal");
      // Whole pages may have been staged; what is not complete is thrown away by the next call.
      content.remove("_sync_snapshot_stage");
      return content;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
