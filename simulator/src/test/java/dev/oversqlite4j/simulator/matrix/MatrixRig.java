package dev.oversqlite4j.simulator.matrix;

import dev.oversqlite4j.AutomaticDownloadOptions;
import dev.oversqlite4j.AutomaticDownloads;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.WatchMode;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.disk.DatabaseImage;
import dev.oversqlite4j.simulator.disk.LogicalContent;
import dev.oversqlite4j.simulator.disk.SeamDataSource;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.network.SimulatedNetwork;
import dev.oversqlite4j.simulator.seam.HashTrace;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.seam.Seams;
import dev.oversqlite4j.simulator.seam.SimulatedCrash;
import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.State;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import okhttp3.OkHttpClient;

/** Files in every durable state that public calls and crashes lead to, and processes on them. */
final class MatrixRig {

  static final String USER = "ann";

  private static final long NOW = 1_800_000_000_000L;

  private final Path folder;
  private final SplittableRandom random = new SplittableRandom(5);
  private int files;

  MatrixRig(Path folder) {
    this.folder = folder;
  }

  /** A file and what the server remembers; both are copied, never used. */
  record Image(Path file, State server) {}

  // --- Processes -------------------------------------------------------------------------------

  /** A process on a file. */
  final class Process implements AutoCloseable {
    final OversqliteClient client;
    final ModelServer server;
    private final Path file;
    private final SeamDataSource disk;
    private final List<WireRequest> sent = new ArrayList<>();
    private String signedIn = USER;
    private Runnable background = () -> {};
    private boolean ticking;

    /** Runs after every commit of the client, which does not know of it yet; may throw. */
    Runnable afterCommit = () -> {};

    /** What becomes of a request, by its label. */
    Function<String, NetworkFate> fate = label -> NetworkFate.DELIVER;

    /** Runs when a request has arrived, before the server acts on it. */
    Consumer<WireRequest> arriving = request -> {};

    /** The answer a client gets instead of the server's. */
    UnaryOperator<Reply> answer = UnaryOperator.identity();

    private Process(Path file, State earlier, Optional<String> dyingAfter) {
      this.file = file;
      this.server = server();
      server.restore(earlier);
      Incarnation incarnation = new Incarnation(new RigSeams(this, dyingAfter));
      this.disk = new SeamDataSource(file, incarnation, LogicalContent.none(), 10, raw -> {});
      OkHttpClient http =
          new SimulatedNetwork(
                  incarnation,
                  (method, target, headers, body) -> {
                    WireRequest request = WireRequest.of(method, target, headers, body);
                    sent.add(request);
                    arriving.accept(request);
                    WireResponse real = server.handle(request);
                    return answer.apply(new Reply(real.status(), real.headers(), real.body()));
                  })
              .newClientBuilder()
              .addInterceptor(
                  chain ->
                      chain.proceed(
                          chain
                              .request()
                              .newBuilder()
                              .header("Authorization", "Bearer " + signedIn)
                              .build()))
              .build();
      this.client =
          OversqliteClient.builder()
              .schema(Business.APP.syncSchema())
              .store(SqliteStore.over(disk))
              .server(HttpSyncServer.at("http://sync.test", http))
              .options(
                  SyncOptions.builder()
                      .clock(() -> Instant.ofEpochMilli(NOW))
                      .sleeper(this::sleep)
                      .worker(
                          (name, work) -> {
                            background = work;
                            return () -> {};
                          })
                      .idSource(new Ids())
                      .ownershipLock(database -> Optional.of(() -> {}))
                      .build())
              .build();
    }

    /** The first sleep of a round of automatic downloads ends it. */
    private void sleep(Duration duration) throws InterruptedException {
      if (ticking) {
        throw new InterruptedException();
      }
    }

    /** One round of automatic downloads, on this thread. */
    void tick() {
      AutomaticDownloads downloads =
          client.startAutomaticDownloads(
              AutomaticDownloadOptions.builder().watch(WatchMode.OFF).build());
      ticking = true;
      background.run();
      ticking = false;
      downloads.close();
    }

    /** What the app's own login does: the server sees another user from now on. */
    void signIn(String user) {
      signedIn = user;
    }

    int requests() {
      return sent.size();
    }

    /** What reached the server, oldest first. */
    List<WireRequest> sent() {
      return List.copyOf(sent);
    }

    /** The first column of a query. */
    List<String> query(String sql) {
      return MatrixRig.query(file, sql);
    }

    /** The trigger of the journal's last row. */
    String lastTrigger() {
      return head(file).orElse("");
    }

    Path file() {
      return file;
    }

    /** What the app does on a connection of its own. */
    void write(String sql) {
      execute(file, sql);
    }

    /** Every row of every table but the journal, as SQL text. */
    List<String> content() {
      return MatrixRig.content(file);
    }

    @Override
    public void close() throws SQLException {
      client.close();
      disk.discard();
    }
  }

  private ModelServer server() {
    return new ModelServer(
        Business.APP.serverSchema(), ServerLimits.july(), () -> NOW, () -> new Ids().newUuid());
  }

  private final class Ids implements IdSource {
    @Override
    public String newUuid() {
      return new UUID(
              (random.nextLong() & ~0xf000L) | 0x4000L,
              (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L)
          .toString();
    }

    @Override
    public double jitter() {
      return 0;
    }
  }

