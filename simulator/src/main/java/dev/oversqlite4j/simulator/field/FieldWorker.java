package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import okhttp3.ConnectionSpec;
import okhttp3.OkHttpClient;
import okhttp3.Response;

/**
 * The process that gets killed: an app that writes and syncs for ever and says on its standard
 * output, a line each, what it is about to do and what was acknowledged to it.
 */
final class FieldWorker {

  /** Rows per table of one device; devices write disjoint rows, so no conflict loses anything. */
  static final int ROWS = 12;

  private final PrintStream out;
  private final SplittableRandom random;
  private final int firstRow;
  private int value;

  private FieldWorker(PrintStream out, long seed, int firstRow, int firstValue) {
    this.out = out;
    this.random = new SplittableRandom(seed);
    this.firstRow = firstRow;
    this.value = firstValue;
  }

  /** Arguments: file, server, user, seed, first row number, first value. */
  public static void main(String[] args) throws SQLException {
    diesWithItsParent();
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    new FieldWorker(
            out, Long.parseLong(args[3]), Integer.parseInt(args[4]), Integer.parseInt(args[5]))
        .run(Path.of(args[0]), args[1], args[2]);
  }

  private static void diesWithItsParent() {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {}
              } catch (IOException gone) {
                // The pipe broke: the same as its end.
              }
              Runtime.getRuntime().halt(1);
            },
            "parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private void run(Path file, String server, String user) throws SQLException {
    OversqliteClient client = client(file, server, user);
    try (Connection app = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      try (Statement statement = app.createStatement()) {
        statement.execute("PRAGMA busy_timeout=10000");
        statement.execute("PRAGMA foreign_keys=ON");
        // WAL from the first write on; an app at FULL keeps what was acknowledged.
        statement.execute("PRAGMA journal_mode=WAL");
        statement.execute("PRAGMA synchronous=FULL");
      }
      say("calling open");
      client.open();
      say("open done");
      say("calling attach");
      if (client.attach(user) instanceof AttachResult.RetryLater) {
        throw new IllegalStateException("nobody else is seeding this account, yet: retry later");
      }
      say("attach done");
      while (true) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          write(app);
        }
        say("calling sync");
        client.sync();
        say("sync done");
      }
    }
  }

  private OversqliteClient client(Path file, String server, String user) {
    OkHttpClient http =
        new OkHttpClient.Builder()
            // Loading the trust store would be a fifth of a worker's life.
            .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
            .addInterceptor(
                chain -> {
                  say(
                      "request "
                          + chain.request().method()
                          + " "
                          + chain.request().url().encodedPath());
                  Response answer =
                      chain.proceed(
                          chain
                              .request()
                              .newBuilder()
                              .header("Authorization", "Bearer " + user)
                              .build());
                  say("answer " + answer.code());
                  return answer;
                })
            .build();
    return OversqliteClient.builder()
        .schema(Business.APP.syncSchema())
        .store(SqliteStore.at(file))
        .server(HttpSyncServer.at(server, http))
        // Small pages: more requests and more commits per call, so more places to die in.
        .options(
            SyncOptions.builder()
                .uploadLimit(2)
                .downloadLimit(2)
                .snapshotChunkRows(3)
                .snapshotApplyBatchRows(2)
                .build())
        .build();
  }

  /** One transaction of the app; acknowledged once its commit has returned. */
  private void write(Connection app) throws SQLException {
    List<FieldWrite> rows = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      rows.add(nextWrite());
    }
    say("writing " + FieldWrite.line(rows));
    try (Statement statement = app.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (FieldWrite row : rows) {
        apply(app, row);
      }
      statement.execute("COMMIT");
    }
    say("wrote");
  }

  private FieldWrite nextWrite() {
    String table = Table.ALL.get(random.nextInt(Table.ALL.size()));
    int row = firstRow + random.nextInt(ROWS);
    value++;
    // Persons stay: notes refer to them.
    return !table.equals(Table.PERSON) && random.nextInt(5) == 0
        ? FieldWrite.delete(table, row)
        : FieldWrite.upsert(table, row, value);
  }

  private static void apply(Connection app, FieldWrite write) throws SQLException {
    String table = write.table();
    Object key = Business.APP.table(table).orElseThrow().sqlKey(write.row());
    if (write.tag().isEmpty()) {
      try (PreparedStatement delete =
          app.prepareStatement("DELETE FROM " + table + " WHERE id = ?")) {
        delete.setObject(1, key);
        delete.executeUpdate();
      }
      return;
    }
    String tag = write.tag().get();
    String sql =
        switch (table) {
          case Table.PERSON ->
              "INSERT INTO person(id, first_name, last_name, email) VALUES (?1, ?2, 'Ł 𝄞', ?2 || '@x')"
                  + " ON CONFLICT(id) DO UPDATE SET first_name = ?2, email = excluded.email";
          case Table.NOTE ->
              "INSERT INTO note(id, person_id, title, content) VALUES (?1,"
                  + " (SELECT id FROM person ORDER BY id LIMIT 1), ?2, 'of ' || ?2)"
                  + " ON CONFLICT(id) DO UPDATE SET person_id = excluded.person_id,"
                  + " title = ?2, content = excluded.content";
          case Table.MEASURE ->
              "INSERT INTO measure(id, label, count, ratio, raw)"
                  + " VALUES (?1, ?2, 9007199254740993, 0.1, x'00ff')"
                  + " ON CONFLICT(id) DO UPDATE SET label = ?2, count = count - 1, ratio = ratio / 3";
          default -> throw new IllegalArgumentException("The app has no table " + table);
        };
    try (PreparedStatement upsert = app.prepareStatement(sql)) {
      upsert.setObject(1, key);
      upsert.setString(2, tag);
      upsert.executeUpdate();
    }
  }

  /** The whole line in one write: a line is there or it is not. */
  private synchronized void say(String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
    out.flush();
  }
}
