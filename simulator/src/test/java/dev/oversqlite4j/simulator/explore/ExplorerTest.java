package dev.oversqlite4j.simulator.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.explore.Explorer.Explored;
import dev.oversqlite4j.simulator.explore.Explorer.Following;
import dev.oversqlite4j.simulator.explore.Explorer.Violated;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Parts;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ExplorerTest {

  private static final Scenario SMALL =
      scenario(
          write(RowWrite.Kind.INSERT, 1),
          new Command.Call(Operation.OPEN),
          write(RowWrite.Kind.UPDATE, 2));

  @Test
  void followingEachStateOnceMissesNothing() {
    Explored states = explore(Parts.REAL, 1, Following.EVERY_STATE);
    Explored points = explore(Parts.REAL, 1, Following.EVERY_POINT);

    assertEquals(points.points(), states.points());
    assertEquals(points.distinctStates(), states.distinctStates());
    assertEquals(points.finalStates(), states.finalStates());
    assertTrue(states.finalStates().size() > 1, states.toString());
    assertEquals(List.of(), states.violations());
    assertEquals(List.of(), points.violations());
    assertTrue(states.distinctStates() < states.points() / 4, states.toString());
  }

  @Test
  void bothWaysFindTheSameViolations() {
    Set<String> expected = whats(explore(new ForgetsWhenOpened(), 1, Following.EVERY_POINT));

    assertFalse(expected.isEmpty());
    assertEquals(expected, whats(explore(new ForgetsWhenOpened(), 1, Following.EVERY_STATE)));
  }

  @Test
  void theResultDoesNotDependOnTheNumberOfThreads() {
    Explored one = explore(1);
    Explored three = explore(3);

    assertEquals(one.points(), three.points());
    assertEquals(one.distinctStates(), three.distinctStates());
    assertEquals(one.finalStates(), three.finalStates());
  }

  private static Explored explore(int threads) {
    return new Explorer(Parts.REAL, threads).explore(SMALL, 1, line -> {});
  }

  private static Explored explore(Parts parts, int crashes, Following following) {
    return new Explorer(parts, 2).explore(SMALL, crashes, following, line -> {});
  }

  private static Set<String> whats(Explored explored) {
    return explored.violations().stream().map(Violated::what).collect(Collectors.toSet());
  }

  private static Command write(RowWrite.Kind kind, int value) {
    return new Command.Write(List.of(new RowWrite(kind, Table.NOTE, 0, value)), Ending.COMMIT);
  }

  /** What a crash interrupts stays undone, so that different crashes end differently. */
  private static Step neverRepeated(Command command) {
    return new Step(0, command, List.of(), AfterCrash.MOVE_ON, Optional.empty());
  }

  private static Scenario scenario(Command... commands) {
    String about = "A database with one row is opened, and the row is written again.";
    Plan plan =
        new Plan(
            Plan.VERSION,
            0,
            0,
            1,
            List.of("ada"),
            List.of(commands).stream().map(ExplorerTest::neverRepeated).toList(),
            Optional.of(about));
    return new Scenario("small", about, plan, 0);
  }
}
