package dev.oversqlite4j.simulator.revisions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real client against both revisions over a socket: every kind of value, every silent re-send.
 */
class BothRevisionsTest {
  private static final String KEY = "00000000-0000-4000-8000-000000000001";

  @TempDir Path folder;
  private int ids;

  private ModelServer server(Revision revision) {
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

  private OversqliteClient device(String name, SocketServer socket) {
    Path file = folder.resolve(name);
    sql(
        file,
        "CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY NOT NULL, name TEXT, big INTEGER,"
            + " ratio REAL, bytes BLOB, flag INTEGER)");
    OkHttpClient http =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain.request().newBuilder().header("Authorization", "Bearer ada").build()))
            .build();
    OversqliteClient client =
        OversqliteClient.builder()
            .schema(SyncSchema.of("business").table("thing", "id").build())
            .store(SqliteStore.at(file))
            .server(HttpSyncServer.at(socket.baseUri().toString(), http))
            .options(SyncOptions.builder().sleeper(duration -> {}).build())
            .build();
    client.open();
    client.attach("ada");
    return client;
  }

  private static void sql(Path file, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String row(String device) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(device));
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT name || '|' || big || '|' || ratio || '|' || hex(bytes) || '|' || flag"
                    + " FROM thing")) {
      return row.next() ? row.getString(1) : "";
    }
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void valuesTravelByPullAndBySnapshot(Revision revision) throws Exception {
    String values = "a <&> \u2028 b|123456789012|0.1|00FF10|1";
    try (SocketServer socket = SocketServer.start(server(revision), 0);
        OversqliteClient first = device("first.db", socket)) {
      try (OversqliteClient second = device("second.db", socket)) {
        sql(
            folder.resolve("first.db"),
            "INSERT INTO thing VALUES ('"
                + KEY
                + "', 'a <&> ' || char(8232) || ' b', 123456789012, 0.1, x'00ff10', 1)");
        first.pushPending();
        assertEquals(0, first.pendingSyncStatus().pendingRowCount());
        second.pullToStable();
        assertEquals(values, row("second.db"));
        assertEquals(values, row("first.db"));
      }
      try (OversqliteClient third = device("third.db", socket)) {
        assertEquals(values, row("third.db"));
      }
    }
  }

  /** Takes the first chunk and the first commit, and lets OkHttp send both again. */
  private static final class Resending implements WireHandler {
    private final ModelServer server;
    private final Map<String, Integer> seen = new java.util.TreeMap<>();

    Resending(ModelServer server) {
      this.server = server;
    }

    @Override
    public synchronized WireResponse handle(WireRequest request) {
      WireResponse response = server.handle(request);
      String last = request.path().substring(request.path().lastIndexOf('/') + 1);
      boolean first = seen.merge(last, 1, Integer::sum) == 1;
      return first && (last.equals("chunks") || last.equals("commit"))
          ? new WireResponse(503, Map.of("Retry-After", "0"), new byte[0])
          : response;
    }

    @Override
    public Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
        throws InterruptedException {
      return server.nextHint(user, afterBundleSeq, waitMillis);
    }
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void chunksAndCommitsThatOkHttpSentTwiceAreRecovered(Revision revision) throws Exception {
    ModelServer server = server(revision);
    Resending resending = new Resending(server);
    try (SocketServer socket = SocketServer.start(resending, 0);
        OversqliteClient client = device("first.db", socket)) {
      sql(folder.resolve("first.db"), "INSERT INTO thing (id, name) VALUES ('" + KEY + "', 'x')");
      client.pushPending();
      assertEquals(0, client.pendingSyncStatus().pendingRowCount());
      assertEquals(1, server.latestBundleSeq("ada"));
      assertEquals(1, server.liveRows("ada", "thing").size());
      assertTrue(resending.seen.get("chunks") >= 2, resending.seen.toString());
      assertTrue(resending.seen.get("commit") >= 2, resending.seen.toString());
    }
  }
}
