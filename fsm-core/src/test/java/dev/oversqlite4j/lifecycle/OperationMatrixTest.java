package dev.oversqlite4j.lifecycle;

import static dev.oversqlite4j.lifecycle.DurableState.ATTACHED;
import static dev.oversqlite4j.lifecycle.DurableState.PUSH_PREPARED;
import static dev.oversqlite4j.lifecycle.DurableState.REBUILD_REQUIRED;
import static dev.oversqlite4j.lifecycle.DurableState.REPLACE_PENDING;
import static dev.oversqlite4j.lifecycle.DurableState.SOURCE_RECOVERY;
import static dev.oversqlite4j.lifecycle.DurableState.UNOPENED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachBindingConflictException;
import dev.oversqlite4j.AttachLocalStateConflictException;
import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.OpenRequiredException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteReplacePendingException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.OperationMatrix.Cell;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.OutboxState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The declared matrix against a second, hand-made copy of the table in spec 9.2. */
class OperationMatrixTest {

  /**
   * Spec 9.2. P permitted, with or without a condition on the data; B answers "blocked", which is a
   * result and not an error; I ignored; everything else is an error.
   */
  private static final String SPEC =
      """
      CALL              | U    O    D    RR0  RR1  AS   A    AP   AC   RC   RCC  RS   X
      OPEN              | P    I    I    I    I    I    I    I    I    I    I    I    Clos
      ATTACH_SAME_USER  | Open P    P    P    P    I    I    I    I    I    I    I    Clos
      ATTACH_OTHER_USER | Open P    P    Loc  Loc  Bind Bind Bind Bind Bind Bind Bind Clos
      PUSH_PENDING      | Open Att  Att  RRP  RRP  P    P    P    P    Reb  Reb  Src  Clos
      PULL_TO_STABLE    | Open Att  Att  RRP  RRP  P    P    PPR  PPR  P    P    Src  Clos
      SYNC              | Open Att  Att  RRP  RRP  P    P    P    P    P    P    Src  Clos
      REBUILD           | Open Att  Att  RRP  RRP  P    P    P    P    P    P    P    Clos
      DETACH            | Open I    I    P    P    P    P    B    B    P    B    P    Clos
      SYNC_THEN_DETACH  | Open Att  Att  RRP  RRP  P    P    P    P    P    P    Src  Clos
      SOURCE_INFO       | Open I    I    I    I    I    I    I    I    I    I    I    Clos
      SYNC_STATUS       | Open Att  Att  RRP  RRP  I    I    I    I    I    I    I    Clos
      UNINSTALL_SYNC    | P    P    P    P    P    P    P    P    P    P    P    P    Clos
      PAUSE_RESUME      | I    I    I    I    I    I    I    I    I    I    I    I    I
      AUTO_TICK         | Open Att  Att  I    I    P    P    I    I    P    P    I    Clos
      LOCAL_APP_WRITE   | P    P    P    Tran Tran P    P    P    P    P    P    Tran P
      CLOSE             | P    P    P    P    P    P    P    P    P    P    P    P    I
      """;

  private static final Map<String, Cell> WORDS =
      Map.ofEntries(
          Map.entry("P", Cell.PERMITTED),
          Map.entry("B", Cell.PERMITTED),
          Map.entry("I", Cell.IGNORED),
          Map.entry("Open", Cell.OPEN_REQUIRED),
          Map.entry("Att", Cell.ATTACH_REQUIRED),
          Map.entry("RRP", Cell.REPLACE_PENDING),
          Map.entry("Loc", Cell.LOCAL_CONFLICT),
          Map.entry("Bind", Cell.BINDING_CONFLICT),
          Map.entry("PPR", Cell.PENDING_REPLAY),
          Map.entry("Reb", Cell.REBUILD),
          Map.entry("Src", Cell.SOURCE_RECOVERY),
          Map.entry("Tran", Cell.SYNC_TRANSITION_PENDING),
          Map.entry("Clos", Cell.CLOSED));

  private static final Map<Cell, Class<? extends OversqliteException>> ERRORS =
      Map.of(
          Cell.OPEN_REQUIRED, OpenRequiredException.class,
          Cell.ATTACH_REQUIRED, AttachRequiredException.class,
          Cell.REPLACE_PENDING, RemoteReplacePendingException.class,
          Cell.LOCAL_CONFLICT, AttachLocalStateConflictException.class,
          Cell.BINDING_CONFLICT, AttachBindingConflictException.class,
          Cell.PENDING_REPLAY, PendingPushReplayException.class,
          Cell.REBUILD, RebuildRequiredException.class,
          Cell.SOURCE_RECOVERY, SourceRecoveryRequiredException.class,
          Cell.CLOSED, ClientClosedException.class);

  private record SpecCell(String call, DurableState state, String word) {

    Optional<Call> declaredCall() {
      return Arrays.stream(Call.values()).filter(c -> c.name().equals(call)).findFirst();
    }

    boolean pending() {
      return declaredCall().isEmpty();
    }

    @Override
    public String toString() {
      return call + " in " + state.code() + " is " + word;
    }
  }

