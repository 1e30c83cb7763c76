package dev.oversqlite4j.simulator.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.DeviceTables.RowState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each check of a number of its own lets pass what holds, and names its number where not. */
class OwnChecksTest {

  private static final String WHERE = "device 0";
  private static final RowId ROW = new RowId("note", "k");
  private static final DeviceTables EMPTY = Tables.with(Map.of(), Map.of(), Map.of(), Map.of());

  private static void violates(int property, Runnable check) {
    PropertyViolated violated = assertThrows(PropertyViolated.class, check::run);
    assertEquals(property, violated.violation().property());
  }

  @Test
  void property24TheCheckpointStaysBeforeTheBundlesOfOthers() {
    RowChecks.replayed(WHERE, 4, 3, 4);
    RowChecks.replayed(WHERE, 5, 3, 3);
    violates(24, () -> RowChecks.replayed(WHERE, 5, 3, 5));
    RowChecks.caughtUp(WHERE, 5, 5);
    violates(24, () -> RowChecks.caughtUp(WHERE, 5, 4));
  }

  @Test
  void property26AnAnswerThatBreaksTheProtocolChangesNothing() {
    DeviceTables changed = Tables.with(Map.of(ROW, "w1"), Map.of(), Map.of(), Map.of());
    AnswerChecks.unchanged(26, WHERE, "GET /sync/pull", EMPTY, EMPTY);
    violates(26, () -> AnswerChecks.unchanged(26, WHERE, "GET /sync/pull", EMPTY, changed));
  }

  @Test
  void property34TheSecondCallIsRefusedAndChangesNothing() {
    CallOutcome refused =
        new CallOutcome.Threw(new SyncOperationInProgressException(SyncOperation.SYNC));
    DeviceTables changed = Tables.with(Map.of(ROW, "w1"), Map.of(), Map.of(), Map.of());
    CallChecks.refused(WHERE, Operation.SYNC, refused, EMPTY, EMPTY);
    violates(34, () -> CallChecks.refused(WHERE, Operation.SYNC, refused, EMPTY, changed));
    CallOutcome ran = new CallOutcome.Returned("report");
    violates(34, () -> CallChecks.refused(WHERE, Operation.SYNC, ran, EMPTY, EMPTY));
  }

  @Test
  void property54TheWireHoldsWhatTheFileHolds() {
    WireChecks.same(WHERE, ROW, Map.of("count", "integer 1"), Map.of("count", "integer 1"));
    violates(
        54,
        () -> WireChecks.same(WHERE, ROW, Map.of("count", "integer 1"), Map.of("count", "text 1")));
    violates(54, () -> WireChecks.same(WHERE, ROW, Map.of("count", "null"), Map.of()));
  }

  @Test
  void property57OnlyAnEditIsAnEdit() {
    Intent intent = new Intent("UPDATE", 1, Optional.of("w2"), 1);
    Map<RowId, RowState> known = Map.of(ROW, new RowState(1, false));
    DeviceTables before = Tables.with(Map.of(ROW, "w1"), known, Map.of(), Map.of());
    DeviceTables dirty = Tables.with(Map.of(ROW, "w2"), known, Map.of(ROW, intent), Map.of());
    DeviceTables missed = Tables.with(Map.of(ROW, "w2"), known, Map.of(), Map.of());

    RowChecks.editsAreCaptured(WHERE, before, dirty);
    violates(57, () -> RowChecks.editsAreCaptured(WHERE, before, missed));
    RowChecks.nothingBecomesAnEdit(WHERE, "PULL_BUNDLE", before, missed);
    violates(57, () -> RowChecks.nothingBecomesAnEdit(WHERE, "PULL_BUNDLE", before, dirty));
  }

  /** A hash that was made with Python's json and hashlib, which know neither client nor server. */
  @Test
  void property56TheHashIsThatOfTheRows() throws JsonProcessingException {
    JsonNode row =
        new ObjectMapper()
            .readTree(
                "{\"payload\":{\"b\":\"\\u0001\\\"\\\\ü𝄞\",\"a\":null},\"op\":\"INSERT\","
                    + " \"table\":\"note\",\"schema\":\"business\",\"key\":{\"id\":\"k\"},"
                    + "\"base_row_version\":0}");
    WireChecks.hashed(
        WHERE, "f6751b6de4d7d4ff5e53f64ce3e3e16dd2ce157f11d0cd05ef69468ee12d34f4", List.of(row));
    violates(
        56,
        () ->
            WireChecks.hashed(
                WHERE,
                "f6751b6de4d7d4ff5e53f64ce3e3e16dd2ce157f11d0cd05ef69468ee12d34f4",
                List.of(row, row)));
  }
}
