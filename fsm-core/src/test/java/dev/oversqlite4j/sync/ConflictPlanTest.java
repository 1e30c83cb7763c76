package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.sync.ConflictPlan.BothDeleted;
import dev.oversqlite4j.sync.ConflictPlan.Illegal;
import dev.oversqlite4j.sync.ConflictPlan.SendAgain;
import dev.oversqlite4j.sync.ConflictPlan.ServerRow;
import dev.oversqlite4j.sync.ConflictPlan.TakeServer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every cell of the table in spec 4.4.3 step 4, and the re-basing of step 5. */
class ConflictPlanTest {

  private static final long VERSION = 9;

  private static ServerRow server(String word, long version) {
    return switch (word) {
      case "Missing" -> new ServerRow.Missing();
      case "Deleted" -> new ServerRow.Deleted(version);
      case "Present" -> new ServerRow.Present(version);
      default -> throw new AssertionError(word);
    };
  }

  private static Resolution resolution(String word) {
    return switch (word) {
      case "AcceptServer" -> Resolution.acceptServer();
      case "KeepLocal" -> Resolution.keepLocal();
      case "KeepMerged" -> Resolution.keepMerged(JsonNodeFactory.instance.objectNode());
      default -> throw new AssertionError(word);
    };
  }

  private static String word(ConflictPlan plan) {
    if (plan instanceof SendAgain again) {
      return again.op() + " on " + again.base();
    }
    if (plan instanceof Illegal illegal) {
      assertFalse(illegal.reason().isBlank());
      return "invalid";
    }
    if (plan instanceof BothDeleted) {
      return "nothing";
    }
    return plan instanceof TakeServer ? "server" : "no plan";
  }

  @ParameterizedTest
  @CsvSource({
    "INSERT, AcceptServer, server,  server,      server",
    "UPDATE, AcceptServer, server,  server,      server",
    "DELETE, AcceptServer, server,  server,      server",
    "INSERT, KeepLocal,    invalid, INSERT on 9, UPDATE on 9",
    "INSERT, KeepMerged,   invalid, INSERT on 9, UPDATE on 9",
    "UPDATE, KeepLocal,    invalid, invalid,     UPDATE on 9",
    "UPDATE, KeepMerged,   invalid, invalid,     UPDATE on 9",
    "DELETE, KeepLocal,    nothing, nothing,     DELETE on 9",
    "DELETE, KeepMerged,   invalid, invalid,     invalid"
  })
  void everyCell(
      RowOperation op, String resolution, String missing, String deleted, String present) {
    Resolution decided = resolution(resolution);
    assertEquals(missing, word(ConflictPlan.of(op, decided, server("Missing", VERSION))));
    assertEquals(deleted, word(ConflictPlan.of(op, decided, server("Deleted", VERSION))));
    assertEquals(present, word(ConflictPlan.of(op, decided, server("Present", VERSION))));
  }

  @ParameterizedTest
  @CsvSource({
    "INSERT, INSERT on 0, INSERT on 9, UPDATE on 9",
    "UPDATE, INSERT on 0, INSERT on 9, UPDATE on 9",
    "DELETE, nothing,     nothing,     DELETE on 9"
  })
  void aNewerEditGoesOnOnTopOfTheServersRow(
      RowOperation newer, String missing, String deleted, String present) {
    assertEquals(missing, word(ConflictPlan.rebase(newer, server("Missing", VERSION))));
    assertEquals(deleted, word(ConflictPlan.rebase(newer, server("Deleted", VERSION))));
    assertEquals(present, word(ConflictPlan.rebase(newer, server("Present", VERSION))));
  }

  /** What is sent again always fits the row that the server said it has, or it conflicts again. */
  @Property(seed = "443", tries = 500)
  void whatIsSentAgainFitsTheServersRow(
      @ForAll RowOperation op,
      @ForAll("resolutions") String resolution,
      @ForAll("servers") String server,
      @ForAll @LongRange(min = 1) long version) {
    ConflictPlan plan = ConflictPlan.of(op, resolution(resolution), server(server, version));
    if (plan instanceof SendAgain again) {
      assertEquals(version, again.base());
      assertEquals(server.equals("Present"), again.op() != RowOperation.INSERT);
    }
  }

  @Provide
  Arbitrary<String> resolutions() {
    return Arbitraries.of("AcceptServer", "KeepLocal", "KeepMerged");
  }

  @Provide
  Arbitrary<String> servers() {
    return Arbitraries.of("Missing", "Deleted", "Present");
  }
}
