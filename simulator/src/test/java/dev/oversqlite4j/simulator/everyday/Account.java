package dev.oversqlite4j.simulator.everyday;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.Resolver;
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
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import okhttp3.OkHttpClient;

/** One account on a model server behind a real socket, and devices with real files. */
final class Account implements AutoCloseable {

  static final String USER = "ann";

  private final Path folder;
  private final List<String> ddl;
  private final SyncSchema schema;
  private final SplittableRandom ids = new SplittableRandom(7);
  private final ModelServer server;
  private final SocketServer socket;
  private final List<Device> devices = new ArrayList<>();

  Account(Path folder, ServerSchema serverSchema, List<String> ddl) throws IOException {
    this(folder, serverSchema, ddl, model -> model);
  }

  Account(Path folder, Revision revision, ServerSchema serverSchema, List<String> ddl)
      throws IOException {
    this(folder, revision, serverSchema, ddl, model -> model);
  }

  /**
   * @param between what stands between the devices and the model server
   */
  Account(
      Path folder,
      ServerSchema serverSchema,
      List<String> ddl,
      Function<ModelServer, WireHandler> between)
      throws IOException {
    this(folder, Revision.JULY_2026, serverSchema, ddl, between);
  }

  private Account(
      Path folder,
      Revision revision,
      ServerSchema serverSchema,
      List<String> ddl,
      Function<ModelServer, WireHandler> between) {
    this.folder = folder;
    this.ddl = ddl;
    SyncSchema.Builder tables = SyncSchema.of(serverSchema.name());
    serverSchema.tables().forEach(table -> tables.table(table.name(), table.key()));
    schema = tables.build();
    server =
        new ModelServer(
            revision, serverSchema, ServerLimits.july(), () -> 1_800_000_000_000L, this::uuid);
    socket = SocketServer.start(between.apply(server), 0);
  }

  /**
   * People and their notes.
   *
   * @param onDelete what becomes of the notes of a person on a device
   * @param atServer the same at the server, if it knows of the reference
   */
  static Account withNotes(Path folder, String onDelete, Optional<OnDelete> atServer)
      throws IOException {
    ServerSchema.Table note =
        new ServerSchema.Table(
            "note",
            "id",
            KeyKind.UUID,
            List.of(
                new Column("title", ColumnKind.TEXT, Nullability.NULLABLE),
                new Column("person_id", ColumnKind.UUID, Nullability.NULLABLE)));
    return new Account(
        folder,
        new ServerSchema(
            "business",
            List.of(
                new ServerSchema.Table(
                    "person",
                    "id",
                    KeyKind.UUID,
                    List.of(new Column("name", ColumnKind.TEXT, Nullability.NULLABLE))),
                atServer
                    .map(action -> note.withForeignKey("person_id", "person", action))
                    .orElse(note))),
        List.of(
            "CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, name TEXT)",
            "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, title TEXT,"
                + " person_id TEXT REFERENCES person(id) "
                + onDelete
                + ")"));
  }

  /** Note {@code n} of person 1. */
  static String note(int n) {
    return "INSERT INTO note VALUES ('" + key(n) + "', 't" + n + "', '" + key(1) + "')";
  }

  private String uuid() {
    return new UUID(ids.nextLong(), ids.nextLong()).toString();
  }

  ModelServer server() {
    return server;
  }

  static String key(int n) {
    return String.format("00000000-0000-4000-8000-%012d", n);
  }

  /** An attached device. */
  Device device(Resolver resolver) {
    return device(resolver, options -> {});
  }

  Device device(Resolver resolver, Consumer<SyncOptions.Builder> options) {
    Device device =
        new Device(folder.resolve("device" + devices.size() + ".db"), resolver, options);
    ddl.forEach(device::run);
    devices.add(device);
    device.start();
    return device;
  }

  @Override
  public void close() {
    devices.forEach(Device::stop);
    socket.close();
  }

  final class Device {
    private final Path file;
    private final Resolver resolver;
    private final Consumer<SyncOptions.Builder> options;
    private final OkHttpClient http;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile Consumer<String> onRequest = request -> {};
    private OversqliteClient client;

    private Device(Path file, Resolver resolver, Consumer<SyncOptions.Builder> options) {
      this.file = file;
      this.resolver = resolver;
      this.options = options;
      this.http =
          new OkHttpClient.Builder()
              .addInterceptor(
                  chain -> {
                    okhttp3.Request request =
                        chain
                            .request()
                            .newBuilder()
                            .header("Authorization", "Bearer " + USER)
                            .build();
                    String line = request.method() + " " + request.url().encodedPath();
                    requests.add(line);
                    onRequest.accept(line);
                    return chain.proceed(request);
                  })
              .build();
    }

    /** A process that opens and attaches. */
    void start() {
      open();
      client.attach(USER);
    }

    /** A process that only opens. */
    void open() {
      SyncOptions.Builder built = SyncOptions.builder().sleeper(duration -> {});
      options.accept(built);
      client =
          OversqliteClient.builder()
              .schema(schema)
              .store(SqliteStore.at(file))
              .server(HttpSyncServer.at(socket.baseUri().toString(), http))
              .resolver(resolver)
              .options(built.build())
              .build();
      client.open();
    }

    void stop() {
      client.close();
      http.dispatcher().executorService().shutdown();
      http.connectionPool().evictAll();
    }

    void restart() {
      client.close();
      start();
    }

    void backUp(Path backup) {
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = connection.createStatement()) {
        statement.execute("VACUUM INTO '" + backup + "'");
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    /** A process that starts with this backup in the place of the file. */
    void restore(Path backup) throws IOException {
      client.close();
      Files.deleteIfExists(Path.of(file + "-wal"));
      Files.deleteIfExists(Path.of(file + "-shm"));
      Files.copy(backup, file, StandardCopyOption.REPLACE_EXISTING);
      start();
    }

    OversqliteClient client() {
      return client;
    }

    List<String> requests() {
      return requests;
    }

    /** Connections to the server that are in use. */
    int busyConnections() {
      return http.connectionPool().connectionCount() - http.connectionPool().idleConnectionCount();
    }

    /** Called with method and path before each request is sent. */
    void onRequest(Consumer<String> listener) {
      onRequest = listener;
    }

    /** The app's own connection, foreign keys on. */
    void run(String... statements) {
      transact("ON", statements);
    }

    /** The same as an app that does not switch foreign keys on. */
    void runWithoutForeignKeys(String... statements) {
      transact("OFF", statements);
    }

    private void transact(String foreignKeys, String... statements) {
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA foreign_keys = " + foreignKeys);
        statement.execute("BEGIN IMMEDIATE");
        for (String sql : statements) {
          statement.execute(sql);
        }
        statement.execute("COMMIT");
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The rows of a query, columns joined by a blank. */
    List<String> rows(String query) {
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery(query)) {
        List<String> rows = new ArrayList<>();
        while (result.next()) {
          List<String> columns = new ArrayList<>();
          for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            columns.add(String.valueOf(result.getString(i)));
          }
          rows.add(String.join(" ", columns));
        }
        return rows;
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    List<String> triggers() {
      return client.journal().entries(0, 10_000).stream().map(e -> e.trigger()).toList();
    }
  }
}
