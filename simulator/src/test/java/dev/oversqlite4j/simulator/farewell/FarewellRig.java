package dev.oversqlite4j.simulator.farewell;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import okhttp3.OkHttpClient;

/** Real files, and real clients of a model server behind a real socket. */
public final class FarewellRig implements AutoCloseable {

  public static final String USER = "user-ann-of-the-first-floor";

  public static final SyncSchema SCHEMA =
      SyncSchema.of("business").table("person", "id").table("note", "id").build();

  private final Path folder;
  private final SplittableRandom ids = new SplittableRandom(7);
  public final ModelServer server =
      new ModelServer(serverSchema(), ServerLimits.july(), () -> 1_800_000_000_000L, this::uuid);
  private final SocketServer socket = SocketServer.start(server, 0);
  public final List<String> requests = new ArrayList<>();

  /** Runs before each request of any client. */
  public interface Interruption {
    void before(String method, String path) throws IOException;
  }

  public Interruption interruption = (method, path) -> {};
  private String signedIn = USER;
  private final OkHttpClient http =
      new OkHttpClient.Builder()
          .addInterceptor(
              chain -> {
                String method = chain.request().method();
                String path = chain.request().url().encodedPath();
                requests.add(method + " " + path);
                interruption.before(method, path);
                return chain.proceed(
                    chain
                        .request()
                        .newBuilder()
                        .header("Authorization", "Bearer " + signedIn)
                        .build());
              })
          .build();

  public FarewellRig(Path folder) {
    this.folder = folder;
  }

  private String uuid() {
    return new UUID(ids.nextLong(), ids.nextLong()).toString();
  }

  private static ServerSchema serverSchema() {
    return new ServerSchema("business", List.of(table("person", "name"), table("note", "body")));
  }

  private static ServerSchema.Table table(String name, String column) {
    return new ServerSchema.Table(
        name,
        "id",
        KeyKind.UUID,
        List.of(new Column(column, ColumnKind.TEXT, Nullability.NULLABLE)));
  }

  /** An app's database; the tables are spelt as apps may spell them. */
  public Path newApp(String name) {
    Path file = folder.resolve(name);
    run(file, "CREATE TABLE Person (Id TEXT PRIMARY KEY NOT NULL, Name TEXT)");
    run(file, "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT)");
    return file;
  }

  public OversqliteClient client(Path file) {
    return client(SqliteStore.at(file), SCHEMA);
  }

  /** Not opened yet. */
  public OversqliteClient client(SqliteStore store, SyncSchema schema) {
    return OversqliteClient.builder()
        .schema(schema)
        .store(store)
        .server(HttpSyncServer.at(socket.baseUri().toString(), http))
        .options(SyncOptions.builder().sleeper(duration -> {}).build())
        .build();
  }

  public OversqliteClient attached(Path file) {
    OversqliteClient client = client(file);
    client.open();
    client.attach(USER);
    return client;
  }

  public void signIn(String user) {
    signedIn = user;
  }

  public static String key(int n) {
    return String.format("0badcafe-0000-4000-8000-%012d", n);
  }

  public static void person(Path file, int n, String name) {
    run(file, "INSERT INTO person VALUES ('" + key(n) + "', '" + name + "')");
  }

  public static void run(Path file, String... sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String one : sql) {
        statement.execute(one);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All rows, the columns joined by a bar. */
  public static List<String> query(Path file, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getString(i));
        }
        found.add(String.join("|", row.stream().map(String::valueOf).toList()));
      }
      return found;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public static long count(Path file, String table) {
    return Long.parseLong(query(file, "SELECT count(*) FROM " + table).get(0));
  }

  @Override
  public void close() {
    socket.close();
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }
}
