package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.simulator.Invariant;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.InvalidPlanException;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlannedTable;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerSchema;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The app whose sync is simulated: its tables on both sides, and what its writes put into a row.
 * Immutable and safe for use by several threads.
 */
public interface SimulatedApp {

  /** What the app creates before it ever opens the client. */
  List<String> ddl();

  /** The client's view of the tables. */
  SyncSchema syncSchema();

  /** The server's view of the tables. */
  ServerSchema serverSchema();

  /** The synced tables, parents before their children. */
  List<AppTable> tables();

  /** The columns that came with a later version of the app. */
  default List<AppTable.Later> laterColumns() {
    return List.of();
  }

  /**
   * What the later versions of the app do to its tables, one SQL text a version. An app without
   * them has {@link #laterColumns} alone, and adds those.
   */
  default List<String> migrations() {
    return List.of();
  }

  /** What a write puts into a row, the key left out. */
  List<Assignment> assignments(AppTable table, int row, int value);

  /** How a process decides conflicts, if that is not for the plan to say. */
  default Optional<Resolver> newResolver() {
    return Optional.empty();
  }

  /** What the app promises about its tables, by name. */
  default Map<String, Invariant> invariants() {
    return Map.of();
  }

  /**
   * One column, the SQL expression it gets and the value bound into that.
   *
   * @param bind may be null, which is SQL's NULL
   */
  record Assignment(String column, String expression, Object bind) {

    private static final long DOUBLES_EXACT_MAX = 1L << 53;

    /**
     * What an app keeps to that speaks to this revision: integers of June go through a double
     * (wire-protocol 4.4), so those beyond 2^53 come back as others, or not at all.
     */
    Object bind(Revision revision) {
      return revision == Revision.JUNE_2026 && bind instanceof Long integer
          ? (Object) Math.max(-DOUBLES_EXACT_MAX, Math.min(DOUBLES_EXACT_MAX, integer))
          : bind;
    }
  }

  /** A table by its name, however that is spelt. */
  default Optional<AppTable> table(String name) {
    return tables().stream().filter(table -> table.name().equalsIgnoreCase(name)).findFirst();
  }

  /** The table of a write of a plan that {@link #check} has let pass. */
  default AppTable table(RowWrite write) {
    return table(write.table()).orElseThrow();
  }

  /** The tables as generated plans write to them. */
  default List<PlannedTable> plannedTables() {
    return tables().stream()
        .map(
            table ->
                new PlannedTable(
                    table.name(),
                    tables().stream().anyMatch(other -> other.refersTo(table))
                        ? PlannedTable.Place.PARENT
                        : PlannedTable.Place.LEAF))
        .toList();
  }

  /**
   * Checks that a plan is one for this app.
   *
   * @throws InvalidPlanException naming the first write to a table that the app does not have
   */
  default void check(Plan plan) {
    for (int i = 0; i < plan.steps().size(); i++) {
      Step step = plan.steps().get(i);
      if (step.command() instanceof Command.Write write) {
        for (RowWrite row : write.rows()) {
          if (table(row.table()).isEmpty()) {
            throw new InvalidPlanException(
                "steps["
                    + i
                    + "] writes to the table "
                    + row.table()
                    + ", but the simulated app has "
                    + tables().stream().map(AppTable::name).toList()
                    + "; is it a plan of another app?");
          }
        }
      }
    }
  }
}
