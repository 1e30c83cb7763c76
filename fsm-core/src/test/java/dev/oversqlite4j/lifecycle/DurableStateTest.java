package dev.oversqlite4j.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.LifecycleState;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.ControlState.Binding;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.OutboxState;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Reading the state off the control tables, row by row of spec 9.1, and which row wins. */
class DurableStateTest {

  private static final OutboxState.Bundle BUNDLE =
      new OutboxState.Bundle("source", 1, Optional.empty(), "0".repeat(64), 1);
  private static final OutboxState EMPTY = new OutboxState.Empty();
  private static final OutboxState PREPARED = new OutboxState.Prepared(BUNDLE);
  private static final OutboxState COMMITTED =
      new OutboxState.CommittedRemote(BUNDLE, 7, "1".repeat(64));

  private static final Operation NONE = Operation.None.PLAIN;
  private static final Operation UNSTAGED = new Operation.RemoteReplace("user", Optional.empty());
  private static final Operation PARTLY =
      new Operation.RemoteReplace("user", Optional.of(new StagedSnapshot("s", 3, 2, 10, false)));
  private static final Operation STAGED =
      new Operation.RemoteReplace("user", Optional.of(new StagedSnapshot("s", 3, 2, 10, true)));
  private static final Operation RECOVERY =
      new Operation.SourceRecovery(SourceRecoveryReason.SOURCE_RETIRED, "next");

  private static final Binding NOBODY = new Anonymous();
  private static final Binding USER = new Attached("user", 5, false, Optional.empty());
  private static final Binding LEASE = new Attached("user", 0, false, Optional.of("lease"));
  private static final Binding GATED = new Attached("user", 5, true, Optional.empty());

  static Stream<Arguments> table() {
    return Stream.of(
        Arguments.of("RR0", NOBODY, UNSTAGED, EMPTY),
        Arguments.of("RR0", NOBODY, PARTLY, EMPTY),
        Arguments.of("RR1", NOBODY, STAGED, EMPTY),
        // The operation wins over everything else.
        Arguments.of("RR0", USER, UNSTAGED, COMMITTED),
        Arguments.of("RR1", GATED, STAGED, PREPARED),
        Arguments.of("RS", USER, RECOVERY, EMPTY),
        Arguments.of("RS", GATED, RECOVERY, COMMITTED),
        Arguments.of("RC", GATED, NONE, EMPTY),
        Arguments.of("RC", GATED, NONE, PREPARED),
        Arguments.of("RCC", GATED, NONE, COMMITTED),
        Arguments.of("AC", USER, NONE, COMMITTED),
        // A lease that outlived its seed does not hide the committed bundle.
        Arguments.of("AC", LEASE, NONE, COMMITTED),
        Arguments.of("AP", USER, NONE, PREPARED),
        Arguments.of("AP", LEASE, NONE, PREPARED),
        Arguments.of("AS", LEASE, NONE, EMPTY),
        Arguments.of("A", USER, NONE, EMPTY),
        Arguments.of("O", NOBODY, NONE, EMPTY));
  }

  @ParameterizedTest
  @MethodSource("table")
  void derived(String code, Binding binding, Operation operation, OutboxState outbox) {
    ControlState control = new ControlState(Optional.of("source"), binding, operation, outbox);
    for (DurableState fold : DurableState.values()) {
      // Only the anonymous state listens to the journal, and only to one thing it says.
      String expected = code.equals("O") && fold == DurableState.DETACHED ? "D" : code;
      assertEquals(expected, DurableState.derive(control, Optional.of(fold)).code());
    }
    assertEquals(code, DurableState.derive(control, Optional.empty()).code());
  }

  /** What the fold needs is in the row, and nothing that is not so. */
  @Test
  void theViewNamesWhatIsThere() {
    assertEquals("{}", view(Optional.empty(), NOBODY, NONE, EMPTY));
    assertEquals(
        "{\"source\":\"source\",\"checkpoint\":0,\"lease\":\"lease\"}",
        view(Optional.of("source"), LEASE, NONE, EMPTY));
    String bundle =
        "\"sourceBundleId\":1,\"outboxRows\":1,\"requestHash\":\"" + "0".repeat(64) + "\"";
    assertEquals("{\"checkpoint\":5," + bundle + "}", view(Optional.empty(), USER, NONE, PREPARED));
    assertEquals(
        "{\"checkpoint\":5,"
            + bundle
            + ",\"committedAs\":7,\"recovery\":\"SOURCE_RETIRED\",\"replacement\":\"next\"}",
        view(Optional.empty(), GATED, RECOVERY, COMMITTED));
  }

  private static String view(
      Optional<String> source, Binding binding, Operation operation, OutboxState outbox) {
    return DurableState.view(new ControlState(source, binding, operation, outbox))
        .json()
        .toString();
  }

  @ParameterizedTest
  @EnumSource(DurableState.class)
  void theStateShownIsTheOneOfSpecification91(DurableState state) {
    LifecycleState shown =
        switch (state.code()) {
          case "U", "X" -> LifecycleState.UNOPENED;
          case "O", "RR0", "RR1" -> LifecycleState.OPENED;
          case "A", "AS", "AP", "AC" -> LifecycleState.ATTACHED;
          case "RC", "RCC", "RS" -> LifecycleState.REBUILD_REQUIRED;
          case "D" -> LifecycleState.DETACHED;
          default -> throw new AssertionError(state);
        };
    assertEquals(shown, state.publicState());
  }
}
