package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.persistence.CrashingDataSource.Crash;
import dev.oversqlite4j.persistence.CrashingDataSource.When;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process that dies at any statement leaves a step done entirely or not at all. */
class JournaledMachineCrashTest {

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"WAL, BEFORE", "WAL, AFTER", "DELETE, BEFORE", "DELETE, AFTER"})
  void everyStatement(String journalMode, When when) throws Exception {
    List<Orders.View> expected = uninterrupted(journalMode);
    Set<Integer> reached = new TreeSet<>();
    int crashAt = 1;
    while (true) {
      Path run = Files.createDirectory(dir.resolve("run" + crashAt));
      Path file = run.resolve("app.db");
      Path copy = run.resolve("copy.db");
      Orders.createTables(Orders.file(file), journalMode);
      CrashingDataSource process =
          new CrashingDataSource(Orders.file(file), file, copy, crashAt, when);
      int acknowledged = 0;
      boolean crashed = false;
      try {
        var order = Orders.open(process.dataSource());
        Orders.pay(order);
        acknowledged = 1;
        Orders.ship(order);
        acknowledged = 2;
      } catch (Crash crash) {
        crashed = true;
      }
      if (!crashed) {
        assertEquals(expected.get(2), Orders.view(Orders.file(file)));
        break;
      }
      Orders.View found = Orders.view(Orders.file(copy));
      int steps = expected.indexOf(found);
      assertTrue(
          steps == acknowledged || steps == acknowledged + 1,
          "crash " + when + " statement " + crashAt + ": " + found);
      reached.add(steps);
      // And the machine goes on from there.
      var order = Orders.open(Orders.file(copy));
      if (steps == 0) {
        Orders.pay(order);
      }
      if (steps <= 1) {
        Orders.ship(order);
      }
      assertEquals(expected.get(2), Orders.view(Orders.file(copy)));
      assertEquals(new ChainCheck.Intact(2), SqliteJournal.over(Orders.file(copy)).verify());
      process.release();
      crashAt++;
    }
    assertEquals(when == When.BEFORE ? Set.of(0, 1) : Set.of(0, 1, 2), reached);
    assertTrue(crashAt > 20, "only " + crashAt + " statements were interrupted");
  }

  private List<Orders.View> uninterrupted(String journalMode) {
    DataSource source = Orders.file(dir.resolve("uninterrupted.db"));
    Orders.createTables(source, journalMode);
    List<Orders.View> views = new ArrayList<>();
    views.add(Orders.view(source));
    var order = Orders.open(source);
    Orders.pay(order);
    views.add(Orders.view(source));
    Orders.ship(order);
    views.add(Orders.view(source));
    assertEquals(3, Set.copyOf(views).size());
    return views;
  }
}
