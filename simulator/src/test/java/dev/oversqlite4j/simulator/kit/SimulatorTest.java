package dev.oversqlite4j.simulator.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.SimulationReport;
import dev.oversqlite4j.simulator.SimulationReport.Failure;
import dev.oversqlite4j.simulator.Simulator;
import dev.oversqlite4j.simulator.junit.SimulationTest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's own app in the simulator: what is found, and what cannot be simulated. */
class SimulatorTest {

  private static final String SHOP =
      """
      -- @@{ enableSync=true }
      CREATE TABLE customer (
        customer_id BLOB PRIMARY KEY NOT NULL,
        email TEXT NOT NULL UNIQUE,
        updated_at TEXT
      );
      -- @@{ enableSync=true }
      CREATE TABLE purchase (
        id TEXT PRIMARY KEY NOT NULL,
        customer BLOB NOT NULL REFERENCES customer(customer_id) DEFERRABLE INITIALLY DEFERRED,
        cents INTEGER NOT NULL CHECK (cents > 0),
        weight REAL,
        receipt BLOB
      );
      CREATE TABLE not_synced (x);
      """;

  @TempDir Path folder;

  private Simulator.Builder shop() {
    return Simulator.builder()
        .schema("shop", SHOP)
        .rows("purchase", row -> row.set("cents", row.number(1, 1000)))
        .artefacts(folder);
  }

  @SimulationTest(seeds = 6)
  void anOrdinaryAppHolds(Simulator.Builder described) {
    described
        .schema("shop", SHOP)
        .rows("purchase", row -> row.set("cents", row.number(1, 1000)))
        .resolver(
            () ->
                conflict ->
                    conflict.localPayload().isPresent() && conflict.serverRow().isPresent()
                        ? Resolution.keepLocal()
                        : Resolution.acceptServer())
        .invariant("prices are positive", "SELECT 1 FROM purchase WHERE cents <= 0");
  }

  @Test
  void aBrokenPromiseIsNamedMadeSmallAndReplayed() {
    Failure failure =
        shop()
            .invariant("nobody ever buys", "SELECT 1 FROM purchase")
            .seeds(20)
            .run()
            .failure()
            .orElseThrow();
    assertEquals(0, failure.property());
    assertTrue(failure.message().startsWith("invariant \"nobody ever buys\": device "));
    // A purchase needs a customer.
    assertTrue(failure.plan().steps().size() <= 2, failure.plan().toString());
    assertTrue(failure.toString().contains(failure.file().toString()));
    SimulationReport again =
        shop().invariant("nobody ever buys", "SELECT 1 FROM purchase").plan(failure.file()).run();
    assertEquals(failure.message(), again.failure().orElseThrow().message());
    assertThrows(AssertionError.class, again::orThrow);
    assertTrue(shop().plan(failure.file()).run().failure().isEmpty());
  }

  @Test
  void aResolverThatIsNotOneIsFound() {
    Failure failure =
        shop().resolver(() -> conflict -> null).seeds(200).run().failure().orElseThrow();
    assertTrue(failure.message().contains("InvalidConflictResolution"), failure.message());
  }

  @Test
  void whatCannotBeSimulatedIsSaid() throws Exception {
    refused(Simulator.builder(), "there is no schema");
    refused(table("a TEXT"), "needs a primary key of exactly one column");
    refused(table("id INTEGER PRIMARY KEY, a"), "needs a key of type TEXT or BLOB");
    refused(table("id TEXT PRIMARY KEY NOT NULL"), "nothing but a key");
    refused(table("id TEXT PRIMARY KEY NOT NULL, a BOOLEAN"), "declare it INTEGER");
    refused(table("id TEXT PRIMARY KEY NOT NULL, a REFERENCES t(id)"), "to themselves");
    refused(Simulator.builder().schema("s", "CREATE TABLE t (id)"), "no table is marked");
    refused(table("id TEXT PRIMARY KEY NOT NULL, a TEXT,"), "syntax error");
    refused(shop().rows("order", row -> {}), "the table order");
    refused(shop().rows("purchase", row -> row.set("price", 1)), "price, which is not a column");
    refused(shop().rows("purchase", row -> row.set("cents", "1")), "does not take a String");
    refused(shop().rows("purchase", row -> row.set("cents", 0)), "CHECK constraint failed");
    refused(shop().invariant("typo", "SELEC 1"), "invariant \"typo\": cannot be checked");
    Path other = folder.resolve("other.json");
    Files.writeString(
        other,
        """
        {"version":1,"scheduleSeed":1,"switchPercent":0,"devices":1,"users":["ada"],"steps":[
        {"device":0,"do":"write","rows":[{"insert":"note","row":1,"value":1}],"ending":"commit"}]}
        """);
    refused(shop().plan(other), "is it a plan of another app?");
    refused(shop().plan(folder.resolve("absent.json")), "cannot be run");
  }

  private Simulator.Builder table(String columns) {
    return Simulator.builder()
        .schema("s", "-- @@{ enableSync=true }\nCREATE TABLE t (" + columns + ")")
        .artefacts(folder);
  }

  private static void refused(Simulator.Builder builder, String why) {
    InvalidSimulationException refused =
        assertThrows(InvalidSimulationException.class, () -> builder.seeds(5).run(), why);
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }
}
