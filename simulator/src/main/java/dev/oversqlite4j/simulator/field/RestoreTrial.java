package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.persistence.ChainCheck;
import dev.oversqlite4j.persistence.SqliteJournal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.sqlite.SQLiteDataSource;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * Restores an account that is larger than the heap of the process that restores it, in processes of
 * its own, and kills them with SIGKILL on their way if asked to. In the end every row has to be
 * there as the server made it up.
 */
public final class RestoreTrial {

  private static final long LONGEST_LIFE_MINUTES = 30;

  private final Path folder;
  private final int heapMegabytes;
  private final SplittableRandom random;
  private int workers;
  private int files;

  private RestoreTrial(Path folder, int heapMegabytes, long seed) {
    this.folder = folder;
    this.heapMegabytes = heapMegabytes;
    this.random = new SplittableRandom(seed);
  }

  /**
   * What a trial took.
   *
   * @param millis how long the last process took, the one that nobody killed
   * @param residentMegabytes the most memory that process ever had; 0 where that is unknown
   * @param killed how many processes died
   * @param laterLives how many of them found work of an earlier one
   */
  public record Report(long rows, long millis, long residentMegabytes, int killed, int laterLives) {
    @Override
    public String toString() {
      return "restore: "
          + rows
          + " rows in "
          + millis
          + " ms, at most "
          + residentMegabytes
          + " MiB resident, after "
          + killed
          + " kills, "
          + laterLives
          + " of them of a process that found something; every row is there";
    }
  }

  /**
   * Runs a trial.
   *
   * @param folder where the files go; must exist
   * @param rows how many rows of 256 characters the account has
   * @param heapMegabytes what the restoring processes get
   * @param kills how many of them die
   * @throws FieldFailureException something is missing or did not end by itself
   */
  public static Report run(Path folder, long rows, int heapMegabytes, int kills, long seed) {
    return new RestoreTrial(folder, heapMegabytes, seed).run(rows, kills);
  }

