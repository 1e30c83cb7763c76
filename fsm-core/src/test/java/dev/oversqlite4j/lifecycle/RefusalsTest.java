package dev.oversqlite4j.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.AttachLocalStateConflictException;
import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.OpenRequiredException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteReplacePendingException;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SourceReplacementDivergedException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.fsm.Cell;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.fsm.RefusedStep;
import dev.oversqlite4j.fsm.StepRefusal;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The error of every (state, trigger) pair that is refused, or whose guards may all be false,
 * against a hand-made table; property 41.
 */
class RefusalsTest {

  /**
   * Corr: the workflow was told something that the tables contradict (spec 1.4, CorruptLocalState).
   * A dash: nothing refuses.
   */
  private static final String TABLE =
      """
      TRIGGER              | U    O    D    RR0  RR1  AS   A    AP   AC   RC   RCC  RS   X
      OPEN                 | -    Corr Corr Corr Corr Corr Corr Corr Corr Corr Corr Corr Clos
      ADOPT                | -    Corr Corr Corr Corr Corr Corr Corr Corr Corr Corr Corr Clos
      CORRUPT              | Open -    -    -    -    -    -    -    -    -    -    -    Clos
      REPAIR               | Open -    -    -    -    -    -    -    -    -    -    -    Clos
      RESUME               | Open Att  Att  RRP  RRP  -    -    -    -    -    -    -    Clos
      ATTACH_BEGIN         | Open -    -    -    -    Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      ATTACH_ABORT         | Open -    -    -    -    Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      CONNECT_RETRY_LATER  | Open -    -    Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      CONNECT_INIT_EMPTY   | Open -    -    Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      CONNECT_INIT_LOCAL   | Open -    -    Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      CONNECT_REMOTE_AUTH  | Open PPR  PPR  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      STAGE_SESSION        | Open Corr Corr -    -    Corr Corr Corr -    -    -    -    Clos
      STAGE_CHUNK          | Open Corr Corr -    Corr Corr Corr Corr -    -    -    -    Clos
      STAGE_DONE           | Open Corr Corr -    Corr Corr Corr Corr -    -    -    -    Clos
      APPLY_REMOTE         | Open Corr Corr Corr -    Loc  Loc  Loc  Loc  Loc  Loc  Loc  Clos
      CANCEL_REPLACE       | Open Corr Corr -    -    Corr Corr Corr Corr Corr Corr Corr Clos
      PUSH_BEGIN           | Open Att  Att  RRP  RRP  Corr Corr -    -    Corr -    Src  Clos
      FREEZE               | Open Att  Att  RRP  RRP  -    -    Corr Corr Corr Corr Src  Clos
      FREEZE_NO_OPS        | Open Att  Att  RRP  RRP  -    -    Corr Corr Corr Corr Src  Clos
      ACK                  | Open Att  Att  RRP  RRP  Corr Corr -    Corr Corr Corr Src  Clos
      LEASE_INVALID        | Open Att  Att  RRP  RRP  -    Corr -    Corr Corr Corr Src  Clos
      LEASE_RELEASED       | Open Att  Att  RRP  RRP  -    Corr Corr Corr Corr Corr Src  Clos
      CONFLICT_RESOLVED    | Open Att  Att  RRP  RRP  Corr Corr -    Corr Corr Corr Src  Clos
      CONFLICT_INVALID     | Open Att  Att  RRP  RRP  Corr Corr -    Corr Corr Corr Src  Clos
      PUSH_REJECTED        | Open Att  Att  RRP  RRP  Corr Corr -    Corr Corr Corr Src  Clos
      REPLAY               | Open Att  Att  RRP  RRP  Corr Corr Corr -    Corr -    Src  Clos
      PUSH_ABORT           | Open Att  Att  RRP  RRP  Corr Corr -    -    Corr -    Src  Clos
      QUARANTINE_RETRIED   | Open -    Att  RRP  RRP  -    -    -    -    -    -    Src  Clos
      QUARANTINE_DISCARDED | Open -    Att  RRP  RRP  -    -    -    -    -    -    -    Clos
      REPLAY_PRUNED        | Open Att  Att  RRP  RRP  Corr Corr Corr -    Corr -    Src  Clos
      HASH_MISMATCH        | Open Att  Att  RRP  RRP  Corr Corr Corr -    Corr -    Src  Clos
      SOURCE_FAILURE       | Open Att  Att  RRP  RRP  Div  Div  Div  Div  Div  Div  Div  Clos
      PULL_BUNDLE          | Open Att  Att  RRP  RRP  Corr -    PPR  PPR  Reb  Reb  Src  Clos
      HISTORY_PRUNED       | Open Att  Att  RRP  RRP  -    -    Corr Corr Corr Corr Corr Clos
      CHECKPOINT_AHEAD     | Open Att  Att  RRP  RRP  -    -    Corr Corr Corr Corr Corr Clos
      REBUILD_BEGIN        | Open Att  Att  RRP  RRP  -    -    -    -    -    -    -    Clos
      REBUILD_ABORT        | Open Att  Att  RRP  RRP  Corr Corr Corr -    -    -    -    Clos
      APPLY_SNAPSHOT       | Open Att  Att  RRP  RRP  Corr Corr Corr Corr Corr Corr Corr Clos
      APPLY_COMMITTED      | Open Att  Att  RRP  RRP  Corr Corr Corr -    Corr -    Corr Clos
      APPLY_ROTATED        | Open Att  Att  RRP  RRP  Corr Corr Corr Corr Corr Corr -    Clos
      DETACH               | Open Att  Att  RRP  RRP  Corr Corr Corr Corr Corr Corr Corr Clos
      DETACH_BLOCKED       | Open Att  Att  RRP  RRP  Corr Corr Corr Corr Corr Corr Corr Clos
      """;

