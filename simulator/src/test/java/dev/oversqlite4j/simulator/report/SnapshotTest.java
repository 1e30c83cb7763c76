package dev.oversqlite4j.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.simulator.report.Snapshot.CellChange;
import dev.oversqlite4j.simulator.report.Snapshot.RowChange;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {

  @TempDir Path folder;

  @Test
  void tellsRowsApartByTheirKeysAndValuesByTheirType() throws SQLException {
    Path file = folder.resolve("a.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(a INTEGER, b TEXT, c, updated_at, PRIMARY KEY (b, a))");
      statement.execute("CREATE TABLE keyless(x)");
      statement.execute("INSERT INTO t VALUES (9, 'k', 1, 0), (10, 'k', 1, 0), (11, 'k', 1, 0)");
      Snapshot before = Snapshot.of(file);
      statement.execute("UPDATE t SET c = '1' WHERE a = 10");
      statement.execute("UPDATE t SET c = NULL WHERE a = 9");
      statement.execute("UPDATE t SET updated_at = 5");
      statement.execute("DELETE FROM t WHERE a = 11");
      statement.execute("INSERT INTO keyless VALUES (x'00ff')");

      List<RowChange> changes = Snapshot.of(file).since(before);

      assertEquals(
          List.of(
              "keyless ADDED x:-→x'00ff'",
              "t CHANGED a:-→9 b:-→'k' c:1→NULL",
              "t CHANGED a:-→10 b:-→'k' c:1→'1'",
              "t REMOVED a:11→- b:'k'→- c:1→-"),
          changes.stream().map(SnapshotTest::text).toList());
      assertEquals(List.of(), Snapshot.of(file).since(Snapshot.of(file)));
    }
  }

  private static String text(RowChange change) {
    return change.table()
        + " "
        + change.kind()
        + " "
        + change.cells().stream().map(SnapshotTest::text).collect(Collectors.joining(" "));
  }

  private static String text(CellChange cell) {
    return cell.column() + ":" + cell.before().orElse("-") + "→" + cell.after().orElse("-");
  }
}
