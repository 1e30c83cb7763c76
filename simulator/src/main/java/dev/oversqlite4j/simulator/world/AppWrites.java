package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.SimulatedApp.Assignment;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Transactions of the simulated app, on a connection of its own. */
final class AppWrites {

  private AppWrites() {}

  static void perform(World world, Device device, Witness witness, Command.Write write) {
    try {
      perform(
          world,
          device,
          witness,
          write,
          write.heldOpen().isPresent() ? device.second() : device.app());
    } catch (SQLException e) {
      throw new IllegalStateException("The simulated app cannot connect", e);
    }
  }

  static void perform(
      World world, Device device, Witness witness, Command.Write write, AppConnection app) {
    try {
      transact(world, device, witness, write, app);
    } catch (SQLException e) {
      failed(world, device, witness, app, e);
    }
  }

  /** A transaction of the app failed; it is not the app's fault if the disk is to blame. */
  static void failed(
      World world, Device device, Witness witness, AppConnection app, SQLException e) {
    if (!isStorage(e)) {
      throw new IllegalStateException("The simulated app's transaction failed", e);
    }
    rollBack(app);
    String how = ((SQLiteException) e).getResultCode().name();
    world.log(device, RunEvent.Kind.WRITE, "write failed: " + how);
    world.storageFailed(device, how);
    witness.writeFailed(device);
  }

  private static void transact(
      World world, Device device, Witness witness, Command.Write write, AppConnection app)
      throws SQLException {
    try (Statement statement = app.connection().createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      // From here on nobody else writes.
      Map<RowId, String> before = DeviceTables.read(device.observer()).rows();
      List<RowWrite> effective = new ArrayList<>();
      try {
        for (RowWrite row : write.rows()) {
          if (apply(world, device, row, app)) {
            effective.add(row);
          }
        }
      } catch (SQLException refused) {
        if (isStorage(refused)) {
          throw refused;
        }
        statement.execute("ROLLBACK");
        if (collides(refused)) {
          world.log(device, RunEvent.Kind.WRITE, "write failed, as it would for any app");
          return;
        }
        if (!String.valueOf(refused.getMessage()).contains("SYNC_TRANSITION_PENDING")) {
          throw new InvalidSimulationException(
              "the simulated app cannot write a row: " + refused.getMessage(), refused);
        }
        world.log(device, RunEvent.Kind.WRITE, "write refused");
        witness.writeRefused(device);
        return;
      }
      write.heldOpen().ifPresent(seams -> world.stay(device, seams));
      if (write.ending() == Ending.ROLLBACK) {
        statement.execute("ROLLBACK");
        return;
      }
      Map<RowId, String> after = DeviceTables.appRows(app.inside());
      for (RowWrite row : effective) {
        if (row.kind() == RowWrite.Kind.REKEY) {
          AppTable table = world.app().table(row);
          rekeyed(
              device,
              witness,
              new RowId(table.name(), table.wireKey(row.row())),
              new RowId(table.name(), table.wireKey(row.nextRow())),
              after);
        }
      }
      witness.writing(device, changes(before, after));
      statement.execute("COMMIT");
      world.countOperation();
      world.log(
          device, RunEvent.Kind.WRITE, "wrote " + effective.stream().map(AppWrites::text).toList());
      witness.wrote(device);
    }
  }

  /** Unless a later statement of the transaction took it back. */
  private static void rekeyed(
      Device device, Witness witness, RowId from, RowId to, Map<RowId, String> after) {
    if (!after.containsKey(from) && after.containsKey(to)) {
      witness.rekeyed(device, from, to);
    }
  }

  /** What a transaction did, by its effect: triggers and foreign keys change rows, too. */
  private static Map<RowId, Optional<String>> changes(
      Map<RowId, String> before, Map<RowId, String> after) {
    Map<RowId, Optional<String>> changes = new TreeMap<>();
    after.forEach(
        (row, mark) -> {
          if (!mark.equals(before.get(row))) {
            changes.put(row, Optional.of(mark));
          }
        });
    before.keySet().stream()
        .filter(row -> !after.containsKey(row))
        .forEach(row -> changes.put(row, Optional.empty()));
    return changes;
  }

