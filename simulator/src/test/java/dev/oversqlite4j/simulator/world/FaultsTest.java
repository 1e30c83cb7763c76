package dev.oversqlite4j.simulator.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.DiskFault;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Fault.LosePower.Tail;
import dev.oversqlite4j.simulator.plan.NetworkFault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Words;
import dev.oversqlite4j.simulator.world.World.Tracing;
import dev.oversqlite4j.spi.SyncServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kind of fault happens where a plan places it, and a mistake behind it is found. */
class FaultsTest {

  /** Seeds an account and syncs it to another device; the fault meets the given step. */
  private static Plan plan(SynchronousMode synchronous, int step, Fault... faults) {
    List<Step> steps =
        new ArrayList<>(
            List.of(
                Step.of(0, new Command.Call(Operation.ATTACH)),
                write(0, "person", 1),
                Step.of(0, new Command.Call(Operation.SYNC)),
                Step.of(1, new Command.Call(Operation.ATTACH)),
                write(1, "note", 2),
                Step.of(1, new Command.Call(Operation.SYNC)),
                Step.of(0, new Command.Call(Operation.SYNC))));
    Step met = steps.get(step);
    steps.set(
        step, new Step(met.device(), met.command(), List.of(faults), met.afterCrash(), met.at()));
    return new Plan(Plan.VERSION, 1, 0, 2, List.of("ada", "ada"), steps, Optional.empty())
        .withSynchronous(synchronous);
  }

  private static Step write(int device, String table, int value) {
    return Step.of(
        device,
        new Command.Write(
            List.of(new RowWrite(RowWrite.Kind.INSERT, table, value, value)), Ending.COMMIT));
  }

  private static Map<String, Long> happened(List<Plan> plans) {
    Map<String, Long> happened = new TreeMap<>();
    for (Plan plan : plans) {
      Simulation.Result result = new Simulation(Parts.REAL, Tracing.STATEMENTS).run(plan);
      assertTrue(
          result.failure().isEmpty(),
          () -> result.failure().get().describe() + "\n" + PlanJson.write(plan));
      result.counts().faults().forEach((kind, times) -> happened.merge(kind, times, Long::sum));
    }
    return happened;
  }

  @ParameterizedTest
  @EnumSource(NetworkFault.class)
  void theNetworkDoesWhatThePlanSaysAtEachRequest(NetworkFault kind) {
    List<Plan> plans = new ArrayList<>();
    for (int request : List.of(2, 4, 6)) {
      plans.add(
          plan(SynchronousMode.FULL, 2, new Fault.Network(request, kind, kind.ordinal() + 1)));
    }
    assertTrue(happened(plans).get("network " + Words.of(kind)) >= 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 429, 500, 502, 503, 504})
  void theServerAnswersWhatThePlanSays(int status) {
    List<Plan> plans = new ArrayList<>();
    for (int request : List.of(2, 5)) {
      for (Fault.Answer.Effect effect : Fault.Answer.Effect.values()) {
        plans.add(
            plan(
                SynchronousMode.FULL,
                2,
                new Fault.Answer(request, status, request % 2 * 5, effect)));
      }
    }
    assertTrue(happened(plans).get("server " + status) >= 2);
  }

  @Test
  void theDiskFailsCallsAndWrites() {
    List<Plan> plans = new ArrayList<>();
    for (DiskFault kind : DiskFault.values()) {
      for (int step : List.of(0, 1)) {
        for (int statement : List.of(1, 2, 20)) {
          int detail = kind == DiskFault.BUSY ? 5_000 : 0;
          plans.add(plan(SynchronousMode.FULL, step, new Fault.Disk(statement, kind, detail)));
        }
      }
    }
    Set<String> kinds = happened(plans).keySet();
    for (String error :
        List.of("BusyException", "FullException", "ReadOnlyException", "IoException")) {
      assertTrue(kinds.contains("disk Database" + error), error + " in " + kinds);
    }
    for (String code : List.of("SQLITE_BUSY", "SQLITE_READONLY", "SQLITE_INTERRUPT")) {
      assertTrue(kinds.contains("disk " + code), code + " in " + kinds);
    }
  }

