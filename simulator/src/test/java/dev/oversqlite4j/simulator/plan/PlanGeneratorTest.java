package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.SynchronousMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlanGeneratorTest {

  private static final int SEEDS = 1_000;
  private static final int STEPS_OF_DISTURBANCES_MAX = 3 * 4 + 4;
  private static final int HASH_OF_200_PLANS = -791529417;
  private static final int HASH_OF_200_PLANS_WITHOUT_HAZARDS = 1499456301;
  private static final int HASH_OF_200_PLANS_WITHOUT_RESOLVERS = -1893514473;

  /** Calls that only plans with a direction make. */
  private static final EnumSet<Operation> DIRECTED_ONLY =
      EnumSet.of(
          Operation.SOURCE_INFO,
          Operation.PAUSE_RESUME,
          Operation.AUTO_TICK,
          Operation.AUTO_DOWNLOADS,
          Operation.RETRY_QUARANTINED,
          Operation.DISCARD_QUARANTINED,
          Operation.CLOSE,
          Operation.UNINSTALL);

  private final PlanGenerator generator = new PlanGenerator();

  @Test
  void theSameSeedGivesTheSamePlanAndAnotherOneAnother() {
    Set<Plan> plans = new HashSet<>();
    for (long seed = 0; seed < 100; seed++) {
      Plan plan = generator.generate(seed, Profile.DEFAULT);
      assertEquals(plan, new PlanGenerator().generate(seed, Profile.DEFAULT));
      plans.add(plan);
    }
    assertEquals(100, plans.size());
  }

  // Seeds are quoted in reports: one of them must mean the same plan in every build and machine.
  @Test
  void aSeedKeepsItsMeaning() {
    StringBuilder all = new StringBuilder();
    for (long seed = 0; seed < 200; seed++) {
      all.append(PlanJson.write(generator.generate(seed, Profile.DEFAULT)));
    }
    assertEquals(HASH_OF_200_PLANS, all.toString().hashCode());
  }

  // Whoever draws something new has a stream of its own and leaves the others as they were.
  @Test
  void hazardsChangeNothingElseAboutASeed() {
    StringBuilder all = new StringBuilder();
    for (long seed = 0; seed < 200; seed++) {
      all.append(PlanJson.write(withoutHazards(generator.generate(seed, Profile.DEFAULT))));
    }
    assertEquals(HASH_OF_200_PLANS_WITHOUT_HAZARDS, all.toString().hashCode());
  }

  @Test
  void everyHazardOccursAndManyPlansHaveNone() {
    Map<String, Integer> count = new TreeMap<>();
    int kind = 0;
    for (Plan plan : plans(Profile.DEFAULT)) {
      kind += plan.equals(withoutHazards(plan)) ? 1 : 0;
      for (Step step : plan.steps()) {
        step.faults().stream()
            .filter(PlanGeneratorTest::isHazard)
            .forEach(hazard -> count.merge(name(hazard), 1, Integer::sum));
        if (comesBetween(step.command())) {
          count.merge(step.command().toString(), 1, Integer::sum);
        }
      }
    }
    assertTrue(kind > SEEDS / 5, "" + kind);
    int kinds = HazardPlacer.NETWORK.size() + DiskFault.values().length + 6 + 2 + 8;
    assertEquals(kinds, count.size(), count::toString);
    assertTrue(count.values().stream().allMatch(n -> n > SEEDS / 10), count::toString);
  }

  private static String name(Fault hazard) {
    if (hazard instanceof Fault.Network network) {
      return network.kind().name();
    }
    if (hazard instanceof Fault.Disk disk) {
      return disk.kind().name();
    }
    return hazard instanceof Fault.Answer answer
        ? "" + answer.status()
        : ((Fault.LosePower) hazard).tail().name();
  }

  @Test
  void powerLossesTakeSomethingInTheProfileThatIsMadeForThem() {
    for (Plan plan : plans(Profile.SYNCHRONOUS_NORMAL)) {
      assertEquals(SynchronousMode.NORMAL, plan.synchronous());
      assertTrue(
          plan.steps().stream()
              .flatMap(step -> step.faults().stream())
              .anyMatch(fault -> fault instanceof Fault.LosePower));
    }
  }

  @Test
  void longLivesHaveMoreStepsThanAnyOtherAndAreAsHostile() {
    for (Plan plan : plans(Profile.LONG_LIVES)) {
      // A disturbance or a tick may come between two of the 60 to 100 steps.
      assertTrue(plan.steps().size() >= 60, "" + plan.steps().size());
    }
    assertTrue(
        plans(Profile.LONG_LIVES).stream()
            .flatMap(plan -> plan.steps().stream())
            .flatMap(step -> step.faults().stream())
            .anyMatch(PlanGeneratorTest::isHazard));
  }

  private static boolean isHazard(Fault fault) {
    return fault instanceof Fault.Network
        || fault instanceof Fault.Answer
        || fault instanceof Fault.Disk
        || fault instanceof Fault.LosePower;
  }

  private static boolean comesBetween(Command command) {
    return command.equals(new Command.Call(Operation.AUTO_TICK))
        || command instanceof Command.Disturb disturb
            && HazardPlacer.HAPPENINGS.contains(disturb.what());
  }

  private static Plan withoutHazards(Plan plan) {
    return plan.withSteps(
        plan.steps().stream()
            .filter(step -> !comesBetween(step.command()))
            .map(
                step ->
                    new Step(
                        step.device(),
                        step.command(),
                        step.faults().stream().filter(fault -> !isHazard(fault)).toList(),
                        step.afterCrash(),
                        step.at()))
            .toList());
  }

  @Test
  void everyPlanHasWhatACampaignNeeds() {
    for (Plan plan : plans(Profile.DEFAULT)) {
      assertTrue(plan.devices() == 2 || plan.devices() == 3);
      assertTrue(
          plan.steps().size() >= 24 && plan.steps().size() <= 40 + STEPS_OF_DISTURBANCES_MAX);
      long counted =
          plan.steps().stream()
              .filter(
                  s -> s.command() instanceof Command.Call || s.command() instanceof Command.Write)
              .count();
      assertTrue(counted >= 20, () -> PlanJson.write(plan));
      Set<Integer> values = new HashSet<>();
      for (Step step : plan.steps()) {
        if (step.command() instanceof Command.Write write) {
          assertTrue(write.rows().size() <= 4);
          for (RowWrite row : write.rows()) {
            assertTrue(values.add(row.value()));
            assertTrue(row.row() <= 5);
            assertTrue(row.kind() != RowWrite.Kind.DELETE || !row.table().equals(Table.PERSON));
          }
        }
      }
      for (int device = 0; device < plan.devices(); device++) {
        List<Operation> calls = calls(plan, device);
        // What a disturbance brings along may come first, and open and attach on its own.
        calls.removeIf(call -> call == Operation.REBUILD || call == Operation.SYNC_THEN_DETACH);
        assertTrue(calls.contains(Operation.OPEN) && calls.contains(Operation.ATTACH));
      }
    }
  }

  @Test
  void plansDifferInEveryDimension() {
    Map<Operation, Integer> operations = new EnumMap<>(Operation.class);
    Map<RowWrite.Kind, Integer> kinds = new EnumMap<>(RowWrite.Kind.class);
    Map<String, Integer> tables = new TreeMap<>();
    Set<Integer> switchPercents = new TreeSet<>();
    Set<Integer> devices = new TreeSet<>();
    Map<Disturbance, Integer> disturbances = new EnumMap<>(Disturbance.class);
    int rollbacks = 0;
    int restarts = 0;
    int expiries = 0;
    int otherUsers = 0;
    for (Plan hazardous : plans(Profile.DEFAULT)) {
      Plan plan = withoutHazards(hazardous);
      switchPercents.add(plan.switchPercent());
      devices.add(plan.devices());
      otherUsers += plan.users().contains("bob") ? 1 : 0;
      for (Step step : plan.steps()) {
        if (step.command() instanceof Command.Call call) {
          operations.merge(call.operation(), 1, Integer::sum);
        } else if (step.command() instanceof Command.Write write) {
          rollbacks += write.ending() == Ending.ROLLBACK ? 1 : 0;
          write.rows().forEach(row -> kinds.merge(row.kind(), 1, Integer::sum));
          write.rows().forEach(row -> tables.merge(row.table(), 1, Integer::sum));
        } else if (step.command() instanceof Command.AdvanceClock advance) {
          expiries += advance.seconds() > 900 ? 1 : 0;
        } else if (step.command() instanceof Command.Disturb disturb) {
          disturbances.merge(disturb.what(), 1, Integer::sum);
        } else {
          restarts++;
        }
      }
    }
    int few = SEEDS / 20;
    String seen =
        operations
            + " "
            + kinds
            + " "
            + tables
            + " rollbacks="
            + rollbacks
            + " restarts="
            + restarts
            + " expiries="
            + expiries
            + " otherUsers="
            + otherUsers;
    assertEquals(Set.of(0, 2, 10, 30), switchPercents);
    assertEquals(Set.of(2, 3), devices);
    assertEquals(EnumSet.complementOf(DIRECTED_ONLY), operations.keySet(), seen);
    // Keys change in plans of campaigns only.
    assertEquals(RowWrite.Kind.values().length - 1, kinds.size(), seen);
    assertEquals(Table.ALL.size(), tables.size(), seen);
    assertTrue(rollbacks > few && restarts > few && expiries > few && otherUsers > few, seen);
    EnumSet<Disturbance> others = EnumSet.copyOf(HazardPlacer.HAPPENINGS);
    others.add(Disturbance.OTHER_CLIENT);
    others.addAll(PlanGenerator.MIGRATIONS);
    assertEquals(EnumSet.complementOf(others), disturbances.keySet(), seen);
    assertTrue(disturbances.values().stream().allMatch(n -> n > few), disturbances::toString);
    assertTrue(operations.values().stream().allMatch(n -> n > few), seen);
  }

  @Test
  void aboutTwoCrashesAPlanAndNearlyHalfOfThemInTheAcknowledgementGap() {
    Map<String, Integer> count = new TreeMap<>();
    for (Plan hazardous : plans(Profile.DEFAULT)) {
      Plan plan = withoutHazards(hazardous);
      Set<Integer> pending = new HashSet<>();
      for (Step step : plan.steps()) {
        if (step.command() instanceof Command.Write write && write.ending() == Ending.COMMIT) {
          pending.add(step.device());
        }
        boolean push =
            step.command() instanceof Command.Call call
                && (call.operation() == Operation.PUSH || call.operation() == Operation.SYNC);
        long crashes = step.faults().stream().filter(Fault::isCrash).count();
        count.merge("crashes", (int) crashes, Integer::sum);
        if (crashes > 1) {
          count.merge("double", 1, Integer::sum);
          assertEquals(AfterCrash.RETRY, step.afterCrash());
        }
        if (step.afterCrash() == AfterCrash.MOVE_ON) {
          count.merge("moveOn", 1, Integer::sum);
        }
        if (push
            && pending.remove(step.device())
            && !step.faults().isEmpty()
            && step.faults().get(0) instanceof Fault.CrashAtAnswer answer
            && (answer.n() == 4 || answer.n() == 5)) {
          count.merge("gap", 1, Integer::sum);
        }
        for (Fault fault : step.faults()) {
          count.merge(fault.getClass().getSimpleName(), 1, Integer::sum);
          assertTrue(fault.n() <= (fault instanceof Fault.CrashAtSeam ? 150 : 8));
        }
      }
    }
    int crashes = count.get("crashes");
    assertTrue(crashes > 1.8 * SEEDS && crashes < 2.2 * SEEDS, count::toString);
    int gap = count.get("gap");
    assertTrue(gap > 0.40 * crashes && gap < 0.50 * crashes, count::toString);
    int few = SEEDS / 20;
    assertTrue(count.get("double") > few && count.get("moveOn") > few, count::toString);
    assertTrue(count.get("LoseRequest") > 5 * few, count::toString);
    assertTrue(count.get("LoseResponse") > 5 * few, count::toString);
  }

  @Test
  void aboutAThirdOfThePlansHaveResolversOfTheirOwn() {
    Map<ResolverChoice, Integer> choices = new EnumMap<>(ResolverChoice.class);
    int own = 0;
    for (Plan plan : plans(Profile.DEFAULT)) {
      plan.resolvers().forEach(choice -> choices.merge(choice, 1, Integer::sum));
      own += plan.resolvers().stream().anyMatch(c -> c != ResolverChoice.SERVER_WINS) ? 1 : 0;
    }
    assertTrue(own > 0.25 * SEEDS && own < 0.40 * SEEDS, "" + own);
    assertEquals(ResolverChoice.values().length, choices.size());
    assertTrue(choices.values().stream().allMatch(n -> n > SEEDS / 10), choices::toString);
  }

  // A seed that draws none means the same plan as before there were any.
  @Test
  void resolversChangeNothingElseAboutASeed() {
    StringBuilder all = new StringBuilder();
    for (long seed = 0; seed < 200; seed++) {
      Plan plan = withoutHazards(generator.generate(seed, Profile.DEFAULT));
      all.append(
          PlanJson.write(
              plan.withResolvers(Collections.nCopies(plan.devices(), ResolverChoice.SERVER_WINS))));
    }
    assertEquals(HASH_OF_200_PLANS_WITHOUT_RESOLVERS, all.toString().hashCode());
  }

  @Test
  void aProfileChangesTheFaultsAndNothingElse() {
    for (long seed = 0; seed < 200; seed++) {
      Plan all = withoutHazards(generator.generate(seed, Profile.DEFAULT));
      Plan crashes = generator.generate(seed, Profile.CRASHES_ONLY);
      Plan calm = generator.generate(seed, Profile.CALM);
      assertEquals(calm.withSteps(List.of()), all.withSteps(List.of()));
      assertEquals(calm.withSteps(List.of()), crashes.withSteps(List.of()));
      boolean disturbed = all.steps().size() > calm.steps().size();
      for (int i = 0; i < calm.steps().size() && !disturbed; i++) {
        Step step = calm.steps().get(i);
        assertEquals(Step.of(step.device(), step.command()), step);
        assertEquals(step.command(), all.steps().get(i).command());
        assertEquals(step.command(), crashes.steps().get(i).command());
        assertEquals(
            all.steps().get(i).faults().stream().filter(Fault::isCrash).toList(),
            crashes.steps().get(i).faults());
      }
    }
  }

  private List<Plan> plans(Profile profile) {
    List<Plan> plans = new ArrayList<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      plans.add(generator.generate(seed, profile));
    }
    return plans;
  }

  private static List<Operation> calls(Plan plan, int device) {
    List<Operation> calls = new ArrayList<>();
    for (Step step : plan.steps()) {
      if (step.device() == device && step.command() instanceof Command.Call call) {
        calls.add(call.operation());
      }
    }
    return calls;
  }
}
