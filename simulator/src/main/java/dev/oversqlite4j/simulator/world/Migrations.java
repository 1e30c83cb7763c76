package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.PlannedTable;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What the app's migrations do to its own tables (spec 4.9a), through the seams, in one transaction
 * each: whoever is interrupted finds all of it done or nothing.
 */
final class Migrations {

  private static final int TRIGGERS_OF_A_TABLE = 6;

  /** Written by migrations only, so that inserting it changes no row. */
  private static final int FIRST_MIGRATED_ROW = 21;

  private static final int FIRST_MIGRATED_VALUE = 50_000_000;
  private static final int DELETED_ROWS = 6;

  private Migrations() {}

  static void perform(World world, Device device, Witness witness, Disturbance what) {
    try {
      AppConnection app = device.connect();
      try {
        switch (what) {
          case ADD_COLUMN -> upgrade(world.app(), device.observer(), app);
          case ADD_INDEX -> transact(app, addIndexes(world.app()));
          case RECREATE_TABLES -> transact(app, recreateTables(world.app(), device.observer()));
          default -> dropTriggers(world, device, witness, app);
        }
        app.connection().close();
      } catch (SQLException e) {
        AppWrites.failed(world, device, witness, app, e);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulated app cannot connect", e);
    }
  }

  /** Creates the tables of an app that has never used the client. */
  static void install(SimulatedApp app, Version version, Statement sql) throws SQLException {
    for (String ddl : app.ddl()) {
      sql.executeUpdate(ddl);
    }
    if (version == Version.LAST) {
      for (int done = 0; done < app.migrations().size(); done++) {
        sql.executeUpdate(app.migrations().get(done));
        sql.executeUpdate(nowAt(done + 1));
      }
    } else if (app.migrations().isEmpty()) {
      for (AppTable.Later column : app.laterColumns()) {
        sql.executeUpdate("ALTER TABLE " + column.table() + " DROP COLUMN " + column.column());
      }
    }
  }

  /** Which version of the app creates the tables. */
  enum Version {
    FIRST,
    LAST
  }

  /** Whether the app's tables in a file are those of an older version. */
  static boolean isOutdated(SimulatedApp app, Observer file) {
    try {
      return app.migrations().isEmpty()
          ? !lacking(app, file).isEmpty()
          : migrated(file) < app.migrations().size();
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
  }

  /** How many migrations the file has seen; what counts them goes wherever the file goes. */
  private static int migrated(Observer file) throws SQLException {
    int[] migrated = new int[1];
    file.query("SELECT user_version FROM pragma_user_version", row -> migrated[0] = row.getInt(1));
    return migrated[0];
  }

  private static String nowAt(int migrations) {
    return "PRAGMA user_version = " + migrations;
  }

  private static void upgrade(SimulatedApp app, Observer file, AppConnection connection)
      throws SQLException {
    if (app.migrations().isEmpty()) {
      transact(connection, addColumns(app, lacking(app, file)));
    }
    for (int done = migrated(file); done < app.migrations().size(); done++) {
      transact(connection, List.of(app.migrations().get(done), nowAt(done + 1)));
    }
  }

  /** The columns of the last version that the file does not have. */
  static List<AppTable.Later> lacking(SimulatedApp app, Observer file) {
    List<AppTable.Later> lacking = new ArrayList<>();
    try {
      for (AppTable.Later column : app.laterColumns()) {
        if (!file.hasColumn(column.table(), column.column())) {
          lacking.add(column);
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
    return lacking;
  }

  /** Whether a migration has lost triggers that the next {@code open()} installs again. */
  static boolean hasLostTriggers(Device device) {
    int[] left = new int[1];
    try {
      device
          .observer()
          .query(
              "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'trg\\_%'"
                  + " ESCAPE '\\'",
              row -> left[0] = row.getInt(1));
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
    return DeviceTables.read(device.observer()).installed()
        && left[0] < TRIGGERS_OF_A_TABLE * device.observer().app().tables().size();
  }

  private static void transact(AppConnection app, List<String> changes) throws SQLException {
    try (Statement sql = app.connection().createStatement()) {
      // Dropping a table would delete what refers to it.
      sql.execute("PRAGMA foreign_keys = OFF");
      sql.execute("BEGIN IMMEDIATE");
      for (String change : changes) {
        // Of a text with several statements, execute() runs the first one only.
        sql.executeUpdate(change);
      }
      sql.execute("COMMIT");
    }
  }

  private static List<String> addColumns(SimulatedApp app, List<AppTable.Later> lacking) {
    return lacking.stream()
        .map(
            column ->
                "ALTER TABLE "
                    + column.table()
                    + " ADD COLUMN "
                    + column.column()
                    + " "
                    + app.table(column.table()).orElseThrow().column(column.column()).kind())
        .toList();
  }

  /** The unique one says nothing that the key does not say, but the client cannot know that. */
  private static List<String> addIndexes(SimulatedApp app) {
    List<String> changes = new ArrayList<>();
    for (AppTable table : app.tables()) {
      changes.add(
          "CREATE INDEX IF NOT EXISTS "
              + table.name()
              + "_found_by ON "
              + table.name()
              + "("
              + table.columns().get(0).name()
              + ")");
      changes.add(
          "CREATE UNIQUE INDEX IF NOT EXISTS "
              + table.name()
              + "_in_hex ON "
              + table.name()
              + "(hex("
              + table.key()
              + "))");
    }
    return changes;
  }

  /** SQLite's procedure for what its ALTER TABLE cannot do, but for the triggers. */
  private static List<String> recreateTables(SimulatedApp app, Observer file) throws SQLException {
    List<String> changes = new ArrayList<>();
    for (AppTable table : app.tables()) {
      String name = table.name();
      List<String> columns = new ArrayList<>();
      file.query(
          "SELECT sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = '" + name + "'",
          row ->
              changes.add(
                  "CREATE TABLE new_"
                      + name
                      + row.getString(1).substring(row.getString(1).indexOf('('))));
      file.query(
          "SELECT name FROM pragma_table_info('" + name + "') ORDER BY cid",
          row -> columns.add('"' + row.getString(1) + '"'));
      String all = String.join(", ", columns);
      changes.add("INSERT INTO new_" + name + " (" + all + ") SELECT " + all + " FROM " + name);
      changes.add("DROP TABLE " + name);
      changes.add("ALTER TABLE new_" + name + " RENAME TO " + name);
      file.query(
          "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
              + " AND lower(tbl_name) = '"
              + name
              + "' ORDER BY name",
          row -> changes.add(row.getString(1)));
    }
    return changes;
  }

  private static void dropTriggers(World world, Device device, Witness witness, AppConnection app)
      throws SQLException {
    try {
      device.storeOfApp().dropTriggers();
    } catch (OversqliteException e) {
      if (e.category() != ErrorCategory.STORAGE) {
        throw e;
      }
      world.storageFailed(device, e.getClass().getSimpleName());
      witness.writeFailed(device);
      return;
    }
    DeviceTables tables = DeviceTables.read(device.observer());
    if (!tables.control().operation().equals("none")) {
      // Nothing would hold back what the guards would refuse.
      return;
    }
    AppWrites.perform(world, device, witness, unseen(world, tables), app);
  }

  /** A deletion and an insertion that no trigger sees. */
  private static Command.Write unseen(World world, DeviceTables tables) {
    int number = world.nextMigration();
    List<String> leaves =
        world.app().plannedTables().stream()
            .filter(table -> table.place() == PlannedTable.Place.LEAF)
            .map(PlannedTable::name)
            .toList();
    AppTable table = world.app().table(leaves.get(number % leaves.size())).orElseThrow();
    int value = FIRST_MIGRATED_VALUE + 2 * number;
    List<RowWrite> rows = new ArrayList<>();
    rows.add(new RowWrite(RowWrite.Kind.INSERT, table.name(), FIRST_MIGRATED_ROW + number, value));
    int deleted = number % DELETED_ROWS;
    RowId row = new RowId(table.name(), table.wireKey(deleted));
    // What is set aside need not be there, so that the scan cannot know.
    if (!tables.quarantined().containsKey(row)) {
      rows.add(new RowWrite(RowWrite.Kind.DELETE, table.name(), deleted, value + 1));
    }
    return new Command.Write(rows, Ending.COMMIT);
  }
}
