package dev.oversqlite4j.fsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Door.State;
import dev.oversqlite4j.fsm.Door.Trigger;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class JournaledMachineTest {

  private final MemoryJournal journal = new MemoryJournal();
  private final JournaledMachine<State, Trigger> door =
      JournaledMachine.open(Door.definition(), "front", journal);

  @Test
  void aStepIsJournaledUnderDefinitionAndInstance() {
    assertEquals(
        new Fired<>(State.OPEN, State.CLOSED, OptionalLong.of(1)),
        door.fire(Trigger.SHUT, Facts.of("by", "wind")));
    assertEquals(State.CLOSED, door.state());
    assertEquals(List.of("door/front: OPEN -SHUT-> CLOSED"), journal.lines());
    assertEquals(
        "{\"by\":\"wind\"}", journal.entries("door/front", 0, 9).get(0).facts().toString());
  }

  @Test
  void openingARecoveredMachineDoesNotResetIt() {
    // stateless4j 2.6.0 calls the mutator with the initial state from its constructor.
    door.fire(Trigger.SHUT);
    JournaledMachine<State, Trigger> again =
        JournaledMachine.open(Door.definition(), "front", journal);
    assertEquals(State.CLOSED, again.state());
    assertEquals(1, journal.lines().size());
    assertEquals(State.LOCKED, again.fire(Trigger.TURN_KEY, Facts.of("key", true)).to());
    assertEquals(
        List.of("door/front: OPEN -SHUT-> CLOSED", "door/front: CLOSED -TURN_KEY-> LOCKED"),
        journal.lines());
  }

  @Test
  void theJournalKnowsBetterThanMemory() {
    JournaledMachine<State, Trigger> other =
        JournaledMachine.open(Door.definition(), "front", journal);
    door.fire(Trigger.SHUT);
    assertEquals(State.OPEN, other.state());
    assertEquals(
        new Fired<>(State.CLOSED, State.OPEN, OptionalLong.of(2)), other.fire(Trigger.PULL));
  }

  @Test
  void aRefusedCellThrowsItsOwnError() {
    assertThrows(Door.Stuck.class, () -> door.fire(Trigger.TURN_KEY));
    assertEquals(State.OPEN, door.state());
    assertEquals(List.of(), journal.lines());
  }

  @Test
  void aFalseGuardThrowsItsOtherwiseAndSaysWhatItRequires() {
    door.fire(Trigger.SHUT);
    List<String> effects = new ArrayList<>();
    Door.NoKey refused =
        assertThrows(
            Door.NoKey.class,
            () -> door.fire(Trigger.TURN_KEY, Facts.none(), tx -> effects.add("ran")));
    assertEquals(
        new RefusedStep("door/front", "CLOSED", "TURN_KEY", "it requires 'has key'").toString(),
        refused.getMessage());
    assertEquals(List.of(), effects);
    assertEquals(1, journal.lines().size());
  }

  @Test
  void anIgnoredTriggerHasNeitherEffectNorRow() {
    List<String> effects = new ArrayList<>();
    assertEquals(
        new Fired<>(State.OPEN, State.OPEN, OptionalLong.empty()),
        door.fire(Trigger.PULL, Facts.none(), tx -> effects.add("ran")));
    assertEquals(List.of(), effects);
    assertEquals(List.of(), journal.lines());
  }

  @Test
  void stayingInAStateIsAStepLikeAnyOther() {
    List<String> effects = new ArrayList<>();
    assertEquals(
        new Fired<>(State.OPEN, State.OPEN, OptionalLong.of(1)),
        door.fire(Trigger.KNOCK, Facts.none(), tx -> effects.add("ran")));
    assertEquals(List.of("ran"), effects);
    assertEquals(List.of("door/front: OPEN -KNOCK-> OPEN"), journal.lines());
  }

  @Test
  void theFirstGuardThatHoldsWins() {
    for (var expected : List.of(State.OPEN, State.CLOSED, State.LOCKED)) {
      JournaledMachine<State, Trigger> m =
          JournaledMachine.open(Door.definition(), "to " + expected, journal);
      m.fire(Trigger.SHUT);
      m.fire(Trigger.TURN_KEY, Facts.of("key", true));
      long force = expected == State.OPEN ? 10 : expected == State.CLOSED ? 6 : 1;
      assertEquals(expected, m.fire(Trigger.PULL, Facts.of("force", force)).to());
    }
  }

  @Test
  void aSubstateInheritsNothing() {
    // stateless4j would let a substate without a handler, or with a false guard, use its parent's.
    MachineDefinition<State, Trigger> definition =
        MachineDefinition.named("nested", State.class, Trigger.class)
            .initial(State.LOCKED)
            .substates(State.CLOSED, State.LOCKED)
            .from(State.CLOSED)
            .on(Trigger.PULL)
            .to(State.OPEN)
            .on(Trigger.SHUT)
            .to(State.OPEN)
            .on(Trigger.KNOCK)
            .to(State.OPEN)
            .on(Trigger.TURN_KEY)
            .to(State.OPEN)
            .from(State.LOCKED)
            .reject(Trigger.PULL, Door.Stuck::new)
            .ignore(Trigger.SHUT)
            .on(Trigger.KNOCK)
            .when("never", context -> false)
            .otherwise(Door.NoKey::new)
            .to(State.OPEN)
            .on(Trigger.TURN_KEY)
            .to(State.CLOSED)
            .rejectOthers(Door.Stuck::new)
            .build();
    JournaledMachine<State, Trigger> m = JournaledMachine.open(definition, "1", journal);
    assertThrows(Door.Stuck.class, () -> m.fire(Trigger.PULL));
    assertThrows(Door.NoKey.class, () -> m.fire(Trigger.KNOCK));
    assertEquals(State.LOCKED, m.fire(Trigger.SHUT).to());
    assertEquals(State.CLOSED, m.fire(Trigger.TURN_KEY).to());
    assertEquals(State.OPEN, m.fire(Trigger.PULL).to());
    assertEquals(
        List.of("nested/1: LOCKED -TURN_KEY-> CLOSED", "nested/1: CLOSED -PULL-> OPEN"),
        journal.lines());
  }

  @Test
  void guardThenEffectThenRow() {
    List<String> order = new ArrayList<>();
    MachineDefinition<State, Trigger> definition =
        MachineDefinition.named("order", State.class, Trigger.class)
            .initial(State.OPEN)
            .from(State.OPEN)
            .on(Trigger.SHUT)
            .when("first", context -> !order.add("guard 1"))
            .to(State.LOCKED)
            .orWhen("second", context -> order.add("guard 2"))
            .to(State.CLOSED)
            .orWhen("never asked", context -> order.add("guard 3"))
            .to(State.OPEN)
            .otherwise(Door.Stuck::new)
            .rejectOthers(Door.Stuck::new)
            .build();
    JournaledMachine<State, Trigger> m = JournaledMachine.open(definition, "1", journal);
    m.fire(
        Trigger.SHUT,
        Facts.none(),
        tx -> order.add("effect, rows " + tx.head("order/1").stream().count()));
    assertEquals(List.of("guard 1", "guard 2", "effect, rows 0"), order);
    assertEquals(List.of("order/1: OPEN -SHUT-> CLOSED"), journal.lines());
  }

  @Test
  void aCheckedExceptionOfAnEffectIsTheCause() {
    IOException reason = new IOException("disk");
    EffectFailedException failed =
        assertThrows(
            EffectFailedException.class,
            () ->
                door.fire(
                    Trigger.SHUT,
                    Facts.none(),
                    tx -> {
                      throw reason;
                    }));
    assertSame(reason, failed.getCause());
    assertEquals(State.OPEN, door.state());
    assertEquals(List.of(), journal.lines());
  }

  @Test
  void anErrorOfAnEffectPassesThroughAndTheNextStepWorks() {
    assertThrows(
        AssertionError.class,
        () ->
            door.fire(
                Trigger.SHUT,
                Facts.none(),
                tx -> {
                  throw new AssertionError();
                }));
    assertEquals(State.CLOSED, door.fire(Trigger.SHUT).to());
  }

  @Test
  void anEffectCannotFireItsOwnMachine() {
    IllegalStateException nested =
        assertThrows(
            IllegalStateException.class,
            () -> door.fire(Trigger.SHUT, Facts.none(), tx -> door.fire(Trigger.PULL)));
    // Refused before a second transaction is begun, which a real journal could not.
    assertEquals(
        "Cannot fire PULL on machine door/front from within its own guard or effect. Fire it after"
            + " the step in progress.",
        nested.getMessage());
    assertEquals(State.OPEN, door.state());
    assertEquals(List.of(), journal.lines());
  }

  @Test
  void anInterruptedEffectLeavesTheThreadInterrupted() {
    EffectFailedException failed =
        assertThrows(
            EffectFailedException.class,
            () ->
                door.fire(
                    Trigger.SHUT,
                    Facts.none(),
                    tx -> {
                      throw new InterruptedException();
                    }));
    assertInstanceOf(InterruptedException.class, failed.getCause());
    assertTrue(Thread.interrupted());
    assertThrows(
        EffectFailedException.class,
        () ->
            door.fire(
                Trigger.SHUT,
                Facts.none(),
                tx -> {
                  throw new IOException();
                }));
    assertFalse(Thread.interrupted());
  }

  /** The step alone, for whoever opens the transaction: it too takes one step at a time. */
  @Test
  void aStepCannotBeTakenWithinAStep() {
    MachineDefinition<State, Trigger> definition = Door.definition();
    TransitionStep<State, Trigger> step = TransitionStep.of(definition);
    assertSame(definition, step.definition());
    IllegalStateException nested =
        journal.transact(
            tx ->
                assertThrows(
                    IllegalStateException.class,
                    () ->
                        take(
                            step, tx, Trigger.SHUT, () -> take(step, tx, Trigger.PULL, () -> {}))));
    assertEquals(
        "Cannot fire PULL on machine m from within a guard or effect of MachineDefinition[door]."
            + " Fire it after the step in progress.",
        nested.getMessage());
    assertEquals(State.CLOSED, journal.transact(tx -> take(step, tx, Trigger.SHUT, () -> {})).to());
  }

  private static Fired<State> take(
      TransitionStep<State, Trigger> step,
      JournalTransaction tx,
      Trigger trigger,
      Runnable effect) {
    return step.run(tx, "m", State.OPEN, trigger, Facts.none(), "op", effect);
  }

  @Test
  void aRefusalNamesEveryGuardThatDidNotHold() {
    MachineDefinition<State, Trigger> definition =
        MachineDefinition.named("picky", State.class, Trigger.class)
            .initial(State.OPEN)
            .from(State.OPEN)
            .on(Trigger.SHUT)
            .when("first", context -> false)
            .to(State.LOCKED)
            .orWhen("second", context -> false)
            .to(State.CLOSED)
            .otherwise(step -> new Door.NoKey(step))
            .reject(Trigger.PULL, step -> new Door.NoKey(step))
            .rejectOthers(Door.Stuck::new)
            .build();
    JournaledMachine<State, Trigger> m = JournaledMachine.open(definition, "1", journal);
    assertEquals("picky/1", m.key());
    assertEquals(
        new RefusedStep("picky/1", "OPEN", "SHUT", "it requires 'first', 'second'").toString(),
        assertThrows(Door.NoKey.class, () -> m.fire(Trigger.SHUT)).getMessage());
    assertEquals(
        new RefusedStep("picky/1", "OPEN", "PULL", "it is not permitted in this state").toString(),
        assertThrows(Door.NoKey.class, () -> m.fire(Trigger.PULL)).getMessage());
  }

  @Test
  void anUnknownStateIsATypedError() {
    journal.transact(tx -> tx.append("door/front", "PUSH", "OPEN", "AJAR", "", Facts.none()));
    UnknownStateException unknown =
        assertThrows(UnknownStateException.class, () -> door.fire(Trigger.SHUT));
    assertEquals("AJAR", unknown.state());
    assertEquals("door/front", unknown.machine());
    assertThrows(
        UnknownStateException.class,
        () -> JournaledMachine.open(Door.definition(), "front", journal));
  }

  @Test
  void oneStepAtATime() throws Exception {
    int threads = 4;
    int knocks = 200;
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        done.add(
            pool.submit(
                () -> {
                  start.await();
                  for (int i = 0; i < knocks; i++) {
                    door.fire(Trigger.KNOCK);
                  }
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> future : done) {
        future.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals(threads * knocks, journal.entries("door/front", 0, Integer.MAX_VALUE).size());
  }
}
