package dev.oversqlite4j.simulator.everyday;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tables that apps of this protocol begin with, as they are written: text keys, blob keys that
 * SQLite makes up, and a deferred foreign key, on two devices.
 */
class UsualTablesTest {

  private static final String SQL =
      """
      -- @@{ enableSync=true }
      CREATE TABLE person (
          id TEXT PRIMARY KEY NOT NULL,
          first_name TEXT NOT NULL,
          last_name TEXT NOT NULL,
          email TEXT UNIQUE
      );

      -- @@{ enableSync=true }
      CREATE TABLE note (
          id BLOB PRIMARY KEY NOT NULL DEFAULT (randomblob(16)),
          person_id TEXT REFERENCES person(id) DEFERRABLE INITIALLY DEFERRED,
          title TEXT NOT NULL,
          content TEXT
      );
      """;

  private static final String PERSON = "7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44";

  private static final String CONTENT =
      "SELECT 'person', id, first_name, last_name, email FROM person UNION ALL"
          + " SELECT 'note', hex(id), person_id, title, content FROM note ORDER BY 1, 2";

  @TempDir Path folder;

  private static ServerSchema serverSchema() {
    Column firstName = text("first_name", Nullability.NOT_NULL);
    Column lastName = text("last_name", Nullability.NOT_NULL);
    return new ServerSchema(
        "myapp",
        List.of(
            new ServerSchema.Table(
                "person",
                "id",
                KeyKind.TEXT,
                List.of(firstName, lastName, text("email", Nullability.NULLABLE))),
            new ServerSchema.Table(
                    "note",
                    "id",
                    KeyKind.UUID,
                    List.of(
                        text("person_id", Nullability.NULLABLE),
                        text("title", Nullability.NOT_NULL),
                        text("content", Nullability.NULLABLE)))
                .withForeignKey("person_id", "person", OnDelete.NO_ACTION)));
  }

  private static Column text(String name, Nullability nullability) {
    return new Column(name, ColumnKind.TEXT, nullability);
  }

  private OversqliteClient client(Path file, SocketServer server) {
    OkHttpClient http =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain.request().newBuilder().header("Authorization", "Bearer ada").build()))
            .build();
    return OversqliteClient.builder()
        .schema(SyncSchema.parse("myapp", List.of(SQL)))
        .store(SqliteStore.at(file))
        .server(HttpSyncServer.at(server.baseUri().toString(), http))
        .build();
  }

  private static void run(Path file, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA foreign_keys = ON");
      connection.setAutoCommit(false);
      for (String sql : statements) {
        statement.execute(sql);
      }
      connection.commit();
    }
  }

  private static List<String> content(Path file) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(CONTENT)) {
      while (row.next()) {
        rows.add(
            row.getString(1)
                + " "
                + row.getString(2)
                + " "
                + row.getString(3)
                + " "
                + row.getString(4)
                + " "
                + row.getString(5));
      }
    }
    return rows;
  }

  @Test
  void theyAreTheSameOnTwoDevices() throws Exception {
    ModelServer model =
        new ModelServer(
            serverSchema(), ServerLimits.july(), () -> 0L, () -> UUID.randomUUID().toString());
    Path here = folder.resolve("here.db");
    Path there = folder.resolve("there.db");
    for (Path file : List.of(here, there)) {
      run(file, SQL.split(";\n\n"));
    }
    // A note before its person: the foreign key is deferred.
    run(
        here,
        "INSERT INTO note (person_id, title) VALUES ('" + PERSON + "', 'before opening')",
        "INSERT INTO person VALUES ('" + PERSON + "', 'Ada', 'L', 'ada@example.com')");
    try (SocketServer server = SocketServer.start(model, 0);
        OversqliteClient one = client(here, server);
        OversqliteClient other = client(there, server)) {
      one.open();
      one.attach("ada");
      run(here, "INSERT INTO note (title, content) VALUES ('later', 'é 😀'), ('third', NULL)");
      one.sync();
      other.open();
      other.attach("ada");
      assertEquals(4, content(here).size());
      assertEquals(content(here), content(there));

      run(
          there,
          "UPDATE note SET person_id = '" + PERSON + "', content = 'edited' WHERE title = 'later'",
          "DELETE FROM note WHERE title = 'third'",
          "INSERT INTO note (title) VALUES ('from there')");
      other.sync();
      one.sync();
      assertEquals(4, content(here).size());
      assertEquals(content(there), content(here));
      assertTrue(content(here).stream().anyMatch(row -> row.endsWith("later edited")));

      run(here, "DELETE FROM note WHERE person_id IS NOT NULL", "DELETE FROM person");
      one.sync();
      other.sync();
      assertEquals(1, content(there).size());
      assertEquals(content(here), content(there));
      assertEquals(DetachOutcome.DETACHED, one.detach());
      assertEquals(List.of(), content(here));
    }
  }
}