  private final MachineDefinition<DurableState, Trigger> definition = LifecycleDefinition.declare();

  @Test
  void everyRefusalIsTheTables() {
    List<DurableState> columns =
        words(TABLE.lines().findFirst().orElseThrow()).stream().map(RefusalsTest::state).toList();
    assertEquals(List.of(DurableState.values()), columns.stream().sorted().toList());
    String declared =
        Arrays.stream(Trigger.values())
            .map(trigger -> line(trigger, columns))
            .collect(Collectors.joining("\n"));
    assertEquals(
        TABLE
            .lines()
            .skip(1)
            .map(line -> line.replaceAll(" +", " "))
            .collect(Collectors.joining("\n")),
        declared);
  }

  private String line(Trigger trigger, List<DurableState> columns) {
    return trigger
        + " | "
        + columns.stream().map(state -> word(state, trigger)).collect(Collectors.joining(" "));
  }

  private String word(DurableState state, Trigger trigger) {
    Cell<DurableState> cell = definition.cell(state, trigger);
    Optional<StepRefusal> refusal =
        cell instanceof Cell.Refused<DurableState> refused
            ? Optional.of(refused.error())
            : ((Cell.Permitted<DurableState>) cell).otherwise();
    RefusedStep step = new RefusedStep("machine", state.name(), trigger.name(), "why");
    return refusal.map(made -> word(made.error(step), step, trigger.operation())).orElse("-");
  }

  /** Also checks what the error says of the step. */
  private static String word(RuntimeException error, RefusedStep step, SyncOperation op) {
    if (error instanceof OpenRequiredException open) {
      assertEquals(op, open.op());
      return "Open";
    }
    if (error instanceof AttachRequiredException attach) {
      assertEquals(op, attach.op());
      return "Att";
    }
    if (error instanceof ClientClosedException closed) {
      assertEquals(op, closed.op());
      return "Clos";
    }
    if (error instanceof RebuildRequiredException rebuild) {
      assertEquals(op, rebuild.op());
      return "Reb";
    }
    if (error instanceof CorruptLocalStateException corrupt) {
      assertEquals("_sync_operation_state", corrupt.table());
      String impossible = step.trigger() + " is impossible in " + step.state() + ": ";
      assertEquals(impossible, corrupt.reason().substring(0, impossible.length()));
      return "Corr";
    }
    if (error instanceof AttachLocalStateConflictException conflict) {
      assertEquals(AttachLocalStateConflictException.Reason.OTHER_TARGET_USER, conflict.reason());
      return "Loc";
    }
    return error instanceof RemoteReplacePendingException
        ? "RRP"
        : error instanceof PendingPushReplayException
            ? "PPR"
            : error instanceof SourceRecoveryRequiredException
                ? "Src"
                : error instanceof SourceReplacementDivergedException ? "Div" : error.toString();
  }

  private static List<String> words(String line) {
    return List.of(line.substring(line.indexOf('|') + 1).strip().split(" +"));
  }

  private static DurableState state(String code) {
    return Arrays.stream(DurableState.values())
        .filter(state -> state.code().equals(code))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no state has the code " + code));
  }
}
