package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import okhttp3.OkHttpClient;

/**
 * How long {@code open()} takes with many tracked rows and with few: the same tables, in turn, in
 * one run. It costs per table, so the one may take at most one and a half times the other.
 */
public final class OpenTrial {

  private static final int FEW = 1_000;
  private static final int ROUNDS = 25;
  private static final int WARM_UP_ROUNDS = 5;
  private static final double RATIO_MAX = 1.5;

  private OpenTrial() {}

  /** Medians in nanoseconds. */
  record Report(int rows, long many, long few) {
    double ratio() {
      return (double) many / few;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "open: %.2f ms with %d tracked rows, %.2f ms with %d, %.2f times as long",
          many / 1e6,
          rows,
          few / 1e6,
          FEW,
          ratio());
    }
  }

  /** The argument is the number of rows, a million without one. */
  public static void main(String[] args) throws IOException, SQLException {
    int rows = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    Path folder = Files.createTempDirectory("oversqlite4j-open");
    Report report = run(folder, rows);
    System.out.println(report);
    try (var files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    if (report.ratio() > RATIO_MAX) {
      System.err.println("open: FAILED, more than " + RATIO_MAX + " times as long");
      System.exit(1);
    }
  }

  static Report run(Path folder, int rows) throws SQLException {
    Path many = tracked(folder.resolve("many.db"), rows);
    Path few = tracked(folder.resolve("few.db"), FEW);
    List<Long> timesOfMany = new ArrayList<>();
    List<Long> timesOfFew = new ArrayList<>();
    for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      long one = open(many);
      long other = open(few);
      if (round >= WARM_UP_ROUNDS) {
        timesOfMany.add(one);
        timesOfFew.add(other);
      }
    }
    return new Report(rows, median(timesOfMany), median(timesOfFew));
  }

  private static long median(List<Long> times) {
    Collections.sort(times);
    return times.get(times.size() / 2);
  }

  private static long open(Path file) {
    try (OversqliteClient client = client(file)) {
      long start = System.nanoTime();
      client.open();
      return System.nanoTime() - start;
    }
  }

  private static OversqliteClient client(Path file) {
    return OversqliteClient.builder()
        .schema(Business.APP.syncSchema())
        .store(SqliteStore.at(file))
        .server(HttpSyncServer.at("http://sync.test", new OkHttpClient()))
        .build();
  }

  /** A file whose rows the server has, all of them. */
  private static Path tracked(Path file, int rows) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String ddl : Business.DDL) {
        statement.execute(ddl);
      }
    }
    open(file);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
      statement.execute("UPDATE _sync_apply_state SET apply_mode = 1");
      statement.execute(
          "INSERT INTO person (id, first_name, last_name, email) WITH RECURSIVE n (i) AS (SELECT 1"
              + " UNION ALL SELECT i + 1 FROM n WHERE i < "
              + rows
              + ") SELECT printf('00000000-0000-4000-8000-%012d', i), 'first', 'last',"
              + " i || '@example.com' FROM n");
      statement.execute(
          "INSERT INTO _sync_row_state (schema_name, table_name, key_json, row_version)"
              + " SELECT '"
              + Business.NAME
              + "', 'person', json_object('id', id), 1 FROM person");
      statement.execute("UPDATE _sync_apply_state SET apply_mode = 0");
      statement.execute("COMMIT");
    }
    return file;
  }
}
