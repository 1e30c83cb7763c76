package dev.oversqlite4j.simulator.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournaledMachine;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What {@link MachineTest} runs, and what it finds. */
@TestInstance(Lifecycle.PER_CLASS)
class MachineTestTest {

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

  private static final String DDL = "CREATE TABLE happened (what TEXT)";

  private final Set<Happens> fired = EnumSet.noneOf(Happens.class);

  @MachineTest
  void everyStepIsWholeOrNotThereAtAll(MachineTrial trial) {
    trial
        .of(
            ORDER,
            (machine, trigger, database) -> {
              fired.add(trigger);
              note(machine, trigger);
            })
        .ddl(DDL);
  }

  /** Nothing in the method above runs anything. */
  @AfterAll
  void theExtensionHasFiredIt() {
    assertEquals(EnumSet.allOf(Happens.class), fired);
  }

  @Test
  void aStepThatIsNeverTakenIsFound() {
    MachineTrial trial = new MachineTrial();
    trial
        .of(
            ORDER,
            (machine, trigger, database) -> {
              if (trigger == Happens.SHIP) {
                throw new IllegalArgumentException("a slip in the step");
              }
              note(machine, trigger);
            })
        .ddl(DDL);
    AssertionError found = assertThrows(AssertionError.class, trial::run);
    assertTrue(
        found.getMessage().startsWith("never taken, and so never crashed: SHIP from PAID"),
        found.getMessage());
  }

  @Test
  void halfAStepIsFoundInAnyOfTheMachines() {
    MachineTrial trial = new MachineTrial();
    trial.of(ORDER, (machine, trigger, database) -> note(machine, trigger)).ddl(DDL);
    trial.of(ORDER, MachineTestTest::apart).ddl(DDL);
    AssertionError found = assertThrows(AssertionError.class, trial::run);
    assertTrue(found.getMessage().contains("of PAY in NEW left half a step"), found.getMessage());
  }

  @Test
  void aTrialOfNothingIsNone() {
    assertThrows(InvalidSimulationException.class, new MachineTrial()::run);
  }

  private static void note(JournaledMachine<Order, Happens> machine, Happens what) {
    machine.fire(what, Facts.none(), tx -> insert(tx.connection(), what));
  }

  private static void apart(
      JournaledMachine<Order, Happens> machine, Happens what, DataSource database)
      throws SQLException {
    try (Connection connection = database.getConnection()) {
      insert(connection, what);
    }
    machine.fire(what);
  }

  private static void insert(Connection connection, Happens what) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO happened VALUES ('" + what + "')");
    }
  }
}
