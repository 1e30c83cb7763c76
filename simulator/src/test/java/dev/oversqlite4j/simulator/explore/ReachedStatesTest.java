package dev.oversqlite4j.simulator.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.Scenario;
import dev.oversqlite4j.simulator.plan.Scenarios;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Property 40: from every durable state that a scenario reaches, what any app does with a healthy
 * server leads out of it. Unlike the explorer, which goes on with the scenario, the process that
 * comes next opens, attaches, syncs and detaches, and nothing else.
 */
class ReachedStatesTest {

  /** A state is reached by a commit of the device, or by the server acting on its request. */
  private record Point(int step, int seam) {}

  /** Ends a run whose state had its turn; not an error. */
  private static final class SeenBefore extends RuntimeException {
    private static final long serialVersionUID = 1;

    SeenBefore() {
      super(null, null, false, false);
    }
  }

  /** Two that lead into most states; the others are for when there is time. */
  private static final Set<String> USUAL = Set.of("first-seed", "rebuild-rotate-dirty");

  /** With {@code -DeveryScenario=true} of all scenarios, which takes some minutes. */
  @TestFactory
  Stream<DynamicTest> property40EveryReachedStateHasAWayOut() {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    return Scenarios.all().stream()
        .filter(scenario -> Boolean.getBoolean("everyScenario") || USUAL.contains(scenario.name()))
        .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> wayOut(scenario, seen)));
  }

  private static void wayOut(Scenario scenario, Set<String> seen) {
    List<Point> points = new ArrayList<>();
    new Simulation(Parts.REAL, Tracing.STATEMENTS)
        .run(
            scenario.plan(),
            new RunListener() {
              @Override
              public void reached(World world, Reached reached) {
                Seam at = reached.at();
                boolean reaches =
                    at.kind() == Seam.Kind.COMMIT
                        || (at.kind() == Seam.Kind.RECEIVE && !at.label().startsWith("GET"));
                if (reached.device().index() == scenario.crashedDevice()
                    && reached.life() == 0
                    && reaches) {
                  points.add(new Point(reached.step(), reached.seam()));
                }
              }
            });
    long followed = points.stream().filter(point -> followed(scenario, point, seen)).count();
    assertTrue(followed > 0, "no state of this scenario is new");
  }

  /** False if the state was followed before. */
  private static boolean followed(Scenario scenario, Point point, Set<String> seen) {
    Plan plan = plan(scenario, point);
    int[] crashes = new int[1];
    long due =
        plan.steps().stream().flatMap(s -> s.faults().stream()).filter(Fault::isCrash).count();
    Simulation.Result result;
    try {
      result =
          new Simulation(Parts.REAL, Tracing.STATEMENTS)
              .run(
                  plan,
                  new RunListener() {
                    @Override
                    public void crashed(World world) {
                      if (++crashes[0] == due && !seen.add(LogicalState.of(world, "way out"))) {
                        throw new SeenBefore();
                      }
                    }
                  });
    } catch (SeenBefore known) {
      return false;
    }
    String story = scenario.name() + " " + point + "\n" + String.join("\n", result.timeline());
    assertTrue(result.failure().isEmpty(), () -> result.failure() + "\n" + story);
    List<String> detaches =
        result.timeline().stream()
            .filter(line -> line.contains("device " + scenario.crashedDevice() + ": DETACH →"))
            .toList();
    String last = detaches.get(detaches.size() - 1);
    assertEquals("DETACHED", last.substring(last.indexOf('→') + 2), story);
    return true;
  }

  /** The scenario up to a crash at this point, and then the way out. */
  private static Plan plan(Scenario scenario, Point point) {
    List<Step> all = scenario.plan().steps();
    List<Step> steps = new ArrayList<>(all.subList(0, point.step()));
    Step step = all.get(point.step());
    // Nothing else goes wrong in the step, and nothing else follows but writes held for it.
    steps.add(
        new Step(
            step.device(),
            step.command(),
            List.of(new Fault.CrashAtSeam(point.seam())),
            AfterCrash.MOVE_ON,
            step.at()));
    for (int i = point.step() + 1; i < all.size() && all.get(i).at().isPresent(); i++) {
      steps.add(all.get(i));
    }
    boolean disturbed =
        all.stream().anyMatch(disturbing -> disturbing.command() instanceof Command.Disturb);
    List<Operation> wayOut = new ArrayList<>(List.of(Operation.ATTACH, Operation.SYNC));
    if (disturbed) {
      // What sync() then says is to be done; where it is not due, it does no harm.
      wayOut.add(Operation.REBUILD);
    }
    // What the server never accepts waits for the app to give it up.
    wayOut.addAll(
        List.of(Operation.SYNC, Operation.SYNC, Operation.DISCARD_QUARANTINED, Operation.DETACH));
    for (Operation operation : wayOut) {
      steps.add(Step.of(scenario.crashedDevice(), new Command.Call(operation)));
    }
    return scenario.plan().withSteps(steps);
  }
}