  /** Arguments: rows, heap in MiB, kills, and a seed if it is to be another one than 1. */
  public static void main(String[] args) throws IOException {
    long rows = args.length > 0 ? Long.parseLong(args[0]) : 1_000_000;
    int heap = args.length > 1 ? Integer.parseInt(args[1]) : 64;
    int kills = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    long seed = args.length > 3 ? Long.parseLong(args[3]) : 1;
    Path folder = Files.createTempDirectory("oversqlite4j-restore");
    try {
      System.out.println(run(folder, rows, heap, kills, seed));
    } catch (FieldFailureException failure) {
      System.err.println("restore: FAILED, files kept in " + folder + ": " + failure);
      failure.printStackTrace();
      System.exit(1);
    }
    try (var files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private Report run(long rows, int kills) {
    try {
      unpackSqlite();
      Path file = newFile();
      int found = 0;
      Process server = java(128, GeneratedAccount.class, List.of(Long.toString(rows)), "server");
      try (BufferedReader base = server.inputReader()) {
        String url = base.readLine();
        long lifeMillis = kills == 0 ? 0 : await(start(newFile(), url)).millis();
        for (int killed = 0; killed < kills; killed++) {
          found += staged(file) > 0 ? 1 : 0;
          if (kill(start(file, url), lifeMillis)) {
            requireWholeJournal(file);
          } else {
            // It was faster than the signal; the next one starts from nothing.
            requireEveryRow(file, rows);
            file = newFile();
          }
        }
        Ended last = await(start(file, url));
        requireEveryRow(file, rows);
        return new Report(rows, last.millis(), last.residentMegabytes(), kills, found);
      } finally {
        server.destroyForcibly();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (SQLException failed) {
      throw new FieldFailureException("a file cannot be read", failed);
    }
  }

  // --- Processes -------------------------------------------------------------------------------

  private record Ended(long millis, long residentMegabytes) {}

  private Process start(Path file, String url) throws IOException {
    workers++;
    return java(
        heapMegabytes, RestoreWorker.class, List.of(file.toString(), url), "worker-" + workers);
  }

  private Process java(int heap, Class<?> main, List<String> arguments, String name)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap + "m",
                "-XX:+UseSerialGC",
                "-Dorg.sqlite.lib.path=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(errors(name).toFile()).start();
  }

  private Path errors(String name) {
    return folder.resolve(name + ".err");
  }

  /** Waits for one that nobody kills. */
  private Ended await(Process worker) throws IOException {
    try (BufferedReader out = worker.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals("restored")) {
          ended(worker, LONGEST_LIFE_MINUTES, TimeUnit.MINUTES);
          return new Ended(Long.parseLong(words[2]), Long.parseLong(words[3]));
        }
      }
    } finally {
      worker.destroyForcibly();
    }
    throw new FieldFailureException(
        "a process did not restore the account:\n" + Files.readString(errors("worker-" + workers)));
  }

  /** Returns whether the signal was faster than the process. */
  private boolean kill(Process worker, long lifeMillis) throws IOException {
    boolean ended = ended(worker, random.nextLong(lifeMillis) + 1, TimeUnit.MILLISECONDS);
    if (ended && worker.exitValue() != 0) {
      throw new FieldFailureException(
          "a process failed by itself:\n" + Files.readString(errors("worker-" + workers)));
    }
    worker.toHandle().destroyForcibly();
    ended(worker, LONGEST_LIFE_MINUTES, TimeUnit.MINUTES);
    return !ended;
  }

  private static boolean ended(Process process, long time, TimeUnit unit) {
    try {
      return process.waitFor(time, unit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FieldFailureException("interrupted", e);
    }
  }

  /** Unpacked once: a process that is killed would leave it behind. */
  private void unpackSqlite() throws IOException {
    String library = LibraryLoaderUtil.getNativeLibName();
    String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + library;
    try (InputStream in = LibraryLoaderUtil.class.getResourceAsStream(resource)) {
      Files.copy(in, folder.resolve(library));
    }
  }

  // --- Files -----------------------------------------------------------------------------------

  private static Connection open(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  private Path newFile() throws SQLException {
    Path file = folder.resolve("app-" + files++ + ".db");
    try (Connection connection = open(file);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE item (id TEXT PRIMARY KEY NOT NULL, body TEXT)");
      // Gives way to the account.
      statement.execute(
          "INSERT INTO item VALUES ('ffffffff-0000-4000-8000-000000000000', 'anonymous')");
    }
    return file;
  }

  private static long staged(Path file) throws SQLException {
    try (Connection connection = open(file);
        Statement statement = connection.createStatement()) {
      try (ResultSet table =
          statement.executeQuery(
              "SELECT 1 FROM sqlite_schema WHERE name = '_sync_snapshot_stage'")) {
        if (!table.next()) {
          return 0;
        }
      }
      try (ResultSet row =
          statement.executeQuery("SELECT count(*) FROM _sync_snapshot_stage LIMIT 1")) {
        return row.getLong(1);
      }
    }
  }

  private static void requireWholeJournal(Path file) {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    if (SqliteJournal.over(source).verify() instanceof ChainCheck.Broken broken) {
      throw new FieldFailureException("the journal is broken: " + broken);
    }
  }

  private static void requireEveryRow(Path file, long rows) throws SQLException {
    requireWholeJournal(file);
    try (Connection connection = open(file);
        Statement statement = connection.createStatement()) {
      long n = 0;
      try (ResultSet row = statement.executeQuery("SELECT id, body FROM item ORDER BY id")) {
        while (row.next()) {
          n++;
          if (!row.getString(1).equals(GeneratedAccount.key(n))
              || !row.getString(2).equals(GeneratedAccount.body(n))) {
            throw new FieldFailureException("row " + n + " is not the server's");
          }
        }
      }
      if (n != rows) {
        throw new FieldFailureException("there are " + n + " rows instead of " + rows);
      }
      try (ResultSet left =
          statement.executeQuery(
              "SELECT (SELECT count(*) FROM _sync_snapshot_stage) + (SELECT count(*) FROM"
                  + " _sync_dirty_rows), (SELECT count(*) FROM _sync_row_state)")) {
        if (left.getLong(1) != 0 || left.getLong(2) != rows) {
          throw new FieldFailureException("the sync tables do not fit the rows");
        }
      }
    }
  }
}
