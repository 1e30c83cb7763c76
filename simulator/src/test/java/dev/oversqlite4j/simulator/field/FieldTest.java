package dev.oversqlite4j.simulator.field;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.plan.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills real processes. {@code -Dfield.kills=N} for more of them. */
class FieldTest {

  @TempDir Path folder;

  @Test
  void whatWasAcknowledgedSurvivesSigkill() {
    int kills = Integer.getInteger("field.kills", 20);
    FieldReport report = FieldTrial.run(folder, kills, 1);
    System.out.println(report);
    assertEquals(kills, report.kills());
    if (kills >= 20) {
      assertTrue(report.transactions() > 0, "nothing was written: " + report);
      assertTrue(report.during("sync") > 0, "no kill hit a sync: " + report);
    }
  }

  private static FieldLedger told(String... lines) {
    FieldLedger ledger = new FieldLedger();
    List.of(lines).forEach(ledger::heard);
    return ledger;
  }

  private static Map<dev.oversqlite4j.simulator.world.DeviceTables.RowId, String> shows(
      FieldWrite write) {
    return Map.of(write.id(), write.tag().orElseThrow());
  }

  @Test
  void aLostWriteIsSeen() {
    FieldLedger ledger = told("writing person 1 w1", "wrote", "writing person 1 w2", "wrote");
    ledger.died();
    ledger.requireKept(shows(FieldWrite.upsert(Table.PERSON, 1, 2)), "here");
    assertThrows(
        FieldFailureException.class,
        () -> ledger.requireKept(shows(FieldWrite.upsert(Table.PERSON, 1, 1)), "here"));
    assertThrows(FieldFailureException.class, () -> ledger.requireKept(Map.of(), "here"));
  }

  @Test
  void aWriteInFlightMayShowOrNot() {
    FieldLedger ledger = told("writing note 1 w1", "wrote", "writing note 1 -");
    ledger.died();
    ledger.requireKept(shows(FieldWrite.upsert(Table.NOTE, 1, 1)), "here");
    ledger.requireKept(Map.of(), "here");
    assertThrows(
        FieldFailureException.class,
        () -> ledger.requireKept(shows(FieldWrite.upsert(Table.NOTE, 1, 7)), "here"));
  }
}
