package dev.oversqlite4j.fsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Door.State;
import dev.oversqlite4j.fsm.Door.Trigger;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MachineDefinitionTest {

  private enum Lamp {
    OFF,
    ON
  }

  private enum Press {
    SHORT,
    LONG
  }

  private static MachineDefinition.Builder<Lamp, Press> lamp() {
    return MachineDefinition.named("lamp", Lamp.class, Press.class);
  }

  private static List<String> problems(MachineDefinition.Builder<?, ?> builder) {
    String message = assertThrows(IllegalStateException.class, builder::build).getMessage();
    return message.lines().skip(1).map(line -> line.replaceFirst("^ {2}- ", "")).toList();
  }

  @Test
  void everythingThatIsMissingIsNamedAtOnce() {
    assertEquals(
        List.of(
            "ON on SHORT is defined twice",
            "there is no initial state",
            "OFF on SHORT has a guard and no otherwise",
            "OFF on LONG is undefined",
            "ON on LONG is undefined"),
        problems(
            lamp()
                .from(Lamp.OFF)
                .on(Press.SHORT)
                .when("bulb is fine", context -> true)
                .to(Lamp.ON)
                .from(Lamp.ON)
                .on(Press.SHORT)
                .to(Lamp.OFF)
                .ignore(Press.SHORT)));
  }

  @Test
  void contradictionsAreNamed() {
    assertEquals(
        List.of(
            "there is more than one initial state",
            "OFF on LONG has an otherwise that can never happen"),
        problems(
            lamp()
                .initial(Lamp.OFF)
                .initial(Lamp.ON)
                .from(Lamp.OFF)
                .on(Press.LONG)
                .when("a", context -> true)
                .otherwise(IllegalStateException::new)
                .to(Lamp.ON)
                .otherwiseTo(Lamp.OFF)
                .rejectOthers(IllegalStateException::new)));
    assertEquals(
        List.of("the name is blank or contains '/'"),
        problems(
            MachineDefinition.named("a/b", Lamp.class, Press.class)
                .initial(Lamp.OFF)
                .rejectOthers(IllegalStateException::new)));
  }

  @Test
  void whatIsSaidTwiceIsNamed() {
    assertEquals(
        List.of(
            "the name is blank or contains '/'",
            "a guarded trigger of OFF has two otherwise",
            "others are rejected twice",
            "ON on LONG is defined twice"),
        problems(
            MachineDefinition.named(" ", Lamp.class, Press.class)
                .initial(Lamp.OFF)
                .from(Lamp.OFF)
                .on(Press.SHORT)
                .when("a", context -> true)
                .otherwise(IllegalStateException::new)
                .to(Lamp.ON)
                .otherwise(UnsupportedOperationException::new)
                .rejectOthers(IllegalStateException::new)
                .rejectOthers(IllegalStateException::new)
                .from(Lamp.ON)
                .reject(Press.LONG, IllegalStateException::new)
                .on(Press.LONG)
                .toSame()));
  }

  @Test
  void aGuardMayDecideBetweenStayingAndLeaving() {
    MachineDefinition<Lamp, Press> lamp =
        lamp()
            .initial(Lamp.ON)
            .from(Lamp.OFF, Lamp.ON)
            .on(Press.SHORT)
            .when("stuck", context -> true)
            .toSame()
            .otherwiseTo(Lamp.OFF)
            .from(Lamp.OFF, Lamp.ON)
            .on(Press.LONG)
            .when("loose", context -> true)
            .to(Lamp.OFF)
            .otherwiseToSame()
            .build();
    assertEquals(
        List.of(
            "OFF SHORT[stuck] OFF",
            "OFF SHORT OFF",
            "ON SHORT[stuck] ON",
            "ON SHORT OFF",
            "OFF LONG[loose] OFF",
            "OFF LONG OFF",
            "ON LONG[loose] OFF",
            "ON LONG ON"),
        edges(lamp));
    assertEquals("lamp", lamp.name());
    assertEquals(Lamp.ON, lamp.initial());
    assertEquals(List.of(Press.SHORT, Press.LONG), lamp.triggers());
    assertEquals("MachineDefinition[lamp]", lamp.toString());
  }

  private static List<String> edges(MachineDefinition<?, ?> definition) {
    return definition.transitions().stream()
        .map(
            edge ->
                edge.from()
                    + " "
                    + edge.trigger()
                    + edge.guard().map(guard -> "[" + guard + "]").orElse("")
                    + " "
                    + edge.to())
        .toList();
  }

  @Test
  void edgesComeInTheOrderOfDeclaration() {
    assertEquals(
        List.of(
            "OPEN SHUT CLOSED",
            "CLOSED PULL OPEN",
            "CLOSED TURN_KEY[has key] LOCKED",
            "LOCKED PULL[breaks] OPEN",
            "LOCKED PULL[gives way] CLOSED",
            "LOCKED PULL LOCKED",
            "OPEN KNOCK OPEN",
            "CLOSED KNOCK CLOSED",
            "LOCKED KNOCK LOCKED"),
        edges(Door.definition()));
  }

  @Test
  void cellsSayWhatWasDecided() {
    MachineDefinition<State, Trigger> door = Door.definition();
    assertInstanceOf(Cell.Ignored.class, door.cell(State.OPEN, Trigger.PULL));
    Cell.Refused<?> refused =
        assertInstanceOf(Cell.Refused.class, door.cell(State.OPEN, Trigger.TURN_KEY));
    assertInstanceOf(
        Door.Stuck.class, refused.error().error(new RefusedStep("m", "OPEN", "TURN_KEY", "why")));
    Cell.Permitted<?> permitted =
        assertInstanceOf(Cell.Permitted.class, door.cell(State.LOCKED, Trigger.PULL));
    assertEquals(3, permitted.branches().size());
    assertEquals(Optional.empty(), permitted.otherwise());
    assertEquals(Optional.of(State.LOCKED), door.state("LOCKED"));
    assertEquals(Optional.empty(), door.state("AJAR"));
  }

  @Test
  void rejectOthersLeavesWhatIsDeclaredAlone() {
    MachineDefinition<Lamp, Press> lamp =
        lamp()
            .initial(Lamp.OFF)
            .rejectOthers(UnsupportedOperationException::new)
            .from(Lamp.OFF, Lamp.ON)
            .ignore(Press.SHORT)
            .build();
    assertInstanceOf(Cell.Ignored.class, lamp.cell(Lamp.ON, Press.SHORT));
    assertInstanceOf(Cell.Refused.class, lamp.cell(Lamp.ON, Press.LONG));
  }

  @Test
  void theDiagramShowsEveryEdge() {
    assertEquals(
        """
        stateDiagram-v2
            [*] --> OPEN
            OPEN --> CLOSED : SHUT
            CLOSED --> OPEN : PULL
            CLOSED --> LOCKED : TURN_KEY [has key]
            LOCKED --> OPEN : PULL [breaks]
            LOCKED --> CLOSED : PULL [gives way]
            LOCKED --> LOCKED : PULL
            OPEN --> OPEN : KNOCK
            CLOSED --> CLOSED : KNOCK
            LOCKED --> LOCKED : KNOCK
        """,
        Diagram.mermaid(Door.definition()));
  }

  @Test
  void substatesAreDrawnInsideTheirParents() {
    MachineDefinition<State, Trigger> nested =
        MachineDefinition.named("nested", State.class, Trigger.class)
            .initial(State.OPEN)
            .substates(State.CLOSED, State.LOCKED)
            .from(State.OPEN)
            .on(Trigger.SHUT)
            .to(State.LOCKED)
            .rejectOthers(Door.Stuck::new)
            .build();
    assertEquals(
        """
        stateDiagram-v2
            state CLOSED {
                LOCKED
            }
            [*] --> OPEN
            OPEN --> LOCKED : SHUT
        """,
        Diagram.mermaid(nested));
    assertEquals(Optional.of(State.CLOSED), nested.parent(State.LOCKED));
    assertTrue(nested.isIn(State.LOCKED, State.CLOSED));
    assertTrue(nested.isIn(State.LOCKED, State.LOCKED));
    assertFalse(nested.isIn(State.CLOSED, State.LOCKED));
    assertFalse(nested.isIn(State.LOCKED, State.OPEN));
  }

  @Test
  void substatesCannotGoInCircles() {
    assertEquals(
        List.of(
            "LOCKED is a substate twice",
            "CLOSED is a substate of itself",
            "OPEN is a substate of itself"),
        problems(
            MachineDefinition.named("door", State.class, Trigger.class)
                .initial(State.OPEN)
                .substates(State.CLOSED, State.LOCKED)
                .substates(State.OPEN, State.LOCKED)
                .substates(State.LOCKED, State.CLOSED)
                .substates(State.OPEN, State.OPEN)
                .rejectOthers(Door.Stuck::new)));
  }

  @Test
  void substatesOfSubstatesAreDrawnInsideThem() {
    MachineDefinition<State, Trigger> nested =
        MachineDefinition.named("nested", State.class, Trigger.class)
            .initial(State.LOCKED)
            .substates(State.OPEN, State.CLOSED)
            .substates(State.CLOSED, State.LOCKED)
            .from(State.LOCKED)
            .on(Trigger.SHUT)
            .when(" is: not;\nfit ", context -> true)
            .otherwise(Door.Stuck::new)
            .to(State.OPEN)
            .rejectOthers(Door.Stuck::new)
            .build();
    assertEquals(
        """
        stateDiagram-v2
            state OPEN {
                CLOSED
                state CLOSED {
                    LOCKED
                }
            }
            [*] --> LOCKED
            LOCKED --> OPEN : SHUT [is not fit]
        """,
        Diagram.mermaid(nested));
    assertTrue(nested.isIn(State.LOCKED, State.OPEN));
  }

  @Test
  void severalMayBeNamedAtOnce() {
    MachineDefinition<State, Trigger> definition =
        MachineDefinition.named("door", State.class, Trigger.class)
            .initial(State.OPEN)
            .substates(State.OPEN, State.CLOSED, State.LOCKED)
            .from(State.OPEN, State.CLOSED)
            .ignore(Trigger.PULL, Trigger.SHUT)
            .rejectOthers(Door.Stuck::new)
            .build();
    assertTrue(definition.isIn(State.CLOSED, State.OPEN));
    assertTrue(definition.isIn(State.LOCKED, State.OPEN));
    assertInstanceOf(Cell.Ignored.class, definition.cell(State.CLOSED, Trigger.SHUT));
    assertInstanceOf(Cell.Ignored.class, definition.cell(State.CLOSED, Trigger.PULL));
    assertInstanceOf(Cell.Refused.class, definition.cell(State.LOCKED, Trigger.PULL));
  }
}
