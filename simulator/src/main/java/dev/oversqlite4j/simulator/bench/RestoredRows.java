package dev.oversqlite4j.simulator.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.UUID;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * A new device attaches to an account and gets all of its rows from a server behind a socket,
 * beside fetching the same pages from that server and inserting as many rows.
 */
final class RestoredRows implements SideBySide {

  private static final String USER = "ada";
  private static final int ROWS_PER_PAGE = 1_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final int rows;
  private final SocketServer socket;
  private final OkHttpClient http;
  private int files;

  RestoredRows(Path folder, Bench.Size size) {
    this.folder = folder;
    this.rows = size.rows();
    ModelServer server =
        new ModelServer(
            Business.APP.serverSchema(),
            ServerLimits.july(),
            System::currentTimeMillis,
            () -> UUID.randomUUID().toString());
    this.socket = SocketServer.start(server, 0);
    this.http =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain
                            .request()
                            .newBuilder()
                            .header("Authorization", "Bearer " + USER)
                            .build()))
            .build();
    Path seed = create();
    insert(seed);
    try (OversqliteClient client = client(seed)) {
      client.open();
      client.attach(USER);
      client.pushPending();
    }
  }

  /** The key of a row, counted from 1. */
  static String key(int row) {
    return String.format(Locale.ROOT, "00000000-0000-4000-8000-%012d", row);
  }

  private Path create() {
    Path file = folder.resolve("device" + files++ + ".db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      for (String ddl : Business.DDL) {
        statement.executeUpdate(ddl);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark cannot create its databases", e);
    }
    return file;
  }

  private void insert(Path file) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        PreparedStatement statement =
            connection.prepareStatement(
                "INSERT INTO measure (id, label, count, ratio) VALUES (?, 'restored', ?, 0.5)")) {
      connection.setAutoCommit(false);
      for (int row = 1; row <= rows; row++) {
        statement.setString(1, key(row));
        statement.setInt(2, row);
        statement.executeUpdate();
      }
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException("The benchmark cannot write", e);
    }
  }

  private OversqliteClient client(Path file) {
    return OversqliteClient.builder()
        .schema(Business.APP.syncSchema())
        .resolver(Resolver.serverWins())
        .store(SqliteStore.at(file))
        .server(HttpSyncServer.at(socket.baseUri().toString(), http))
        .build();
  }

  @Override
  public String measure() {
    return "attaching a new device, its rows restored";
  }

  @Override
  public double bar() {
    return 5;
  }

  @Override
  public void ours() {
    try (OversqliteClient client = client(create())) {
      client.open();
      client.attach(USER);
    }
  }

  @Override
  public void bare() {
    JsonNode session =
        json(
            send(
                request("/sync/snapshot-sessions")
                    .post(RequestBody.create("{}", MediaType.get("application/json")))));
    String pages = "/sync/snapshot-sessions/" + session.path("snapshot_id").asText();
    for (int after = 0; after < rows; after += ROWS_PER_PAGE) {
      send(request(pages + "?after_row_ordinal=" + after + "&max_rows=" + ROWS_PER_PAGE));
    }
    send(request(pages).delete());
    insert(create());
  }

  private Request.Builder request(String path) {
    return new Request.Builder()
        .url(socket.baseUri().resolve(path).toString())
        .header("Oversync-Source-ID", "bench");
  }

  private byte[] send(Request.Builder request) {
    try (Response response = http.newCall(request.build()).execute()) {
      if (!response.isSuccessful()) {
        throw new IllegalStateException(
            "The benchmark's server answers " + response.code() + " to " + request.build().url());
      }
      return response.body().bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode json(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    socket.close();
    http.connectionPool().evictAll();
    http.dispatcher().executorService().shutdown();
  }
}
