package dev.oversqlite4j.persistence;

import static dev.oversqlite4j.persistence.Orders.OrderState.NEW;
import static dev.oversqlite4j.persistence.Orders.OrderState.PAID;
import static dev.oversqlite4j.persistence.Orders.OrderState.SHIPPED;
import static dev.oversqlite4j.persistence.Orders.OrderTrigger.PAY;
import static dev.oversqlite4j.persistence.Orders.OrderTrigger.SHIP;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.GuardContext;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.fsm.JournaledMachine;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.spi.Clock;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** The order example: an app's machine next to the app's own tables, in a real SQLite file. */
final class Orders {

  enum OrderState {
    NEW,
    PAID,
    SHIPPED
  }

  enum OrderTrigger {
    PAY,
    SHIP
  }

  static final class OutOfStock extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  static final class IllegalOrderStep extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  static final Clock CLOCK = () -> Instant.parse("2026-01-01T00:00:00Z");

  static final MachineDefinition<OrderState, OrderTrigger> DEFINITION =
      MachineDefinition.named("order", OrderState.class, OrderTrigger.class)
          .initial(NEW)
          .from(NEW)
          .on(PAY)
          .to(PAID)
          .from(PAID)
          .on(SHIP)
          .when("in stock", Orders::inStock)
          .otherwise(OutOfStock::new)
          .to(SHIPPED)
          .from(SHIPPED)
          .ignore(PAY)
          .rejectOthers(IllegalOrderStep::new)
          .build();

  /** What there is to see of a database: the app's rows, the journal, the state it leads to. */
  record View(OrderState state, List<String> rows, List<JournalEntry> journal) {}

  private Orders() {}

  static DataSource file(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.enforceForeignKeys(true);
    // Cheap commits: what is tested here is atomicity, not durability.
    config.setSynchronous(SQLiteConfig.SynchronousMode.OFF);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  static void createTables(DataSource source, String journalMode) {
    sql(
        source,
        "PRAGMA journal_mode = " + journalMode,
        "CREATE TABLE stock (item TEXT PRIMARY KEY, amount INTEGER NOT NULL)",
        "CREATE TABLE payment (id INTEGER PRIMARY KEY, item TEXT NOT NULL REFERENCES stock"
            + " DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO stock VALUES ('book', 1)");
  }

  static JournaledMachine<OrderState, OrderTrigger> open(DataSource source) {
    return JournaledMachine.open(DEFINITION, "4711", SqliteJournal.over(source, CLOCK));
  }

  static void pay(JournaledMachine<OrderState, OrderTrigger> order) {
    order.fire(
        PAY, Facts.of("cents", 1999), tx -> update(tx, "INSERT INTO payment VALUES (1, 'book')"));
  }

  static void ship(JournaledMachine<OrderState, OrderTrigger> order) {
    order.fire(
        SHIP,
        Facts.none(),
        tx -> {
          update(tx, "UPDATE stock SET amount = amount - 1 WHERE item = 'book'");
          update(tx, "DELETE FROM payment");
        });
  }

  static void update(JournalTransaction tx, String sql) throws SQLException {
    try (Connection connection = tx.connection();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  static View view(DataSource source) {
    return new View(
        open(source).state(),
        query(source, "SELECT item || amount FROM stock UNION ALL SELECT id || item FROM payment"),
        SqliteJournal.over(source).entries("order/4711", 0, 100));
  }

  static void sql(DataSource source, String... statements) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  static List<String> query(DataSource source, String sql) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static boolean inStock(GuardContext context) {
    try (Statement statement = context.transaction().connection().createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT amount > 0 FROM stock WHERE item = 'book'")) {
      return rows.next() && rows.getBoolean(1);
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }
}
