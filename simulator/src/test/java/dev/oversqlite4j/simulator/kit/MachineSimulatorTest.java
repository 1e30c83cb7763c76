package dev.oversqlite4j.simulator.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournaledMachine;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.MachineSimulator;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** An app's own machine, crashed at every statement and commit of every step. */
class MachineSimulatorTest {

  private enum Order {
    NEW,
    PAID,
    SHIPPED
  }

  private enum Happens {
    PAY,
    SHIP
  }

  private static final MachineDefinition<Order, Happens> ORDER =
      MachineDefinition.named("order", Order.class, Happens.class)
          .initial(Order.NEW)
          .from(Order.NEW)
          .on(Happens.PAY)
          .to(Order.PAID)
          .from(Order.PAID)
          .on(Happens.SHIP)
          .to(Order.SHIPPED)
          .rejectOthers(refused -> new IllegalStateException("no such step"))
          .build();

  private static void note(Connection connection, Happens what) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO happened VALUES ('" + what + "')");
    }
  }

  private static MachineSimulator<Order, Happens> fired(
      MachineSimulator.Step<Order, Happens> step) {
    return MachineSimulator.of(ORDER, step).ddl("CREATE TABLE happened (what TEXT)");
  }

  @Test
  void everyStepIsWholeOrNotThereAtAll() {
    MachineSimulator.Report<Order, Happens> report =
        fired(
                (machine, trigger, database) ->
                    machine.fire(trigger, Facts.none(), tx -> note(tx.connection(), trigger)))
            .run();
    assertEquals(2, report.transitions());
    assertTrue(report.unreached().isEmpty());
    // Begin, head, effect, journal row, and the commit twice: before and after.
    assertTrue(report.crashes() >= 10, report.toString());
  }

  @Test
  void anEffectInATransactionOfItsOwnIsFound() {
    AssertionError found =
        assertThrows(AssertionError.class, () -> fired(MachineSimulatorTest::apart).run());
    assertTrue(
        found.getMessage().contains("of PAY in NEW left half a step")
            && found.getMessage().contains("happened is as after"),
        found.getMessage());
  }

  private static void apart(
      JournaledMachine<Order, Happens> machine, Happens trigger, DataSource database)
      throws SQLException {
    try (Connection connection = database.getConnection()) {
      note(connection, trigger);
    }
    machine.fire(trigger);
  }

  @Test
  void aStepThatNeverWorksIsNoCrash() {
    InvalidSimulationException wrong =
        assertThrows(
            InvalidSimulationException.class,
            () ->
                MachineSimulator.of(
                        ORDER,
                        (machine, trigger, database) ->
                            machine.fire(
                                trigger, Facts.none(), tx -> note(tx.connection(), trigger)))
                    .run());
    assertTrue(wrong.getMessage().contains("PAY"), wrong.getMessage());
  }
}
