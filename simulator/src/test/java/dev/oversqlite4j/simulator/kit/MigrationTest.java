package dev.oversqlite4j.simulator.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.SimulationReport.Failure;
import dev.oversqlite4j.simulator.Simulator;
import dev.oversqlite4j.simulator.junit.SimulationTest;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Disturbance;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Later versions of a user's own app: what their migrations may do, and what is found. */
class MigrationTest {

  private static final String TABLES =
      """
      -- @@{ enableSync=true }
      CREATE TABLE todo (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, rank INTEGER)""";

  private static final String DUE = "ALTER TABLE todo ADD COLUMN due TEXT";

  @TempDir Path folder;

  private Simulator.Builder todos() {
    return Simulator.builder().schema("app", TABLES).artefacts(folder);
  }

  private static String copied(String which) {
    return """
        CREATE TABLE todo_2 (
          id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, rank INTEGER, due TEXT);
        INSERT INTO todo_2 SELECT id, title, rank, due FROM todo %s;
        DROP TABLE todo;
        ALTER TABLE todo_2 RENAME TO todo;
        CREATE INDEX todo_by_due ON todo (due)"""
        .formatted(which);
  }

  @SimulationTest(seeds = 30)
  void migrationsThatKeepTheRowsHold(Simulator.Builder described) {
    described
        .schema("app", TABLES)
        .migration(DUE)
        .migration(copied(""))
        // Speaks of a column that the first version does not have.
        .invariant("due is text", "SELECT 1 FROM todo WHERE typeof(due) NOT IN ('text', 'null')");
  }

  @Test
  void aMigrationThatLosesRowsIsFound() {
    Failure failure =
        todos()
            .migration(DUE)
            .migration(copied("WHERE rank IS NOT NULL"))
            .seeds(200)
            .run()
            .failure()
            .orElseThrow();
    assertTrue(
        failure.plan().steps().stream()
            .anyMatch(step -> step.command().equals(new Command.Disturb(Disturbance.ADD_COLUMN))),
        failure::toString);
    // The same plan without the mistake.
    assertTrue(
        todos()
            .migration(DUE)
            .migration(copied(""))
            .plan(failure.file())
            .run()
            .failure()
            .isEmpty());
    Failure again =
        todos()
            .migration(DUE)
            .migration(copied("WHERE rank IS NOT NULL"))
            .plan(failure.file())
            .run()
            .failure()
            .orElseThrow();
    assertEquals(failure.message(), again.message());
  }

  @Test
  void aMigrationThatBreaksAPromiseIsFound() {
    Failure failure =
        todos()
            .migration("CREATE TABLE counted AS SELECT count(*) AS n FROM todo")
            .invariant("nothing was there before", "SELECT 1 FROM counted WHERE n > 0")
            .seeds(200)
            .run()
            .failure()
            .orElseThrow();
    assertEquals(0, failure.property(), failure::toString);
    assertTrue(failure.plan().steps().size() <= 2, failure::toString);
  }

  @Test
  void whatCannotBeSimulatedIsSaid() {
    refused("ALTER TABLE todo DROP COLUMN rank", "todo loses or changes a column");
    refused("ALTER TABLE todo ADD COLUMN due TEXT NOT NULL DEFAULT ''", "must be nullable");
    refused("ALTER TABLE todo ADD COLUMN due TEXT DEFAULT ''", "no default");
    refused("ALTER TABLE tudo ADD COLUMN due TEXT", "no such table");
  }

  private void refused(String migration, String why) {
    InvalidSimulationException refused =
        assertThrows(
            InvalidSimulationException.class, () -> todos().migration(migration).seeds(1).run());
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }
}
