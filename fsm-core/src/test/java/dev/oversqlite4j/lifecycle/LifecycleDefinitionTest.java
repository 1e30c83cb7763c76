package dev.oversqlite4j.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Cell;
import dev.oversqlite4j.fsm.Transition;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The declared transitions against a second, hand-made copy of the table in spec 9.3. */
class LifecycleDefinitionTest {

  /**
   * Spec 9.3: number, from, trigger, to; = is the state it comes from, * every state a client can
   * be in. Rows whose trigger is not declared yet wait. Refused rows (T9, T24, T26) have no edge.
   * Rows that begin with + are ours: the specification describes them in prose only.
   */
  private static final String SPEC =
      """
      T2   | U                      | OPEN                | O D RR0 RR1 A AS AP AC RC RCC RS
      T4   | O D                    | ATTACH_BEGIN        | =
      T5   | O D                    | CONNECT_RETRY_LATER | =
      T6   | O D                    | CONNECT_INIT_EMPTY  | A
      T7   | O D                    | CONNECT_INIT_LOCAL  | AS
      T8   | O D                    | CONNECT_REMOTE_AUTH | RR0
      T10  | RR0                    | STAGE_SESSION       | RR0
      T11  | RR0                    | STAGE_CHUNK         | RR0
      T12  | RR0                    | STAGE_DONE          | RR1
      T13  | RR1                    | APPLY_REMOTE        | A
      T14  | RR0 RR1                | CANCEL_REPLACE      | O
      T15  | A AS                   | FREEZE              | AP
      T16  | A AS                   | FREEZE_NO_OPS       | =
      T17  | AP                     | ACK                 | AC
      T18  | AP AS                  | LEASE_INVALID       | O
      T19  | AP                     | CONFLICT_RESOLVED   | A AS
      T20  | AP                     | CONFLICT_INVALID    | A AS
      T20' | AP                     | PUSH_REJECTED       | A AS
      T21  | AC                     | REPLAY              | A
      T22  | AC                     | REPLAY_PRUNED       | RCC
      T22  | AC                     | HASH_MISMATCH       | RCC
      T23  | A AS AP AC RC RCC      | SOURCE_FAILURE      | RS
      T25  | A                      | PULL_BUNDLE         | A
      T27  | A AS                   | HISTORY_PRUNED      | RC
      T27  | A AS                   | CHECKPOINT_AHEAD    | RC
      T27  | A AS                   | REBUILD_BEGIN       | RC
      T28  | RC                     | FREEZE              | =
      T28  | RC                     | FREEZE_NO_OPS       | =
      T28  | RC                     | ACK                 | RCC
      T28  | RC                     | LEASE_INVALID       | O
      T28  | RC                     | CONFLICT_RESOLVED   | =
      T28  | RC                     | CONFLICT_INVALID    | =
      T28  | RC                     | PUSH_REJECTED       | =
      T28  | RC                     | PUSH_ABORT          | =
      T28  | RCC                    | REPLAY              | RC
      T29  | RC RCC RS              | STAGE_SESSION       | =
      T29  | RC RCC RS              | STAGE_CHUNK         | =
      T29  | RC RCC RS              | STAGE_DONE          | =
      T30  | RC                     | APPLY_SNAPSHOT      | A
      T31  | RCC AC                 | APPLY_COMMITTED     | A
      T32  | RS                     | APPLY_ROTATED       | AP A
      T33  | A AS RC RS             | DETACH              | D
      T34  | A AS AP AC RC RCC RS   | DETACH_BLOCKED      | =
      T37  | AP                     | PUSH_ABORT          | =
      +0   | U                      | ADOPT               | O RR0 RR1 A AS AP AC RC RCC RS
      T3   | *                      | CORRUPT             | =
      +1   | *                      | REPAIR              | =
      +2   | A AS AP AC RC RCC RS   | RESUME              | =
      +3   | RR0 RR1                | ATTACH_BEGIN        | =
      +4   | O D RR0 RR1            | ATTACH_ABORT        | =
      +5   | RR1                    | STAGE_SESSION       | RR0
      +6   | AP AC RC RCC           | PUSH_BEGIN          | =
      +7   | AC RCC                 | PUSH_ABORT          | =
      +8   | AS                     | LEASE_RELEASED      | A
      +8   | RC                     | LEASE_RELEASED      | RC
      +10  | O A AS AP AC RC RCC    | QUARANTINE_RETRIED  | =
      +12  | RCC                    | REPLAY_PRUNED       | =
      +13  | RCC                    | HASH_MISMATCH       | =
      +14  | RS                     | SOURCE_FAILURE      | =
      +15  | AC                     | STAGE_SESSION       | =
      +16  | AC                     | STAGE_CHUNK         | =
      +17  | AC                     | STAGE_DONE          | =
      +18  | AP                     | REBUILD_BEGIN       | RC
      +19  | AC RC RCC RS           | REBUILD_BEGIN       | =
      +20  | AC RC RCC RS           | REBUILD_ABORT       | =
      +11  | O A AS AP AC RC RCC RS | QUARANTINE_DISCARDED | =
      """;

  private static final List<String> CLIENT_IS_OPEN =
      List.of("O", "D", "RR0", "RR1", "A", "AS", "AP", "AC", "RC", "RCC", "RS");

  private static Set<String> spec() {
    Set<String> declared =
        Arrays.stream(Trigger.values()).map(Trigger::name).collect(Collectors.toSet());
    Set<String> edges = new TreeSet<>();
    for (String line : SPEC.lines().toList()) {
      String[] columns = line.split("\\|");
      String trigger = columns[2].strip();
      if (!declared.contains(trigger)) {
        continue;
      }
      for (String from : codes(columns[1])) {
        List<String> targets = columns[3].strip().equals("=") ? List.of(from) : codes(columns[3]);
        targets.forEach(to -> edges.add(from + " " + trigger + " " + to));
      }
    }
    return edges;
  }

  private static List<String> codes(String column) {
    return column.strip().equals("*") ? CLIENT_IS_OPEN : List.of(column.strip().split("\\s+"));
  }

  @Test
  void theEdgesAreTheSpecifications() {
    Set<String> declared = new TreeSet<>();
    for (Transition<DurableState, Trigger> edge : LifecycleDefinition.declare().transitions()) {
      declared.add(edge.from().code() + " " + edge.trigger() + " " + edge.to().code());
    }
    assertEquals(String.join("\n", spec()), String.join("\n", declared));
  }

  @Test
  void everyPairOfStateAndTriggerIsDecided() {
    for (DurableState state : DurableState.values()) {
      for (Trigger trigger : Trigger.values()) {
        assertNotNull(
            LifecycleDefinition.declare().cell(state, trigger),
            state + " on " + trigger + " is open");
      }
    }
  }

  @Test
  void nothingIsSwallowed() {
    for (DurableState state : DurableState.values()) {
      for (Trigger trigger : Trigger.values()) {
        assertTrue(
            !(LifecycleDefinition.declare().cell(state, trigger)
                instanceof Cell.Ignored<DurableState>),
            "every transition leaves a journal row, " + state + " on " + trigger + " would not");
      }
    }
  }

  @Test
  void substatesAreShownAsTheirPublicState() {
    for (DurableState state : DurableState.values()) {
      LifecycleDefinition.declare()
          .parent(state)
          .ifPresent(parent -> assertEquals(parent.publicState(), state.publicState()));
    }
    assertEquals(DurableState.UNOPENED, LifecycleDefinition.declare().initial());
  }
}
