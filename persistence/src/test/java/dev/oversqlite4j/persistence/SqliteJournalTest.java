package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Cell;
import dev.oversqlite4j.fsm.EffectFailedException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalFailedException;
import dev.oversqlite4j.fsm.JournaledMachine;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.persistence.Orders.OrderState;
import dev.oversqlite4j.persistence.Orders.OrderTrigger;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class SqliteJournalTest {

  @TempDir Path dir;

  private DataSource source;
  private JournaledMachine<OrderState, OrderTrigger> order;

  @BeforeEach
  void create() {
    source = Orders.file(dir.resolve("app.db"));
    Orders.createTables(source, "WAL");
    order = Orders.open(source);
  }

  private <X extends Throwable> X failsAndChangesNothing(Class<X> type, Executable step) {
    Orders.View before = Orders.view(source);
    OrderState memory = order.state();
    X thrown = assertThrows(type, step);
    assertEquals(before, Orders.view(source));
    assertEquals(memory, order.state());
    return thrown;
  }

  @Test
  void aStepAndItsEffectAreCommittedTogether() {
    Orders.pay(order);
    assertEquals(OrderState.PAID, order.state());
    assertEquals(List.of("1book"), Orders.query(source, "SELECT id || item FROM payment"));
    JournalEntry row = SqliteJournal.over(source).entries("order/4711", 0, 10).get(0);
    assertEquals(1, row.seq());
    assertEquals("PAY", row.trigger());
    assertEquals("NEW", row.from());
    assertEquals("PAID", row.to());
    assertEquals("", row.opId());
    assertEquals("{\"cents\":1999}", row.facts().toString());
    assertEquals(Orders.CLOCK.now(), row.at());
    assertTrue(row.chain().matches("[0-9a-f]{64}"));
  }

  @Test
  void aGuardThatThrows() {
    Orders.pay(order);
    Orders.View before = Orders.view(source);
    Orders.sql(source, "ALTER TABLE stock RENAME COLUMN amount TO quantity");
    assertThrows(IllegalStateException.class, () -> Orders.ship(order));
    assertEquals(OrderState.PAID, order.state());
    Orders.sql(source, "ALTER TABLE stock RENAME COLUMN quantity TO amount");
    assertEquals(before, Orders.view(source));
  }

  @Test
  void aGuardThatDoesNotHold() {
    Orders.pay(order);
    Orders.sql(source, "UPDATE stock SET amount = 0");
    failsAndChangesNothing(Orders.OutOfStock.class, () -> Orders.ship(order));
    assertThrows(Orders.IllegalOrderStep.class, () -> Orders.pay(order));
  }

  @Test
  void anEffectThatThrowsAfterWriting() {
    failsAndChangesNothing(
        EffectFailedException.class,
        () ->
            order.fire(
                OrderTrigger.PAY,
                Facts.none(),
                tx -> {
                  Orders.update(tx, "INSERT INTO payment VALUES (7, 'book')");
                  throw new Exception("after writing");
                }));
    Orders.pay(order);
  }

  @Test
  void aJournalThatCannotBeWritten() {
    Orders.sql(
        source,
        "CREATE TRIGGER full BEFORE INSERT ON _fsm_journal BEGIN SELECT RAISE(ABORT, 'full'); END");
    JournalFailedException failed =
        failsAndChangesNothing(JournalFailedException.class, () -> Orders.pay(order));
    assertInstanceOf(SQLException.class, failed.getCause());
    Orders.sql(source, "DROP TRIGGER full");
    Orders.pay(order);
  }

  @Test
  void aCommitThatFails() {
    JournalFailedException failed =
        failsAndChangesNothing(
            JournalFailedException.class,
            () ->
                order.fire(
                    OrderTrigger.PAY,
                    Facts.none(),
                    // The foreign key is checked by COMMIT.
                    tx -> Orders.update(tx, "INSERT INTO payment VALUES (1, 'no such item')")));
    assertTrue(failed.getCause().getMessage().contains("FOREIGN KEY"));
    Orders.pay(order);
  }

  @Test
  void aDatabaseThatIsBusy() throws SQLException {
    JournaledMachine<OrderState, OrderTrigger> other =
        JournaledMachine.open(
            Orders.DEFINITION, "4711", new SqliteJournal(source, Orders.CLOCK, Duration.ZERO));
    try (Connection writer = source.getConnection();
        var statement = writer.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      assertThrows(JournalFailedException.class, () -> Orders.pay(other));
      statement.execute("ROLLBACK");
    }
    assertEquals(OrderState.NEW, other.state());
    Orders.pay(other);
  }

  @Test
  void anEffectCannotEndTheTransaction() {
    for (Executable end :
        List.<Executable>of(
            () -> order.fire(OrderTrigger.PAY, Facts.none(), tx -> tx.connection().commit()),
            () -> order.fire(OrderTrigger.PAY, Facts.none(), tx -> tx.connection().rollback()),
            () ->
                order.fire(
                    OrderTrigger.PAY, Facts.none(), tx -> tx.connection().setAutoCommit(true)))) {
      failsAndChangesNothing(EffectFailedException.class, end);
    }
    order.fire(
        OrderTrigger.PAY,
        Facts.none(),
        tx -> {
          assertFalse(tx.connection().getAutoCommit());
          assertThrows(IllegalArgumentException.class, () -> tx.unwrap(String.class));
        });
  }

  @Test
  void manyMachinesShareOneTable() {
    SqliteJournal journal = SqliteJournal.over(source, Orders.CLOCK);
    JournaledMachine<OrderState, OrderTrigger> other =
        JournaledMachine.open(Orders.DEFINITION, "4712", journal);
    Orders.pay(order);
    other.fire(OrderTrigger.PAY);
    Orders.ship(order);
    assertEquals(OrderState.PAID, other.state());
    assertEquals(
        List.of(1L, 2L),
        journal.entries("order/4711", 0, 10).stream().map(JournalEntry::seq).toList());
    assertEquals(
        List.of("SHIP"),
        journal.entries("order/4711", 1, 1).stream().map(JournalEntry::trigger).toList());
    assertEquals(1, journal.entries("order/4712", 0, 10).size());
    assertEquals(List.of(), journal.entries("order/4711", 2, 10));
    assertEquals(new ChainCheck.Intact(3), journal.verify());
  }

  @Test
  void readingCreatesNothing() {
    DataSource empty = Orders.file(dir.resolve("empty.db"));
    assertEquals(List.of(), SqliteJournal.over(empty).entries("order/1", 0, 10));
    assertEquals(new ChainCheck.Intact(0), SqliteJournal.over(empty).verify());
    assertEquals(List.of(), Orders.query(empty, "SELECT name FROM sqlite_schema"));
  }

  @Test
  void aTableThatCouldNotBeCommittedIsCreatedAgain() {
    DataSource empty = Orders.file(dir.resolve("empty.db"));
    SqliteJournal journal = SqliteJournal.over(empty);
    assertThrows(
        ArithmeticException.class,
        () ->
            journal.transact(
                tx -> {
                  throw new ArithmeticException();
                }));
    assertEquals(List.of(), Orders.query(empty, "SELECT name FROM sqlite_schema"));
    assertEquals(1L, journal.<Long>transact(tx -> tx.append("m", "t", "a", "b", "", Facts.none())));
  }

  @Test
  void anotherConnectionMayMoveTheMachine() {
    JournaledMachine<OrderState, OrderTrigger> other = Orders.open(source);
    Orders.pay(other);
    assertEquals(OrderState.NEW, order.state());
    Orders.ship(order);
    assertEquals(OrderState.SHIPPED, order.state());
  }

  @Test
  void aDefinitionOfTheExampleCoversTheWholeMatrix() {
    MachineDefinition<OrderState, OrderTrigger> definition = Orders.DEFINITION;
    List<String> cells = new ArrayList<>();
    for (OrderState state : definition.states()) {
      for (OrderTrigger trigger : definition.triggers()) {
        Cell<OrderState> cell = definition.cell(state, trigger);
        cells.add(state + " " + trigger + " " + cell.getClass().getSimpleName());
      }
    }
    assertEquals(
        List.of(
            "NEW PAY Permitted",
            "NEW SHIP Refused",
            "PAID PAY Refused",
            "PAID SHIP Permitted",
            "SHIPPED PAY Ignored",
            "SHIPPED SHIP Refused"),
        cells);
  }
}