  /** The disk's fault, and not that of the statement. */
  static boolean isStorage(SQLException e) {
    return e instanceof SQLiteException sqlite
        && switch (SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)) {
          case SQLITE_BUSY, SQLITE_FULL, SQLITE_READONLY, SQLITE_INTERRUPT -> true;
          default -> false;
        };
  }

  /** Some of these errors have ended the transaction, others leave it open. */
  private static void rollBack(AppConnection app) {
    try (Statement statement = app.connection().createStatement()) {
      // The driver has finalised the one that failed.
      app.forgetStatements();
      statement.execute("ROLLBACK");
    } catch (SQLException nothingToRollBack) {
      // It is over, then.
    }
  }

  private static String text(RowWrite row) {
    return row.kind() + " " + row.table() + " " + row.row() + " w" + row.value();
  }

  /** Two rows want the same unique value, or a parent is gone: an app has to expect that. */
  private static boolean collides(SQLException refused) {
    String message = String.valueOf(refused.getMessage());
    return message.contains("UNIQUE constraint failed")
        || message.contains("FOREIGN KEY constraint failed");
  }

  /** True if the statement changed a row; an insert of a present row is not attempted. */
  private static boolean apply(World world, Device device, RowWrite row, AppConnection app)
      throws SQLException {
    Revision revision = world.revision();
    AppTable written = world.app().table(row);
    List<String> lacking = world.lackingColumns(device, written);
    List<Assignment> columns =
        world.app().assignments(written, row.row(), row.value()).stream()
            .filter(assignment -> !lacking.contains(assignment.column()))
            .toList();
    Object key = written.sqlKey(row.row());
    String id = written.key();
    String table = written.name();
    if (row.kind() != RowWrite.Kind.DELETE) {
      for (String parent : written.requiredParents()) {
        if (!exists(app, parent)) {
          return false;
        }
      }
    }
    String names = columns.stream().map(Assignment::column).collect(Collectors.joining(", "));
    String values = columns.stream().map(Assignment::expression).collect(Collectors.joining(", "));
    String sets =
        columns.stream()
            .map(c -> c.column() + " = " + c.expression())
            .collect(Collectors.joining(", "));
    return switch (row.kind()) {
      case INSERT ->
          update(
              app,
              "INSERT INTO "
                  + table
                  + "("
                  + id
                  + ", "
                  + names
                  + ") SELECT ?, "
                  + values
                  + " WHERE NOT EXISTS (SELECT 1 FROM "
                  + table
                  + " WHERE "
                  + id
                  + " = ?)",
              binds(key, columns, key, revision));
      case UPDATE ->
          update(
              app,
              "UPDATE " + table + " SET " + sets + " WHERE " + id + " = ?",
              binds(null, columns, key, revision));
      case REKEY -> {
        Object next = written.sqlKey(row.nextRow());
        List<Object> binds = new ArrayList<>(binds(next, columns, key, revision));
        binds.add(next);
        yield world.app().tables().stream().noneMatch(other -> other.refersTo(written))
            && update(
                app,
                "UPDATE "
                    + table
                    + " SET "
                    + id
                    + " = ?, "
                    + sets
                    + " WHERE "
                    + id
                    + " = ? AND NOT EXISTS (SELECT 1 FROM "
                    + table
                    + " WHERE "
                    + id
                    + " = ?)",
                binds);
      }
      case DELETE -> update(app, "DELETE FROM " + table + " WHERE " + id + " = ?", List.of(key));
      case UPSERT ->
          update(
              app,
              "INSERT INTO "
                  + table
                  + "("
                  + id
                  + ", "
                  + names
                  + ") VALUES (?, "
                  + values
                  + ")"
                  + " ON CONFLICT("
                  + id
                  + ") DO UPDATE SET "
                  + excluded(columns),
              binds(key, columns, null, revision));
    };
  }

  private static boolean exists(AppConnection app, String table) throws SQLException {
    try (ResultSet rows = app.statement("SELECT 1 FROM " + table + " LIMIT 1").executeQuery()) {
      return rows.next();
    }
  }

  private static String excluded(List<Assignment> columns) {
    return columns.stream()
        .map(c -> c.column() + " = excluded." + c.column())
        .collect(Collectors.joining(", "));
  }

  private static List<Object> binds(
      Object first, List<Assignment> columns, Object last, Revision revision) {
    List<Object> binds = new ArrayList<>();
    if (first != null) {
      binds.add(first);
    }
    columns.forEach(c -> binds.add(c.bind(revision)));
    if (last != null) {
      binds.add(last);
    }
    return binds;
  }

  private static boolean update(AppConnection app, String sql, List<Object> binds)
      throws SQLException {
    PreparedStatement statement = app.statement(sql);
    for (int i = 0; i < binds.size(); i++) {
      statement.setObject(i + 1, binds.get(i));
    }
    return statement.executeUpdate() > 0;
  }
}
