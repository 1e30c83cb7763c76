package dev.oversqlite4j.simulator.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.oversqlite4j.simulator.explore.Explorer.Explored;
import dev.oversqlite4j.simulator.explore.Explorer.Repeats;
import dev.oversqlite4j.simulator.explore.Explorer.Violated;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.SyncServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ExplorerTest {

  /** Cutting short what was followed before hides nothing. */
  @Test
  void followingEachStateOnceFindsWhatFollowingEveryCrashFinds() {
    Explored once = new Explorer(new Gap(), Repeats.CUT_SHORT).explore(push(), 1, line -> {});
    Explored always = new Explorer(new Gap(), Repeats.FOLLOWED).explore(push(), 1, line -> {});

    assertEquals(always.points(), once.points());
    assertEquals(always.distinctStates(), once.distinctStates());
    assertEquals(kinds(always), kinds(once));
    assertFalse(kinds(once).isEmpty());
  }

  private static Set<String> kinds(Explored explored) {
    return explored.violations().stream().map(Violated::what).collect(Collectors.toSet());
  }

  private static Scenario push() {
    Plan plan =
        new Plan(
            Plan.VERSION,
            0,
            0,
            1,
            List.of("ada"),
            List.of(
                Step.of(
                    0,
                    new Command.Write(
                        List.of(new RowWrite(RowWrite.Kind.INSERT, Table.MEASURE, 1, 1)),
                        Ending.COMMIT)),
                Step.of(0, new Command.Call(Operation.ATTACH)),
                Step.of(0, new Command.Call(Operation.PUSH))),
            Optional.empty());
    return new Scenario("push", "One row is pushed.", plan, 0);
  }

  /** A client that does not know what to do once the server has what it sends. */
  private static final class Gap implements Parts {
    @Override
    public SyncServer server(SyncServer real) {
      return (SyncServer)
          Proxy.newProxyInstance(
              SyncServer.class.getClassLoader(),
              new Class<?>[] {SyncServer.class},
              (self, method, args) -> {
                try {
                  Object answer = method.invoke(real, args);
                  if (answer instanceof SyncServer.PushAnswer.AlreadyCommitted) {
                    throw new IllegalStateException("planted");
                  }
                  return answer;
                } catch (InvocationTargetException thrown) {
                  throw thrown.getCause();
                }
              });
    }
  }
}
