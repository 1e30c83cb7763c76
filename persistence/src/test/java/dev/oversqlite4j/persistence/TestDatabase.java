package dev.oversqlite4j.persistence;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.SyncServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** A database file with the app's own connection to it. */
final class TestDatabase implements AutoCloseable {

  static final String PEOPLE =
      """
      CREATE TABLE Person (Id TEXT PRIMARY KEY NOT NULL, name TEXT, Age INTEGER, height REAL,
        happy BOOLEAN, photo BLOB);
      CREATE TABLE note (id BLOB PRIMARY KEY NOT NULL, person_id TEXT REFERENCES person(id)
        ON DELETE CASCADE ON UPDATE CASCADE, ref BLOB REFERENCES note(id), body TEXT)""";

  final Path file;
  final Connection app;

  /** One for all clients of the file: ids never come twice. */
  private final SyncOptions.Builder ids = optionsBuilder();

  /** Whether the directory is deleted at the end. */
  private final boolean temporary;

  private TestDatabase(Path file, String ddl, boolean temporary) {
    this.file = file;
    this.temporary = temporary;
    try {
      app = DriverManager.getConnection("jdbc:sqlite:" + file);
      run("PRAGMA foreign_keys = ON");
      run("PRAGMA synchronous = OFF");
      // A doubled semicolon is one inside a trigger.
      for (String statement : ddl.split("(?<!;);(?!;)")) {
        if (!statement.isBlank()) {
          run(statement.replace(";;", ";"));
        }
      }
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  static TestDatabase in(Path directory, String ddl) {
    return new TestDatabase(directory.resolve("app.db"), ddl, false);
  }

  /** A file that is there already. */
  static TestDatabase at(Path file) {
    return new TestDatabase(file, "", false);
  }

  /** For properties, whose tries have no directory of their own. */
  static TestDatabase temporary(String ddl) {
    try {
      Path directory = Files.createTempDirectory("oversqlite4j");
      return new TestDatabase(directory.resolve("app.db"), ddl, true);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static SyncSchema people() {
    return SyncSchema.of("business").table("note", "id").table("person", "id").build();
  }

  static SyncOptions options() {
    return optionsBuilder().build();
  }

  static SyncOptions.Builder optionsBuilder() {
    AtomicLong ids = new AtomicLong();
    return SyncOptions.builder()
        .clock(() -> Instant.EPOCH)
        .idSource(
            new IdSource() {
              @Override
              public String newUuid() {
                return String.format("00000000-0000-4000-8000-%012x", ids.incrementAndGet());
              }

              @Override
              public double jitter() {
                return 0;
              }
            });
  }

  /** A store that claimed this file. */
  SqliteStore claimed() {
    return claimed(people());
  }

  SqliteStore claimed(SyncSchema schema) {
    SqliteStore store = SqliteStore.at(file);
    store.claim(schema, options());
    return store;
  }

  /** A store that claimed this file and installed everything. */
  SqliteStore installed() {
    SqliteStore store = claimed();
    write(store, tx -> install(tx));
    return store;
  }

  /** A client of this file that has not been opened yet. */
  OversqliteClient client(SyncSchema schema, SyncServer server) {
    return OversqliteClient.builder()
        .schema(schema)
        .store(SqliteStore.at(file))
        .server(server)
        .options(ids.synchronous(SynchronousMode.NORMAL).build())
        .build();
  }

  static long install(LocalTransaction tx) {
    tx.installation().install();
    return tx.installation().captureUntracked();
  }

  static <R> R write(SqliteStore store, Function<LocalTransaction, R> work) {
    return store.write(work);
  }

  int run(String sql, Object... values) throws SQLException {
    if (values.length == 0) {
      try (Statement statement = app.createStatement()) {
        statement.execute(sql);
        return statement.getUpdateCount();
      }
    }
    try (PreparedStatement statement = app.prepareStatement(sql)) {
      bind(statement, values);
      return statement.executeUpdate();
    }
  }

  /** All rows, each column as text, joined by a bar; NULL as "null". */
  List<String> rows(String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = app.prepareStatement(sql)) {
      bind(statement, values);
      List<String> found = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= columns; i++) {
            row.add(rows.getString(i));
          }
          found.add(String.join("|", row.stream().map(String::valueOf).toList()));
        }
      }
      return found;
    }
  }

  List<String> dirty() throws SQLException {
    return rows(
        "SELECT dirty_ordinal, table_name, key_json, op, base_row_version, payload"
            + " FROM _sync_dirty_rows ORDER BY dirty_ordinal");
  }

  private static void bind(PreparedStatement statement, Object[] values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }

  @Override
  public void close() {
    try {
      app.close();
      if (temporary) {
        try (Stream<Path> files = Files.list(file.getParent())) {
          for (Path each : files.toList()) {
            Files.delete(each);
          }
        }
        Files.delete(file.getParent());
      }
    } catch (SQLException | IOException failed) {
      throw new AssertionError(failed);
    }
  }
}
