package dev.oversqlite4j.simulator.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.disk.WriteAheadLog.Position;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteAheadLogTest {

  private static final int COMMITS = 6;
  private static final int SYNCED = 3;

  @TempDir Path folder;

  @FunctionalInterface
  private interface Damage {
    void at(Path copy, Position synced, long bytes) throws Exception;
  }

  /** Wherever the tail is cut, what was synced is there, and of the rest a prefix. */
  @Test
  void aCutLosesASuffixOfWhatWasNotSynced() throws Exception {
    // The last step stops short of the end, so the last commit is never whole.
    assertEquals(List.of(3, 4, 5), left(WriteAheadLog::cut));
  }

  @Test
  void garbageEndsTheLogWhereItIs() throws Exception {
    assertEquals(List.of(3, 4, 5), left(WriteAheadLog::garble));
  }

  /** A checkpoint moves everything into the file, and the next commit begins the log anew. */
  @Test
  void aLogThatIsBegunAnewHasAnotherSalt() throws Exception {
    Path database = folder.resolve("anew.db");
    try (Connection connection = open(database)) {
      insert(connection, 1);
      Position before = WriteAheadLog.reach(database).orElseThrow().committed();
      run(connection, "PRAGMA wal_checkpoint(RESTART)");
      assertEquals(
          before,
          WriteAheadLog.reach(database).map(WriteAheadLog.Reach::backfilled).orElse(before));
      insert(connection, 2);
      WriteAheadLog.Reach after = WriteAheadLog.reach(database).orElseThrow();
      assertTrue(after.committed().salt() != before.salt());
      assertEquals(0, after.backfilled().frame());
      assertTrue(after.committed().frame() > 0);
    }
  }

  /** How many rows are left, over every byte at which the unsynced tail can be damaged. */
  private List<Integer> left(Damage damage) throws Exception {
    Path database = folder.resolve("app.db");
    TreeSet<Integer> left = new TreeSet<>();
    try (Connection connection = open(database)) {
      Position synced = null;
      for (int n = 1; n <= COMMITS; n++) {
        insert(connection, n);
        if (n == SYNCED) {
          synced = WriteAheadLog.reach(database).orElseThrow().committed();
        }
      }
      Position end = WriteAheadLog.reach(database).orElseThrow().committed();
      long tail = WriteAheadLog.bytesBetween(database, synced, end);
      List<Integer> inOrder = new ArrayList<>();
      for (long bytes = 0; bytes < tail; bytes += 97) {
        Path copy = folder.resolve("copy.db");
        DatabaseImage.copy(database, copy);
        damage.at(copy, synced, bytes);
        inOrder.add(rows(copy));
      }
      assertEquals(inOrder.stream().sorted().toList(), inOrder, "a later damage leaves no less");
      left.addAll(inOrder);
    }
    return List.copyOf(left);
  }

  private static Connection open(Path database) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
    run(connection, "PRAGMA page_size = 1024");
    run(connection, "PRAGMA journal_mode = WAL");
    run(connection, "CREATE TABLE t (x TEXT)");
    return connection;
  }

  private static void insert(Connection connection, int n) throws SQLException {
    run(connection, "INSERT INTO t VALUES ('" + n + "x".repeat(1500) + "')");
  }

  private static int rows(Path database) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
      return row.getInt(1);
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
