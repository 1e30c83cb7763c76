package dev.oversqlite4j.simulator.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.ScriptedSeams;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.seam.Seams;
import dev.oversqlite4j.simulator.seam.SimulatedCrash;
import dev.oversqlite4j.simulator.seam.Trace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

class SeamDataSourceTest {

  @TempDir Path folder;
  private int files;

  @Test
  void aCrashAtEachSeamLeavesExactlyTheCommittedRows() throws Exception {
    int crashes = 0;
    while (true) {
      int crashAt = crashes + 1;
      Path file = database();
      ScriptedSeams world = new ScriptedSeams(crashAt);
      SeamDataSource disk = disk(file, world);
      boolean finished = script(disk);
      int seams = world.met.size();

      Path image = folder.resolve("image-" + crashAt + ".db");
      DatabaseImage.copy(file, image);
      assertEquals(rowsAfter(world.met), rows(image), () -> "crash at " + world.met);
      disk.discard();
      // Neither the finally blocks nor the closing of the old connections added anything.
      assertEquals(rowsAfter(world.met), rows(file), () -> "crash at " + world.met);
      assertEquals(seams, world.met.size());
      if (finished) {
        break;
      }
      crashes++;
    }
    assertEquals(18, crashes);
  }

  /** Three transactions, one of each style; the rollback comes last. */
  private static boolean script(SeamDataSource disk) throws SQLException {
    Connection connection = disk.getConnection();
    List<Executable> afterwards = List.of(connection::rollback, connection::close);
    try {
      try (Statement statement = connection.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        statement.executeUpdate("INSERT INTO t VALUES (1, 'a')");
        statement.executeUpdate("INSERT INTO t VALUES (2, 'b')");
        statement.execute(" -- done\n COMMIT");
        statement.executeUpdate("INSERT INTO t VALUES (3, 'c')");
      }
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO t VALUES (?, ?) RETURNING id")) {
        insert.setInt(1, 4);
        insert.setString(2, "d");
        try (ResultSet rows = insert.executeQuery()) {
          rows.next();
        }
      }
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
        for (int id = 5; id <= 6; id++) {
          insert.setInt(1, id);
          insert.setString(2, "e");
          insert.addBatch();
        }
        insert.executeBatch();
      }
      connection.commit();
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
        rows.next();
        assertEquals(6, rows.getInt(1));
      }
      connection.setAutoCommit(true);
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate("DELETE FROM t");
      }
      connection.rollback();
      connection.close();
      return true;
    } catch (SimulatedCrash crash) {
      for (Executable call : afterwards) {
        assertThrows(SimulatedCrash.class, call);
      }
      assertThrows(SimulatedCrash.class, disk::getConnection);
      return false;
    }
  }

  private static int rowsAfter(List<String> met) {
    int rows = 0;
    for (String seam : met) {
      if (seam.startsWith("passed COMMIT INSERT")) {
        rows = 3;
      } else if (seam.startsWith("passed COMMIT COMMIT")) {
        rows = rows == 0 ? 2 : 6;
      }
    }
    return rows;
  }

  @Test
  void everythingFromADeadIncarnationRefuses() throws Exception {
    SeamDataSource disk = disk(database(), new ScriptedSeams());
    Connection connection = disk.getConnection();
    Statement statement = connection.createStatement();
    PreparedStatement prepared = connection.prepareStatement("INSERT INTO t VALUES (?, ?)");
    statement.execute("BEGIN IMMEDIATE");
    statement.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    ResultSet rows = connection.createStatement().executeQuery("SELECT * FROM t");
    assertTrue(rows.next());
    disk.dead();
    List<Executable> calls =
        List.of(
            () -> statement.execute("COMMIT"),
            () -> statement.executeQuery("SELECT 1"),
            () -> statement.executeUpdate("DELETE FROM t"),
            () -> statement.addBatch("DELETE FROM t"),
            statement::executeBatch,
            statement::close,
            () -> prepared.setInt(1, 1),
            prepared::execute,
            prepared::close,
            rows::next,
            () -> rows.getInt(1),
            rows::close,
            connection::commit,
            connection::rollback,
            connection::createStatement,
            connection::getAutoCommit,
            () -> connection.setAutoCommit(false),
            connection::isClosed,
            connection::close,
            disk::getConnection);
    for (Executable call : calls) {
      assertThrows(SimulatedCrash.class, call);
    }
    // The body's crash and the one from close() are two: Java forbids to suppress a throwable by
    // itself.
    assertThrows(
        SimulatedCrash.class,
        () -> {
          try (statement) {
            statement.execute("COMMIT");
          }
        });
    assertTrue(connection.toString().contains("seam"));
    disk.discard();
  }

  @Test
  void busyHandsTheTurnToTheHolderOfTheLock() throws Exception {
    Path file = database();
    ScriptedSeams world = new ScriptedSeams();
    SeamDataSource disk = disk(file, world);
    try (Connection holder = disk.getConnection();
        Connection waiter = disk.getConnection();
        Statement held = holder.createStatement();
        Statement waiting = waiter.createStatement()) {
      held.execute("BEGIN IMMEDIATE");
      int[] turns = {0};
      world.whileLocked =
          seam -> {
            assertEquals("BEGIN IMMEDIATE", seam.label());
            if (++turns[0] == 3) {
              commit(held);
            }
          };
      waiting.execute("BEGIN IMMEDIATE");
      assertEquals(3, turns[0]);
      waiting.execute("INSERT INTO t VALUES (1, 'a')");
      waiting.execute("COMMIT");
    }
    assertEquals(1, rows(file));
  }

  @Test
  void aPreparedStatementThatWasBusyRunsOnceWithItsBinds() throws Exception {
    Path file = database();
    ScriptedSeams world = new ScriptedSeams();
    SeamDataSource disk = disk(file, world);
    try (Connection holder = disk.getConnection();
        Connection waiter = disk.getConnection();
        Statement held = holder.createStatement();
        PreparedStatement insert = waiter.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
      held.execute("BEGIN IMMEDIATE");
      world.whileLocked = seam -> commit(held);
      insert.setInt(1, 7);
      insert.setString(2, "seven");
      assertEquals(1, insert.executeUpdate());
    }
    assertEquals(List.of("id=7, v='seven'"), LogicalContent.complete().dump(file).get("t"));
  }

  @Test
  void busyPassesThroughAfterTheLastRetryAndBusySnapshotAtOnce() throws Exception {
    Path file = database();
    ScriptedSeams world = new ScriptedSeams();
    SeamDataSource disk = disk(file, world);
    try (Connection holder = disk.getConnection();
        Connection other = disk.getConnection();
        Statement held = holder.createStatement();
        Statement reading = other.createStatement()) {
      held.execute("BEGIN IMMEDIATE");
      SQLiteException busy =
          assertThrows(SQLiteException.class, () -> reading.execute("BEGIN IMMEDIATE"));
      assertEquals(SQLiteErrorCode.SQLITE_BUSY, busy.getResultCode());
      assertEquals(5, world.met.stream().filter(seam -> seam.startsWith("reach LOCK")).count());

      world.met.clear();
      reading.execute("BEGIN");
      reading.executeQuery("SELECT * FROM t").close();
      held.execute("INSERT INTO t VALUES (1, 'a')");
      held.execute("COMMIT");
      SQLiteException stale =
          assertThrows(
              SQLiteException.class, () -> reading.execute("INSERT INTO t VALUES (2, 'b')"));
      assertEquals(SQLiteErrorCode.SQLITE_BUSY_SNAPSHOT, stale.getResultCode());
      assertFalse(world.met.toString().contains("LOCK"));
    }
  }

  @Test
  void readingTheContentAfterACommitTakesNoSnapshotForTheNextTransaction() throws Exception {
    SeamDataSource disk = disk(database(), new ScriptedSeams());
    try (Connection one = disk.getConnection();
        Connection two = disk.getConnection();
        Statement first = one.createStatement();
        Statement second = two.createStatement()) {
      one.setAutoCommit(false);
      first.executeUpdate("INSERT INTO t VALUES (1, 'a')");
      one.commit();
      second.executeUpdate("INSERT INTO t VALUES (2, 'b')");
      // With a snapshot from before the other commit this would be SQLITE_BUSY_SNAPSHOT.
      first.executeUpdate("INSERT INTO t VALUES (3, 'c')");
      one.commit();
    }
  }

  @Test
  void synchronousAndBusyTimeoutAreReportedButNotApplied() throws Exception {
    Path file = database();
    List<Connection> raws = new ArrayList<>();
    SeamDataSource disk =
        new SeamDataSource(
            file, new Incarnation(new ScriptedSeams()), LogicalContent.complete(), 0, raws::add);
    try (Connection connection = disk.getConnection();
        Statement statement = connection.createStatement()) {
      assertEquals(2, number(statement, "PRAGMA synchronous"));
      statement.execute("PRAGMA synchronous = NORMAL");
      statement.executeUpdate("/* app */ pragma main.busy_timeout(5000);");
      assertEquals(1, number(statement, "PRAGMA synchronous"));
      assertEquals(5000, number(statement, "PRAGMA busy_timeout"));
      try (Statement raw = raws.get(0).createStatement()) {
        assertEquals(0, number(raw, "PRAGMA synchronous"));
        assertEquals(0, number(raw, "PRAGMA busy_timeout"));
      }
      statement.execute("PRAGMA user_version = 9");
      assertEquals(9, number(statement, "PRAGMA user_version"));
    }
  }

  @Test
  void onlyCommitsOfWriteTransactionsAreTracedAsCommits() throws Exception {
    ScriptedSeams world = new ScriptedSeams();
    SeamDataSource disk = disk(database(), world);
    try (Connection connection = disk.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("SAVEPOINT s");
      statement.execute("INSERT INTO t VALUES (1, 'a')");
      statement.execute("RELEASE s");
      try (ResultSet rows = statement.executeQuery("INSERT INTO t VALUES (2, 'b') RETURNING id")) {
        while (rows.next()) {}
      }
      statement.execute("BEGIN");
      statement.executeQuery("SELECT 1").close();
      statement.execute("END");
    }
    assertEquals(
        List.of(
            "reach STATEMENT SAVEPOINT s",
            "reach STATEMENT INSERT INTO t VALUES (1, 'a')",
            "reach STATEMENT RELEASE s",
            "passed COMMIT RELEASE s",
            "reach STATEMENT INSERT INTO t VALUES (2, 'b') RETURNING id",
            "passed COMMIT RETURNING",
            "reach STATEMENT BEGIN",
            "reach STATEMENT SELECT 1",
            "reach COMMIT END",
            "passed COMMIT END"),
        world.met);
  }

  @Test
  void theTraceTellsRunsApartByBindAndByStoredValueOnly() throws Exception {
    String one = traced("x", "stored");
    assertEquals(one, traced("x", "stored"));
    assertNotEquals(one, traced("y", "stored"));
    assertNotEquals(one, traced("x", "other"));
  }

  private String traced(String bind, String storedBefore) throws Exception {
    Path file = database();
    try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + file);
        PreparedStatement insert = plain.prepareStatement("INSERT INTO t VALUES (99, ?)")) {
      insert.setString(1, storedBefore);
      insert.execute();
    }
    ScriptedSeams world = new ScriptedSeams();
    SeamDataSource disk = disk(file, world);
    try (Connection connection = disk.getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO t SELECT ?, 'fixed' WHERE ? <> ''")) {
      insert.setInt(1, 1);
      insert.setString(2, bind);
      insert.execute();
    }
    return world.trace.hex();
  }

  @Test
  void theTraceFollowsAChangedSchema() throws Exception {
    List<String> contents = new ArrayList<>();
    ScriptedSeams world = new ScriptedSeams();
    SeamDataSource disk = disk(database(), recordingCommits(world, contents));
    try (Connection connection = disk.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO t VALUES (1, 'a')");
      contents.add(LogicalContent.complete().hash(connection));
      statement.execute("ALTER TABLE t ADD COLUMN w INTEGER DEFAULT 5");
      contents.add(LogicalContent.complete().hash(connection));
      statement.execute("UPDATE t SET w = 6");
      contents.add(LogicalContent.complete().hash(connection));
      statement.execute("ALTER TABLE t RENAME TO u");
      contents.add(LogicalContent.complete().hash(connection));
    }
    assertEquals(8, contents.size());
    for (int i = 0; i < contents.size(); i += 2) {
      assertEquals(contents.get(i), contents.get(i + 1));
      assertEquals(2, Collections.frequency(contents, contents.get(i)));
    }
  }

  private static Seams recordingCommits(ScriptedSeams world, List<String> contents) {
    Trace trace =
        new Trace() {
          @Override
          public void statement(int connection, String sql, List<?> binds) {}

          @Override
          public void committed(String contentHash) {
            contents.add(contentHash);
          }

          @Override
          public void request(byte[] bytes) {}

          @Override
          public void response(byte[] bytes) {}
        };
    return new Seams() {
      @Override
      public void reach(Seam seam) {
        world.reach(seam);
      }

      @Override
      public void passed(Seam seam) {
        world.passed(seam);
      }

      @Override
      public NetworkFate fate(String label) {
        return world.fate(label);
      }

      @Override
      public Trace trace() {
        return trace;
      }
    };
  }

  @Test
  void thereIsNoWayAroundTheSeam() throws Exception {
    SeamDataSource disk = disk(database(), new ScriptedSeams());
    try (Connection connection = disk.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT 1")) {
      assertSame(connection, statement.getConnection());
      assertSame(statement, rows.getStatement());
      assertSame(connection, connection.getMetaData().getConnection());
      assertEquals(1, rows.getMetaData().getColumnCount());
      try (PreparedStatement prepared = connection.prepareStatement("SELECT ?, 2")) {
        assertEquals(2, prepared.getMetaData().getColumnCount());
        assertEquals(1, prepared.getParameterMetaData().getParameterCount());
      }
      try (ResultSet tables = connection.getMetaData().getTables(null, null, "t", null)) {
        assertTrue(tables.next());
      }
      assertSame(connection, connection.unwrap(Connection.class));
      assertFalse(connection.isWrapperFor(SQLiteConnection.class));
      SQLException refused =
          assertThrows(SQLException.class, () -> connection.unwrap(SQLiteConnection.class));
      assertTrue(refused.getMessage().contains("around the seam"));
    }
  }

  @Test
  void anImageOfAnOpenRollbackJournalDatabaseRollsBack() throws Exception {
    Path file = folder.resolve("journal.db");
    SeamDataSource disk = disk(file, new ScriptedSeams());
    Connection connection = disk.getConnection();
    try (Statement statement = connection.createStatement()) {
      // A one-page cache makes SQLite write pages of the open transaction into the main file.
      statement.execute("PRAGMA cache_size = 1");
      statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
      statement.execute("BEGIN IMMEDIATE");
      for (int id = 1; id <= 50; id++) {
        statement.execute("INSERT INTO t VALUES (" + id + ", hex(zeroblob(1000)))");
      }
      statement.execute("COMMIT");
      statement.execute("BEGIN IMMEDIATE");
      statement.execute("UPDATE t SET v = hex(randomblob(1000))");
      Path image = folder.resolve("journal-image.db");
      Files.writeString(folder.resolve("journal-image.db-wal"), "left over");
      Files.writeString(folder.resolve("journal-image.db-shm"), "left over");
      DatabaseImage.copy(file, image);
      // A reader cannot roll a hot journal back, so the image is opened for writing.
      try (Connection plain = DriverManager.getConnection("jdbc:sqlite:" + image);
          Statement reader = plain.createStatement()) {
        assertEquals(50, number(reader, "SELECT count(*) FROM t WHERE v = hex(zeroblob(1000))"));
      }
      assertFalse(Files.exists(folder.resolve("journal-image.db-wal")));
    }
    disk.discard();
  }

  private static void commit(Statement statement) {
    try {
      statement.execute("COMMIT");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private Path database() throws SQLException {
    Path file = folder.resolve("db-" + files++ + ".db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    }
    return file;
  }

  private static SeamDataSource disk(Path file, Seams world) {
    return new SeamDataSource(
        file, new Incarnation(world), LogicalContent.complete(), 5, connection -> {});
  }

  private static int rows(Path file) throws SQLException {
    return LogicalContent.complete().dump(file).get("t").size();
  }

  private static int number(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
