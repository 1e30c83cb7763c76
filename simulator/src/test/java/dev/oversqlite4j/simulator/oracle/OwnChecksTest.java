package dev.oversqlite4j.simulator.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.server.BundleRow;
import dev.oversqlite4j.simulator.server.Op;
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

  @Test
  void property47ASnapshotWithOtherTotalsIsNotTakenOver() {
    DeviceTables shown = Tables.with(Map.of(ROW, "w1"), Map.of(), Map.of(), Map.of());
    AnswerChecks.notApplied(WHERE, EMPTY, EMPTY);
    violates(47, () -> AnswerChecks.notApplied(WHERE, EMPTY, shown));
    violates(47, () -> AnswerChecks.notApplied(WHERE, EMPTY, Tables.staged()));
    AnswerChecks.notApplied(WHERE, Tables.staged(), Tables.staged());
  }

  @Test
  void property53WhatIsChangedBackStays() {
    Intent sent = new Intent("UPDATE", 1, Optional.of("w1"), 1);
    Map<RowId, Intent> outbox = Map.of(ROW, sent);
    DeviceTables away = Tables.with(Map.of(ROW, "w2"), Map.of(), Map.of(), outbox);
    DeviceTables back = Tables.with(Map.of(ROW, "w1"), Map.of(), Map.of(), outbox);

    assertEquals(Map.of(ROW, "w1"), ReturnChecks.returned(away, back));
    assertEquals(Map.of(), ReturnChecks.returned(back, away));
    assertEquals(Map.of(), ReturnChecks.returned(back, back));
    ReturnChecks.stillThere(WHERE, ROW, "w1", back);
    violates(53, () -> ReturnChecks.stillThere(WHERE, ROW, "w1", away));
    violates(53, () -> ReturnChecks.stillThere(WHERE, ROW, "w1", EMPTY));
  }

  @Test
  void property55AValueInAnotherFormChangesNothing() {
    DeviceTables changed = Tables.with(Map.of(ROW, "w1"), Map.of(), Map.of(), Map.of());
    violates(55, () -> AnswerChecks.unchanged(55, WHERE, "GET /sync/pull", EMPTY, changed));
  }

  @Test
  void property58AnotherKeyIsADeletionAndAnInsertion() {
    RowId to = new RowId("note", "l");
    WireChecks.Rekeyed rekeyed = new WireChecks.Rekeyed(ROW, to);
    Map<RowId, RowState> known = Map.of(ROW, new RowState(1, false));
    DeviceTables before = Tables.with(Map.of(ROW, "w1"), known, Map.of(), Map.of());
    Intent deletion = new Intent("DELETE", 1, Optional.empty(), 1);
    Intent insertion = new Intent("INSERT", 0, Optional.of("w2"), 2);
    Map<RowId, String> rows = Map.of(to, "w2");

    WireChecks.captured(
        WHERE,
        rekeyed,
        before,
        Tables.with(rows, known, Map.of(ROW, deletion, to, insertion), Map.of()));
    violates(
        58,
        () ->
            WireChecks.captured(
                WHERE, rekeyed, before, Tables.with(rows, known, Map.of(to, insertion), Map.of())));
    violates(
        58,
        () ->
            WireChecks.captured(
                WHERE, rekeyed, before, Tables.with(rows, known, Map.of(ROW, deletion), Map.of())));

    BundleRow gone = new BundleRow("note", "k", Op.DELETE, Optional.empty(), 2);
    BundleRow there = new BundleRow("note", "l", Op.INSERT, Optional.of("{}"), 2);
    WireChecks.committed(WHERE, rekeyed, List.of(gone, there));
    violates(58, () -> WireChecks.committed(WHERE, rekeyed, List.of(there)));
    violates(58, () -> WireChecks.committed(WHERE, rekeyed, List.of(gone)));
  }

  @Test
  void property61APauseStopsTheRecoveryOfACheckpointUnderEditsOnly() {
    Intent edit = new Intent("UPDATE", 1, Optional.of("w1"), 1);
    DeviceTables waiting = Tables.with(Map.of(ROW, "w1"), Map.of(), Map.of(ROW, edit), Map.of());
    CallChecks.blocked(WHERE, Operation.SYNC, true, waiting);
    violates(61, () -> CallChecks.blocked(WHERE, Operation.SYNC, false, waiting));
    violates(61, () -> CallChecks.blocked(WHERE, Operation.SYNC, true, EMPTY));
    CallChecks.effective(WHERE, Operation.PUSH, true, false, EMPTY);
    CallChecks.effective(WHERE, Operation.PUSH, true, true, waiting);
    violates(61, () -> CallChecks.effective(WHERE, Operation.PUSH, false, false, EMPTY));
    violates(61, () -> CallChecks.effective(WHERE, Operation.PUSH, true, false, waiting));
  }

  @Test
  void property65AWrongConfigurationIsRefusedAndChangesNoByte() {
    CallOutcome refused =
        new CallOutcome.Threw(
            new InvalidConfigurationException(
                "V4", Optional.empty(), Optional.empty(), "a table twice"));
    CallChecks.rejected(WHERE, refused, List.of("a", ""), List.of("a", ""));
    violates(65, () -> CallChecks.rejected(WHERE, refused, List.of("a", ""), List.of("b", "")));
    CallOutcome opened = new CallOutcome.Returned("opened");
    violates(65, () -> CallChecks.rejected(WHERE, opened, List.of("a"), List.of("a")));
  }
}
