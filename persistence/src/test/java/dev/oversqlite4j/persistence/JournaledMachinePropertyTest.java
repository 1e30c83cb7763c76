package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournaledMachine;
import dev.oversqlite4j.persistence.Orders.OrderState;
import dev.oversqlite4j.persistence.Orders.OrderTrigger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class JournaledMachinePropertyTest {

  /** What may happen to an order. */
  enum Command {
    PAY,
    SHIP,
    SELL_OUT,
    RESTOCK,
    REOPEN
  }

  private static Path dir;
  private static DataSource source;
  private static int instances;

  @BeforeContainer
  static void create() throws IOException {
    dir = Files.createTempDirectory("orders");
    source = Orders.file(dir.resolve("app.db"));
    Orders.createTables(source, "WAL");
  }

  @AfterContainer
  static void delete() throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(seed = "20261121", tries = 80)
  void doesWhatAnInterpreterOfTenLinesDoes(@ForAll @Size(max = 12) List<Command> commands) {
    String instance = "p" + ++instances;
    Orders.sql(source, "UPDATE stock SET amount = 1");
    SqliteJournal journal = SqliteJournal.over(source, Orders.CLOCK);
    var order = JournaledMachine.open(Orders.DEFINITION, instance, journal);
    List<String> expected = new ArrayList<>();
    OrderState state = OrderState.NEW;
    boolean stock = true;
    for (Command command : commands) {
      String outcome = "ok";
      switch (command) {
        case SELL_OUT -> stock = false;
        case RESTOCK -> stock = true;
        case REOPEN -> {}
        case PAY -> {
          if (state == OrderState.NEW) {
            expected.add("NEW PAY " + (state = OrderState.PAID));
          } else if (state == OrderState.PAID) {
            outcome = "IllegalOrderStep";
          }
        }
        case SHIP -> {
          if (state != OrderState.PAID) {
            outcome = "IllegalOrderStep";
          } else if (!stock) {
            outcome = "OutOfStock";
          } else {
            expected.add("PAID SHIP " + (state = OrderState.SHIPPED));
          }
        }
      }
      if (command == Command.REOPEN) {
        order = JournaledMachine.open(Orders.DEFINITION, instance, journal);
      }
      assertEquals(outcome, execute(command, order));
      assertEquals(state, order.state());
    }
    List<JournalEntry> rows = journal.entries("order/" + instance, 0, 100);
    assertEquals(
        expected, rows.stream().map(r -> r.from() + " " + r.trigger() + " " + r.to()).toList());
    String at = "NEW";
    for (int i = 0; i < rows.size(); i++) {
      assertEquals(i + 1, rows.get(i).seq());
      assertEquals(at, rows.get(i).from());
      at = rows.get(i).to();
    }
    assertEquals(state.name(), at);
  }

  private static String execute(Command command, JournaledMachine<OrderState, OrderTrigger> order) {
    try {
      switch (command) {
        case SELL_OUT -> Orders.sql(source, "UPDATE stock SET amount = 0");
        case RESTOCK -> Orders.sql(source, "UPDATE stock SET amount = 1");
        case PAY -> order.fire(OrderTrigger.PAY);
        case SHIP -> order.fire(OrderTrigger.SHIP, Facts.of("carrier", "bike"));
        case REOPEN -> {}
      }
      return "ok";
    } catch (Orders.IllegalOrderStep | Orders.OutOfStock refused) {
      return refused.getClass().getSimpleName();
    }
  }
}
