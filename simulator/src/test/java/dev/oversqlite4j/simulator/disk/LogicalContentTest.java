package dev.oversqlite4j.simulator.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogicalContentTest {

  @TempDir Path folder;

  @Test
  void storageClassesDiffer() throws SQLException {
    Set<String> hashes = new LinkedHashSet<>();
    List<String> literals =
        List.of(
            "NULL",
            "''",
            "x''",
            "1",
            "1.0",
            "'1'",
            "x'31'",
            "'NULL'",
            "0.0",
            "-0.0",
            "9e999",
            "0.1",
            "9007199254740993",
            "9007199254740992");
    for (String literal : literals) {
      hashes.add(
          LogicalContent.complete().hash(memory("INSERT INTO t VALUES (1, " + literal + ")")));
    }
    assertEquals(literals.size(), hashes.size());
  }

  @Test
  void theOrderOfWritingDoesNotMatter() throws SQLException {
    assertEquals(
        LogicalContent.complete()
            .hash(memory("INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'b')")),
        LogicalContent.complete()
            .hash(
                memory(
                    "INSERT INTO t VALUES (2, 'x')",
                    "INSERT INTO t VALUES (1, 'a')",
                    "UPDATE t SET v = 'b' WHERE k = 2")));
  }

  @Test
  void columnsLeftOutDoNotCount() throws SQLException {
    LogicalContent timeless = LogicalContent.without(LogicalContent.TIMES_AND_CHAIN);
    String create = "CREATE TABLE j (seq, at, chain)";
    Connection early = memory(create, "INSERT INTO j VALUES (1, 'now', 'abc')");
    Connection late = memory(create, "INSERT INTO j VALUES (1, 'then', 'def')");
    assertEquals(timeless.hash(early), timeless.hash(late));
    assertEquals(List.of("seq=1"), timeless.dump(early).get("j"));
    assertEquals(
        List.of("seq=1, at='now', chain='abc'"), LogicalContent.complete().dump(early).get("j"));
  }

  @Test
  void nothingIsEqualToNothing() throws SQLException {
    assertEquals(
        LogicalContent.none().hash(memory()),
        LogicalContent.none().hash(memory("INSERT INTO t VALUES (1, 'a')")));
  }

  @Test
  void readingAFileLeavesItsWriteAheadLogAlone() throws Exception {
    Path file = folder.resolve("a.db");
    Path image = folder.resolve("b.db");
    Path wal = folder.resolve("b.db-wal");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("CREATE TABLE t (id)");
      statement.execute("INSERT INTO t VALUES (5)");
      DatabaseImage.copy(file, image);
    }
    byte[] main = Files.readAllBytes(image);
    byte[] log = Files.readAllBytes(wal);
    assertTrue(log.length > 0);
    assertEquals(List.of("id=5"), LogicalContent.complete().dump(image).get("t"));
    assertArrayEquals(main, Files.readAllBytes(image));
    assertArrayEquals(log, Files.readAllBytes(wal));

    // A closed database has no log; its image must not keep an older one.
    DatabaseImage.copy(file, image);
    assertTrue(Files.notExists(wal));
    assertEquals(LogicalContent.complete().hash(file), LogicalContent.complete().hash(image));
  }

  private static Connection memory(String... statements) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (k, v)");
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
    return connection;
  }
}