  @ParameterizedTest
  @EnumSource(SynchronousMode.class)
  void aPowerLossTakesNoMoreThanTheModeAllows(SynchronousMode mode) {
    Map<String, Long> happened = happened(powerLosses(mode));
    assertTrue(happened.get("power cut") >= 3, happened::toString);
    assertTrue(happened.get("power garbled") >= 3, happened::toString);
  }

  /** A planted bug: commits that FULL promises to sync are not synced. */
  @Test
  void aLostSyncIsFound() {
    Parts unsynced =
        new Parts() {
          @Override
          public SynchronousMode sync(SynchronousMode promised) {
            return SynchronousMode.NORMAL;
          }
        };
    Simulation simulation = new Simulation(unsynced, Tracing.STATEMENTS);
    Set<Integer> properties = new TreeSet<>();
    for (Plan plan : powerLosses(SynchronousMode.FULL)) {
      simulation.run(plan).failure().ifPresent(failure -> properties.add(failure.property()));
    }
    assertEquals(Set.of(1), properties);
  }

  private static List<Plan> powerLosses(SynchronousMode mode) {
    List<Plan> plans = new ArrayList<>();
    for (int step : List.of(0, 2)) {
      for (int commit : List.of(1, 4)) {
        for (Tail tail : Tail.values()) {
          for (int at : List.of(0, 77_777)) {
            plans.add(plan(mode, step, new Fault.LosePower(commit, tail, at)));
          }
        }
      }
    }
    return plans;
  }

  @Test
  void serversStartAnewAndClocksJumpInTheMiddleOfACall() {
    List<Plan> plans = new ArrayList<>();
    for (Disturbance what : Disturbance.values()) {
      if (what.onServer() && !what.losesHistory()) {
        for (String at :
            List.of("RECEIVE POST /sync/push-sessions", "RECEIVE POST /sync/push-sessions/*/ch")) {
          Plan plan = plan(SynchronousMode.FULL, 0);
          List<Step> steps = new ArrayList<>(plan.steps());
          // With an edit in hand an attach takes the lease.
          Collections.swap(steps, 0, 1);
          steps.add(
              3,
              new Step(0, new Command.Disturb(what), List.of(), AfterCrash.RETRY, Optional.of(at)));
          plans.add(plan.withSteps(steps));
        }
      }
    }
    Map<String, Long> happened = happened(plans);
    assertEquals(
        Set.of(
            "server restartServer",
            "server loseSessions",
            "server expireLease",
            "clock serverClockForward",
            "clock serverClockBack",
            "clock deviceClockForward",
            "clock deviceClockBack"),
        happened.keySet());
  }

  /** A planted bug: a commit without an answer is taken for one that was made. */
  @Test
  void aCommitThatIsOnlyBelievedIsFound() {
    Plan late = plan(SynchronousMode.FULL, 2, new Fault.Network(4, NetworkFault.DELAY, 900));
    assertTrue(
        new Simulation(new CredulousServer(), Tracing.STATEMENTS).run(late).failure().isPresent());
    assertEquals(Map.of("network delay", 1L), happened(List.of(late)));
  }

  private static final class CredulousServer implements Parts {
    @Override
    public SyncServer server(SyncServer real) {
      return (SyncServer)
          Proxy.newProxyInstance(
              SyncServer.class.getClassLoader(),
              new Class<?>[] {SyncServer.class},
              (self, method, args) -> {
                try {
                  return method.invoke(real, args);
                } catch (InvocationTargetException thrown) {
                  if (method.getName().equals("commitPush")
                      && thrown.getCause() instanceof TransientRetryExhaustedException) {
                    return new SyncServer.CommittedBundle(1, "0".repeat(64));
                  }
                  throw thrown.getCause();
                }
              });
    }
  }
}