  /** Ends the process right after the commit whose journal row has a trigger, if one is given. */
  private record RigSeams(Process process, Optional<String> dyingAfter) implements Seams {

    @Override
    public void reach(Seam seam) {}

    @Override
    public void passed(Seam seam) {
      if (seam.kind() != Seam.Kind.COMMIT) {
        return;
      }
      if (dyingAfter.isPresent() && dyingAfter.equals(head(process.file))) {
        throw new SimulatedCrash(seam);
      }
      process.afterCommit.run();
    }

    @Override
    public NetworkFate fate(String label) {
      return process.fate.apply(label);
    }

    @Override
    public Trace trace() {
      return new HashTrace();
    }
  }

  /** A new process on a copy of the image. */
  Process on(Image image) {
    Path copy = newFile();
    copy(image.file(), copy);
    return new Process(copy, image.server(), Optional.empty());
  }

  // --- Images ----------------------------------------------------------------------------------

  /** The app before it ever used the client, with a row, and a server that knows nobody. */
  Image virgin() {
    return new Image(newApp(1), server().state());
  }

  /** The same, and somebody has seeded the account. */
  Image accountInUse() {
    Image other = after(new Image(newApp(2), server().state()), MatrixRig::attachedAndSynced);
    return new Image(newApp(1), other.server());
  }

  /** The same file after plain SQL of somebody else. */
  Image changed(Image image, String... sql) {
    Path copy = newFile();
    copy(image.file(), copy);
    for (String statement : sql) {
      execute(copy, statement);
    }
    return new Image(copy, image.server());
  }

  /** What a process leaves that does this and ends in good order. */
  Image after(Image image, Consumer<Process> doing) {
    try (Process process = on(image)) {
      doing.accept(process);
      process.client.close();
      return left(process);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a process leaves that does this and dies when the trigger is committed. */
  Image dyingAfter(String trigger, Image image, Consumer<Process> doing) {
    Path copy = newFile();
    copy(image.file(), copy);
    Process process = new Process(copy, image.server(), Optional.of(trigger));
    try {
      doing.accept(process);
    } catch (SimulatedCrash crash) {
      Image left = left(process);
      try {
        process.disk.discard();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return left;
    }
    throw new AssertionError(trigger + " was never committed");
  }

  static void attached(Process process) {
    process.client.open();
    process.client.attach(USER);
  }

  static void attachedAndSynced(Process process) {
    attached(process);
    process.client.sync();
  }

  /** What a process has left so far. */
  Image left(Process process) {
    Path left = newFile();
    copy(process.file, left);
    return new Image(left, process.server.state());
  }

  private Path newApp(int row) {
    Path file = newFile();
    List<String> sql = new ArrayList<>(List.of("PRAGMA journal_mode=WAL"));
    sql.addAll(Business.DDL);
    sql.add(insert(row));
    sql.forEach(statement -> execute(file, statement));
    return file;
  }

  /** SQL of a new row. */
  static String insert(int row) {
    return "INSERT INTO person(id, first_name, last_name) VALUES ('"
        + Business.APP.tables().get(0).wireKey(row)
        + "', '"
        + Business.tag(row)
        + "', 'x')";
  }

  private Path newFile() {
    return folder.resolve("file" + files++ + ".db");
  }

  private static void copy(Path from, Path to) {
    try {
      DatabaseImage.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // --- Plain SQL -------------------------------------------------------------------------------

  private static void execute(Path file, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private static Optional<String> head(Path file) {
    if (query(file, "SELECT 1 FROM sqlite_master WHERE name = '_fsm_journal'").isEmpty()) {
      return Optional.empty();
    }
    return query(
            file,
            "SELECT \"trigger\" FROM _fsm_journal WHERE machine = 'oversqlite/lifecycle'"
                + " ORDER BY seq DESC LIMIT 1")
        .stream()
        .findFirst();
  }

  /** The durable state the journal ends at. */
  static String state(Image image) {
    return query(
            image.file(),
            "SELECT to_state FROM _fsm_journal WHERE machine = 'oversqlite/lifecycle'"
                + " ORDER BY seq DESC LIMIT 1")
        .get(0);
  }

  private static List<String> content(Path file) {
    return reading(
        file,
        statement -> {
          List<String> content = new ArrayList<>();
          for (String table :
              query(
                  statement,
                  "SELECT name FROM sqlite_master WHERE type = 'table'"
                      + " AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
                      + " AND name <> '_fsm_journal' ORDER BY name")) {
            List<String> columns =
                query(
                    statement,
                    "SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('" + table + "')");
            String row = String.join(" || '|' || ", columns);
            query(statement, "SELECT " + row + " FROM \"" + table + "\" ORDER BY 1")
                .forEach(line -> content.add(table + ": " + line));
          }
          return content;
        });
  }

  private static List<String> query(Path file, String sql) {
    return reading(file, statement -> query(statement, sql));
  }

  private static List<String> query(Statement statement, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  @FunctionalInterface
  private interface Reading {
    List<String> with(Statement statement) throws SQLException;
  }

  private static List<String> reading(Path file, Reading reading) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      return reading.with(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