  private static List<SpecCell> spec() {
    List<String> lines = SPEC.lines().toList();
    List<DurableState> columns = words(lines.get(0)).stream().map(OperationMatrixTest::of).toList();
    List<SpecCell> cells = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String call = line.substring(0, line.indexOf('|')).strip();
      List<String> words = words(line);
      assertEquals(columns.size(), words.size(), line);
      for (int column = 0; column < words.size(); column++) {
        cells.add(new SpecCell(call, columns.get(column), words.get(column)));
      }
    }
    return cells;
  }

  private static List<String> words(String line) {
    return List.of(line.substring(line.indexOf('|') + 1).strip().split("\\s+"));
  }

  private static DurableState of(String code) {
    return Arrays.stream(DurableState.values())
        .filter(s -> s.code().equals(code))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no state has the code " + code));
  }

  @TestFactory
  Stream<DynamicTest> everyDeclaredCellIsTheSpecifications() {
    return spec().stream()
        .filter(cell -> !cell.pending())
        .map(cell -> DynamicTest.dynamicTest(cell.toString(), () -> check(cell)));
  }

  private static void check(SpecCell cell) {
    Call call = cell.declaredCall().orElseThrow();
    Cell declared = OperationMatrix.cell(call, cell.state());
    assertEquals(WORDS.get(cell.word()), declared);
    assertEquals(declared, OperationMatrix.declare().get(call).get(cell.state()));
    ControlState anyControl =
        new ControlState(
            Optional.empty(),
            new ControlState.Anonymous(),
            Operation.None.PLAIN,
            new OutboxState.Empty());
    Optional<OversqliteException> refusal =
        OperationMatrix.refusal(call, cell.state(), anyControl, Optional.of("user"));
    assertEquals(
        Optional.ofNullable(ERRORS.get(declared)), refusal.map(OversqliteException::getClass));
  }

  @Test
  void theTableHasEveryState() {
    Set<DurableState> columns = new TreeSet<>();
    spec().forEach(cell -> columns.add(cell.state()));
    assertEquals(new TreeSet<>(List.of(DurableState.values())), columns);
  }

  @Test
  void everyDeclaredCallIsARowOfTheTable() {
    Set<String> rows = new TreeSet<>();
    spec().forEach(cell -> rows.add(cell.call()));
    for (Call call : Call.values()) {
      assertTrue(rows.contains(call.name()), call + " is not in spec 9.2");
    }
  }

  @Test
  void aRowThatLeavesAStateOpenIsRefused() {
    Map<Call, Map<DurableState, Cell>> matrix = new EnumMap<>(Call.class);
    assertEquals(
        "The row of SYNC does not decide every state.",
        assertThrows(
                IllegalStateException.class,
                () -> OperationMatrix.row(matrix, Call.SYNC, Cell.PERMITTED, Cell.IGNORED))
            .getMessage());
    assertEquals(Map.of(), matrix);
  }

  @Test
  void everyCellIsDeclared() {
    List<SpecCell> cells = spec();
    assertEquals(List.of(), cells.stream().filter(SpecCell::pending).toList());
    assertEquals(208, cells.size());
  }

  private static ControlState control(
      ControlState.Binding binding, Operation operation, OutboxState outbox) {
    return new ControlState(Optional.of("source"), binding, operation, outbox);
  }

  private static <E extends OversqliteException> E refusal(
      Class<E> type, Call call, DurableState state, ControlState control) {
    return type.cast(
        OperationMatrix.refusal(call, state, control, Optional.of("other")).orElseThrow());
  }

  /** An error carries what the tables know, so that the app can say it. */
  @Test
  void refusalsCarryTheDetails() {
    ControlState anonymous =
        control(
            new ControlState.Anonymous(),
            new Operation.RemoteReplace("target", Optional.empty()),
            new OutboxState.Empty());
    assertEquals(
        "target",
        refusal(RemoteReplacePendingException.class, Call.SYNC, REPLACE_PENDING, anonymous)
            .targetUser());
    ControlState attached =
        control(
            new ControlState.Attached("user", 5, false, Optional.empty()),
            Operation.None.PLAIN,
            new OutboxState.Prepared(
                new OutboxState.Bundle("source", 1, Optional.empty(), "0".repeat(64), 3)));
    AttachBindingConflictException conflict =
        refusal(AttachBindingConflictException.class, Call.ATTACH_OTHER_USER, ATTACHED, attached);
    assertEquals("user", conflict.attachedUser());
    assertEquals("other", conflict.requestedUser());
    assertEquals(
        3,
        refusal(PendingPushReplayException.class, Call.PULL_TO_STABLE, PUSH_PREPARED, attached)
            .count());
    ControlState recovering =
        control(
            new ControlState.Attached("user", 5, true, Optional.empty()),
            new Operation.SourceRecovery(SourceRecoveryReason.SOURCE_RETIRED, "next"),
            new OutboxState.Empty());
    assertEquals(
        SourceRecoveryReason.SOURCE_RETIRED,
        refusal(SourceRecoveryRequiredException.class, Call.SYNC, SOURCE_RECOVERY, recovering)
            .reason());
    assertEquals(
        SyncOperation.SYNC,
        refusal(OpenRequiredException.class, Call.SYNC, UNOPENED, recovering).op());
    assertEquals(
        SyncOperation.PUSH_PENDING,
        refusal(RebuildRequiredException.class, Call.PUSH_PENDING, REBUILD_REQUIRED, recovering)
            .op());
  }
}
