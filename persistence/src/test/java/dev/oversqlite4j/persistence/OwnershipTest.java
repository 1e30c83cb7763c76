package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.DatabaseAlreadyOwnedException;
import dev.oversqlite4j.OversqliteClient;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One owner per database, with real processes and SIGKILL (spec 1.1.4, W-39). */
class OwnershipTest {

  @TempDir Path directory;
  private TestDatabase db;

  /** Opens a file, begins to write to it, says so, and waits to be killed. */
  static final class Owner {
    public static void main(String[] file) throws IOException, SQLException {
      TestDatabase db = TestDatabase.at(Path.of(file[0]));
      db.client(TestDatabase.people(), new EchoServer("business")).open();
      db.run("INSERT INTO person (id) VALUES ('committed')");
      db.run("BEGIN IMMEDIATE");
      db.run("INSERT INTO person (id) VALUES ('in flight')");
      System.out.println("owned");
      // Ends by itself if nobody kills it: with its parent, the stream ends.
      System.in.read();
    }
  }

  @BeforeEach
  void create() {
    db = TestDatabase.in(directory, TestDatabase.PEOPLE);
  }

  @AfterEach
  void close() {
    db.close();
  }

  private OversqliteClient client() {
    return db.client(TestDatabase.people(), new EchoServer("business"));
  }

  private Process owner() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                db.file.toString())
            .redirectError(new File("/dev/null"))
            .start();
    BufferedReader says = process.inputReader();
    String line = says.readLine();
    while (line != null && !line.equals("owned")) {
      line = says.readLine();
    }
    assertNotNull(line, "the other process ended without owning the database");
    return process;
  }

  private FileChannel lockFile() throws IOException {
    return FileChannel.open(Path.of(db.file + ".oversqlite-lock"), StandardOpenOption.WRITE);
  }

  @Test
  void w39AnotherProcessOwnsUntilItIsKilled() throws Exception {
    Process owner = owner();
    try (OversqliteClient refused = client()) {
      assertThrows(DatabaseAlreadyOwnedException.class, refused::open);
      assertThrows(DatabaseAlreadyOwnedException.class, refused::open, "however often");
    } finally {
      owner.destroyForcibly();
    }
    assertNotEquals(0, owner.waitFor());
    // At once: nobody waits for anything, and what the dead process had in flight is gone.
    try (OversqliteClient next = client()) {
      next.open();
      assertEquals(1, next.pendingSyncStatus().pendingRowCount());
    }
    assertEquals(List.of("committed"), db.rows("SELECT id FROM person"));
  }

  @Test
  void aSecondClientOfTheProcessIsRefusedUntilTheFirstOneIsClosed() {
    try (OversqliteClient first = client();
        OversqliteClient second = client()) {
      first.open();
      assertThrows(DatabaseAlreadyOwnedException.class, second::open);
      first.close();
      second.open();
    }
  }

  /** Neither on the lock file nor, by a connection that is still open, on the database. */
  @Test
  void aClosedClientHoldsNoLock() throws Exception {
    OversqliteClient client = client();
    client.open();
    // Another class loader of this process is told apart by the operating system's lock alone.
    try (FileChannel beside = lockFile()) {
      assertThrows(RuntimeException.class, beside::tryLock);
    }
    client.close();
    try (FileChannel beside = lockFile();
        FileLock lock = beside.tryLock()) {
      assertNotNull(lock);
    }
    assertEquals(
        List.of("delete"), db.rows("PRAGMA journal_mode = DELETE"), "which needs to be alone");
    Process other = owner();
    other.destroyForcibly().waitFor();
  }
}
