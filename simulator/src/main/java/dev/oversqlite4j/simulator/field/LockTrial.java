package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import javax.sql.DataSource;
import okhttp3.OkHttpClient;
import org.sqlite.SQLiteDataSource;

/**
 * How long each operation holds the write lock of the database at a stretch, which is how long the
 * app's own writes may have to wait (property 7). Measured between the return of {@code BEGIN
 * IMMEDIATE} and the end of the commit, with everything durable. The processor time of the same
 * stretch is told beside it: on a machine that is busy with other things it says more.
 */
public final class LockTrial {

  private final int rows;
  private final Path folder;
  private final List<String> lines = new ArrayList<>();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private long began;
  private long cpuWhenBegan;
  private long longest;
  private long longestCpu;
  private long locks;

  private LockTrial(Path folder, int rows) {
    this.folder = folder;
    this.rows = rows;
  }

  /** The argument is how many rows each operation moves, ten thousand without one. */
  public static void main(String[] args) throws IOException, SQLException {
    int rows = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    Path folder = Files.createTempDirectory("oversqlite4j-lock");
    run(folder, rows).forEach(System.out::println);
    try (var files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** A line an operation. */
  static List<String> run(Path folder, int rows) throws SQLException {
    LockTrial trial = new LockTrial(folder, rows);
    ModelServer server =
        new ModelServer(
            Business.APP.serverSchema(),
            ServerLimits.july(),
            () -> Instant.now().toEpochMilli(),
            () -> UUID.randomUUID().toString());
    try (SocketServer socket = SocketServer.start(server, 0)) {
      trial.measure(socket.baseUri().toString());
    }
    return trial.lines;
  }

  private void measure(String url) throws SQLException {
    Path one = app("one.db");
    Path other = app("other.db");
    insert(one, 0);
    try (OversqliteClient first = client(one, url);
        OversqliteClient second = client(other, url)) {
      timed("first open, " + rows + " rows captured", first::open);
      timed("attach, nothing there", () -> first.attach("ada"));
      timed("push of " + rows + " rows", first::pushPending);
      second.open();
      timed("attach, a snapshot of " + rows + " rows", () -> second.attach("ada"));
      execute(one, "UPDATE person SET last_name = 'changed'");
      timed("push of " + rows + " edits", first::pushPending);
      timed("pull of a bundle of " + rows + " rows", second::pullToStable);
      execute(other, "UPDATE person SET last_name = 'again'");
      timed("rebuild with " + rows + " edits waiting", second::rebuild);
      timed("push of these", second::pushPending);
      timed("detach of " + rows + " rows", second::detach);
    }
  }

  private void timed(String what, Runnable operation) {
    longest = 0;
    longestCpu = 0;
    locks = 0;
    operation.run();
    lines.add(
        String.format(
            Locale.ROOT,
            "lock: %s: at most %.0f ms, %.0f ms of them computing (%d locks)",
            what,
            longest / 1e6,
            longestCpu / 1e6,
            locks));
  }

  private Path app(String name) throws SQLException {
    Path file = folder.resolve(name);
    for (String ddl : Business.DDL) {
      execute(file, ddl);
    }
    return file;
  }

  private void insert(Path file, int from) throws SQLException {
    execute(
        file,
        "INSERT INTO person (id, first_name, last_name, email) WITH RECURSIVE n (i) AS (SELECT "
            + from
            + " UNION ALL SELECT i + 1 FROM n WHERE i < "
            + (from + rows - 1)
            + ") SELECT printf('00000000-0000-4000-8000-%012d', i), 'first', 'last',"
            + " i || '@example.com' FROM n");
  }

  private static void execute(Path file, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute(sql);
    }
  }

  private OversqliteClient client(Path file, String url) {
    SQLiteDataSource real = new SQLiteDataSource();
    real.setUrl("jdbc:sqlite:" + file);
    OkHttpClient http =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain.request().newBuilder().header("Authorization", "Bearer ada").build()))
            .build();
    return OversqliteClient.builder()
        .schema(Business.APP.syncSchema())
        .store(SqliteStore.over(proxy(DataSource.class, real, "")))
        .server(HttpSyncServer.at(url, http))
        .build();
  }

  /** What a data source makes, connections and their statements, is watched, too. */
  private <T> T proxy(Class<T> type, T real, String prepared) {
    return type.cast(
        Proxy.newProxyInstance(
            LockTrial.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              String sql =
                  arguments != null && arguments.length > 0 && arguments[0] instanceof String text
                      ? text
                      : prepared;
              try {
                Object result = method.invoke(real, arguments);
                if (method.getName().startsWith("execute")) {
                  executed(sql);
                }
                if (result instanceof Connection connection) {
                  return proxy(Connection.class, connection, "");
                }
                if (result instanceof PreparedStatement statement) {
                  return proxy(PreparedStatement.class, statement, sql);
                }
                return result instanceof Statement statement
                    ? proxy(Statement.class, statement, "")
                    : result;
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
            }));
  }

  private void executed(String sql) {
    if (sql.equals("BEGIN IMMEDIATE")) {
      began = System.nanoTime();
      cpuWhenBegan = threads.getCurrentThreadCpuTime();
      locks++;
    } else if (began > 0 && (sql.equals("COMMIT") || sql.equals("ROLLBACK"))) {
      longest = Math.max(longest, System.nanoTime() - began);
      longestCpu = Math.max(longestCpu, threads.getCurrentThreadCpuTime() - cpuWhenBegan);
      began = 0;
    }
  }
}
