package dev.oversqlite4j.simulator.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.explore.Explorer.Following;
import dev.oversqlite4j.simulator.explore.Explorer.Violated;
import dev.oversqlite4j.simulator.explore.ListExplorer.Explored;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.ShortLists.Start;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Parts;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ListExplorerTest {

  /** What a crash interrupts stays undone, so that different crashes end differently. */
  private static final Start SMALL =
      new Start(
          "small",
          "An open database that is written to and opened by the next process.",
          new Plan(
              Plan.VERSION,
              0,
              0,
              1,
              List.of("ada"),
              List.of(Step.of(0, new Command.Call(Operation.OPEN))),
              Optional.empty()),
          List.of(
              neverRepeated(
                  new Command.Write(
                      List.of(new RowWrite(RowWrite.Kind.UPSERT, Table.NOTE, 0, 1)),
                      Ending.COMMIT)),
              neverRepeated(new Command.Restart())));

  @Test
  void followingEachStateOnceMissesNothing() {
    Explored states = explore(Parts.REAL, 2, Following.EVERY_STATE, 2);
    Explored points = explore(Parts.REAL, 2, Following.EVERY_POINT, 2);

    assertEquals(points.states(), states.states());
    assertEquals(points.finalStates(), states.finalStates());
    assertTrue(states.finalStates().size() > 2, states.toString());
    assertEquals(List.of(), points.violations());
    assertTrue(states.runs() < points.runs() / 3, states.runs() + " of " + points.runs());
  }

  @Test
  void bothWaysFindTheSameViolations() {
    Parts forgetful = new ForgetsWhenOpened();
    Set<String> expected = whats(explore(forgetful, 2, Following.EVERY_POINT, 1));

    assertFalse(expected.isEmpty());
    assertEquals(expected, whats(explore(forgetful, 2, Following.EVERY_STATE, 1)));
  }

  @Test
  void theResultDoesNotDependOnTheNumberOfThreads() {
    Explored one = explore(Parts.REAL, 1, Following.EVERY_STATE, 2);
    Explored three = explore(Parts.REAL, 3, Following.EVERY_STATE, 2);

    assertEquals(one.runs(), three.runs());
    assertEquals(one.points(), three.points());
    assertEquals(one.states(), three.states());
    assertEquals(one.finalStates(), three.finalStates());
  }

  private static Explored explore(Parts parts, int threads, Following following, int length) {
    return new ListExplorer(parts, threads, following).explore(SMALL, length, line -> {});
  }

  private static Set<String> whats(Explored explored) {
    return explored.violations().stream().map(Violated::what).collect(Collectors.toSet());
  }

  private static Step neverRepeated(Command command) {
    return new Step(0, command, List.of(), AfterCrash.MOVE_ON, Optional.empty());
  }
}
