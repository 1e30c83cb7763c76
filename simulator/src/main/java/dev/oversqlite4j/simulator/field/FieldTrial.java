package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.disk.DatabaseImage;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Scope;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import okhttp3.OkHttpClient;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * Two devices of one user, each a real process on a real file behind a real socket, killed again
 * and again with SIGKILL. The file is judged after every kill, on a copy, so that the next process
 * finds it exactly as the dead one left it; in the end everything must be at the server and on
 * every device.
 *
 * <p>The seed fixes what is written and after which line of output a worker dies; where in its work
 * the signal hits it is up to the operating system.
 */
public final class FieldTrial {

  private static final String USER = "field-user";

  /** Values of one life; no life gets anywhere near that many writes. */
  private static final int VALUES_PER_LIFE = 1_000_000;

  private final Path folder;
  private final SplittableRandom random;
  private final ModelServer server;
  private final Map<String, Integer> killedDuring = new TreeMap<>();
  private int lives;

  private FieldTrial(Path folder, long seed) {
    this.folder = folder;
    this.random = new SplittableRandom(seed);
    SplittableRandom ids = random.split();
    this.server =
        new ModelServer(
            Business.APP.serverSchema(),
            ServerLimits.july(),
            System::currentTimeMillis,
            () -> new UUID(ids.nextLong(), ids.nextLong()).toString());
  }

  /** A device: its file and what its app was promised. */
  private record Victim(Path file, int firstRow, FieldLedger ledger) {}

  /**
   * Runs a trial.
   *
   * @param folder where the files go; must exist
   * @param kills how many workers die, at least 1
   * @throws FieldFailureException at the first thing that does not hold
   */
  public static FieldReport run(Path folder, int kills, long seed) {
    FieldTrial trial = new FieldTrial(folder, seed);
    try (SocketServer socket = SocketServer.start(trial.server, 0)) {
      return trial.run(kills, socket.baseUri());
    }
  }

