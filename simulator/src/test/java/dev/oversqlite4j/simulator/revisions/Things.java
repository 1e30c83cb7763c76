package dev.oversqlite4j.simulator.revisions;

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
import dev.oversqlite4j.transport.HttpSyncServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import okhttp3.OkHttpClient;

/** Devices of one account whose app has a table with a column of every kind. */
final class Things {

  static final String USER = "ada";

  private final Path folder;
  private int ids;

  Things(Path folder) {
    this.folder = folder;
  }

  ModelServer server(Revision revision) {
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

  /** An attached device that keeps its rows in a file of that name. */
  OversqliteClient device(String name, SocketServer socket) {
    OversqliteClient client =
        client(name, socket.baseUri().toString(), new OkHttpClient.Builder().build());
    client.open();
    client.attach(USER);
    return client;
  }

  /** A process of the app that has done nothing yet. */
  OversqliteClient client(String name, String url, OkHttpClient plain) {
    sql(
        name,
        "CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY NOT NULL, name TEXT, big INTEGER,"
            + " ratio REAL, bytes BLOB, flag INTEGER)");
    OkHttpClient http =
        plain
            .newBuilder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain
                            .request()
                            .newBuilder()
                            .header("Authorization", "Bearer " + USER)
                            .build()))
            .build();
    return OversqliteClient.builder()
        .schema(SyncSchema.of("business").table("thing", "id").build())
        .store(SqliteStore.at(file(name)))
        .server(HttpSyncServer.at(url, http))
        .options(SyncOptions.builder().sleeper(duration -> {}).build())
        .build();
  }

  Path file(String device) {
    return folder.resolve(device);
  }

  /** One statement of the app. */
  void sql(String device, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file(device));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every row, columns but the key joined by bars. */
  List<String> rows(String device) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file(device));
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT concat_ws('|', name, big, ratio, hex(bytes), flag) FROM thing"
                    + " ORDER BY id")) {
      List<String> rows = new ArrayList<>();
      while (row.next()) {
        rows.add(row.getString(1));
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