  /** Arguments: number of kills, and a seed if it is to be another one than 1. */
  public static void main(String[] args) throws IOException {
    int kills = args.length > 0 ? Integer.parseInt(args[0]) : 100;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
    Path folder = Files.createTempDirectory("oversqlite4j-field");
    try {
      System.out.println(run(folder, kills, seed));
    } catch (FieldFailureException failure) {
      System.err.println(
          "field: FAILED with seed " + seed + ", files kept in " + folder + ": " + failure);
      failure.printStackTrace();
      System.exit(1);
    }
    try (var files = Files.walk(folder)) {
      for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private FieldReport run(int kills, URI base) {
    unpackSqlite();
    Victim seeder = new Victim(newFile("seeder.db"), 0, new FieldLedger());
    Victim joiner = new Victim(newFile("joiner.db"), 1000, new FieldLedger());
    for (int i = 0; i < kills; i++) {
      // The second device joins an account that has data, so that it has to replace its own.
      boolean joinable = server.scope(USER) instanceof Scope.Initialized;
      kill(joinable && random.nextInt(3) == 0 ? joiner : seeder, base);
    }
    settle(List.of(seeder, joiner), base);
    return new FieldReport(
        kills,
        killedDuring,
        seeder.ledger().transactions() + joiner.ledger().transactions(),
        server.latestBundleSeq(USER));
  }

  // --- Killing ---------------------------------------------------------------------------------

  /**
   * When a worker dies.
   *
   * @param prefix the lines that count
   * @param lines after how many of them
   * @param extraChars how much more of its output is read before the signal
   */
  private record Doom(String prefix, int lines, int extraChars) {

    static Doom draw(SplittableRandom random) {
      // Without extra the signal races with what the line announced, with extra it waits for news.
      int extra = random.nextBoolean() ? 0 : random.nextInt(40);
      return switch (random.nextInt(4)) {
        case 0 -> new Doom("", 1 + random.nextInt(8), extra);
        case 1 -> new Doom("request", 1 + random.nextInt(20), extra);
        case 2 -> new Doom("answer", 1 + random.nextInt(20), extra);
        default -> new Doom("", 1 + random.nextInt(90), extra);
      };
    }
  }

  private void kill(Victim victim, URI base) {
    lives++;
    Doom doom = Doom.draw(random);
    Path errors = folder.resolve("worker-" + lives + ".err");
    try {
      Process process = start(victim, base, errors);
      try {
        List<String> heard = listen(process, doom, errors);
        heard.forEach(victim.ledger()::heard);
        victim.ledger().died();
        killedDuring.merge(doing(heard), 1, Integer::sum);
      } finally {
        process.destroyForcibly();
      }
      Path copy = folder.resolve("copy-" + victim.file().getFileName());
      DatabaseImage.copy(victim.file(), copy);
      FieldChecks.file(copy, victim.ledger());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Unpacked once: a worker would spend half its life on it, and leave it behind when killed. */
  private void unpackSqlite() {
    String library = LibraryLoaderUtil.getNativeLibName();
    String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + library;
    try (InputStream in = LibraryLoaderUtil.class.getResourceAsStream(resource)) {
      Files.copy(in, folder.resolve(library));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process start(Victim victim, URI base, Path errors) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // Workers live for a second: what counts is how fast they start.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Dorg.sqlite.lib.path=" + folder,
            "-cp",
            System.getProperty("java.class.path"),
            FieldWorker.class.getName(),
            victim.file().toString(),
            base.toString(),
            USER,
            Long.toString(random.nextLong()),
            Integer.toString(victim.firstRow()),
            Integer.toString(lives * VALUES_PER_LIFE))
        .redirectError(errors.toFile())
        .start();
  }

  /** Every complete line the worker got out, up to its death at our hands. */
  private List<String> listen(Process process, Doom doom, Path errors) throws IOException {
    List<String> heard = new ArrayList<>();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder line = new StringBuilder();
    int counted = 0;
    int extra = doom.extraChars();
    boolean killed = false;
    while (true) {
      if (!killed && counted == doom.lines() && extra == 0) {
        // Not Process.destroyForcibly: it closes the stream with lines nobody has read yet.
        process.toHandle().destroyForcibly();
        killed = true;
      }
      int next = out.read();
      if (next < 0) {
        break;
      }
      if (counted == doom.lines() && extra > 0) {
        extra--;
      }
      if (next != '\n') {
        line.append((char) next);
        continue;
      }
      if (counted < doom.lines() && line.toString().startsWith(doom.prefix())) {
        counted++;
      }
      heard.add(line.toString());
      line.setLength(0);
    }
    await(process);
    if (!killed) {
      throw new FieldFailureException(
          "a worker ended by itself after "
              + heard.subList(Math.max(0, heard.size() - 5), heard.size())
              + ":\n"
              + Files.readString(errors));
    }
    return heard;
  }

  private static void await(Process process) {
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FieldFailureException("interrupted", e);
    }
  }

  private static String doing(List<String> heard) {
    String doing = "start";
    for (String line : heard) {
      if (line.startsWith("calling ")) {
        doing = line.substring("calling ".length());
      } else if (line.startsWith("writing ")) {
        doing = "write";
      } else if (line.equals("wrote") || line.endsWith(" done")) {
        doing = "between";
      }
    }
    return doing;
  }

  // --- Afterwards ------------------------------------------------------------------------------

  /** Faults are over: healthy clients sync twice, and a device that has never been there joins. */
  private void settle(List<Victim> victims, URI base) {
    for (int round = 0; round < 2; round++) {
      victims.forEach(victim -> syncTwice(victim.file(), base));
    }
    Path fresh = newFile("fresh.db");
    syncTwice(fresh, base);
    FieldChecks.bundles(server, USER);
    FieldChecks.Look reference = FieldChecks.file(fresh, new FieldLedger());
    FieldChecks.settled(fresh, reference, server, USER);
    for (Victim victim : victims) {
      victim.ledger().requireKept(FieldChecks.serverRows(server, USER), "at the server");
      FieldChecks.Look look = FieldChecks.file(victim.file(), victim.ledger());
      FieldChecks.settled(victim.file(), look, server, USER);
      if (!look.content().equals(reference.content())) {
        throw new FieldFailureException(
            victim.file().getFileName() + " and a fresh device show different rows");
      }
    }
  }

  private void syncTwice(Path file, URI base) {
    OkHttpClient http =
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
    try (OversqliteClient client =
        OversqliteClient.builder()
            .schema(Business.APP.syncSchema())
            .store(SqliteStore.at(file))
            .server(HttpSyncServer.at(base.toString(), http))
            .build()) {
      client.open();
      if (client.attach(USER) instanceof AttachResult.RetryLater) {
        throw new FieldFailureException("a healthy device is told to retry later");
      }
      client.sync();
      client.sync();
    } finally {
      http.dispatcher().executorService().shutdown();
      http.connectionPool().evictAll();
    }
  }

  /** What the app had before it ever used this library. */
  private Path newFile(String name) {
    Path file = folder.resolve(name);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String ddl : Business.DDL) {
        statement.execute(ddl);
      }
    } catch (SQLException e) {
      throw new FieldFailureException("cannot create " + name, e);
    }
    return file;
  }
}
