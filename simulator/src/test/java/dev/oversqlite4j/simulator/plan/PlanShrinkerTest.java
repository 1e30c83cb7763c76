package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PlanShrinkerTest {

  private static final int PLENTY = 5_000;

  private final PlanShrinker shrinker = new PlanShrinker();
  private final PlanGenerator generator = new PlanGenerator();

  @Test
  void whatFailsAnywayShrinksToNothing() {
    Plan plan = generator.generate(7, Profile.DEFAULT);
    Plan small = shrinker.shrink(plan, p -> true, PLENTY);
    assertEquals(new Plan(1, 0, 0, 1, small.users(), List.of(), plan.why()), small);
  }

  @Test
  void findsThePushThatCrashesAfterItsWriteOnAnotherDevice() {
    // A write of note r on one device, then on another one a crash at request 3 or later of a push.
    Predicate<Plan> fails =
        plan -> {
          List<Integer> writers = new ArrayList<>();
          for (Step step : plan.steps()) {
            if (step.command() instanceof Command.Write write
                && write.rows().stream()
                    .anyMatch(r -> r.table().equals(Table.NOTE) && r.row() >= 2)) {
              writers.add(step.device());
            }
            if (step.command() instanceof Command.Call call
                && call.operation() == Operation.SYNC
                && writers.stream().anyMatch(device -> device != step.device())
                && step.faults().stream()
                    .anyMatch(f -> f instanceof Fault.CrashAtAnswer && f.n() >= 3)) {
              return true;
            }
          }
          return false;
        };
    int found = 0;
    for (long seed = 0; seed < 100; seed++) {
      Plan plan = generator.generate(seed, Profile.DEFAULT);
      if (fails.test(plan)) {
        found++;
        AtomicInteger runs = new AtomicInteger();
        Plan small =
            shrinker.shrink(
                plan,
                p -> {
                  runs.incrementAndGet();
                  return fails.test(p);
                },
                PLENTY);
        assertEquals(2, small.devices());
        assertEquals(0, small.switchPercent());
        assertEquals(2, small.steps().size());
        Command.Write write = (Command.Write) small.steps().get(0).command();
        assertEquals(1, write.rows().size());
        assertEquals(2, write.rows().get(0).row());
        assertEquals(0, write.rows().get(0).value());
        assertEquals(List.of(new Fault.CrashAtAnswer(3)), small.steps().get(1).faults());
        assertTrue(runs.get() < 200, () -> runs + " runs");
        assertEquals(small, shrinker.shrink(plan, fails, PLENTY));
      }
    }
    assertTrue(found > 10, "only " + found + " plans failed");
  }

  @Test
  void keepsOnlyTheDetailsThatMatter() {
    List<RowWrite> rows = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      rows.add(new RowWrite(RowWrite.Kind.UPSERT, Table.NOTE, 5, 40 + i));
    }
    Step write =
        new Step(
            1,
            new Command.Write(rows, Ending.ROLLBACK),
            List.of(new Fault.CrashAtSeam(90), new Fault.LoseRequest(3), new Fault.LoseRequest(7)),
            AfterCrash.MOVE_ON,
            Optional.of("SEND"));
    Step clock = Step.of(0, new Command.AdvanceClock(2_000));
    Plan plan =
        new Plan(1, 99, 30, 2, List.of("ada", "bob"), List.of(clock, write), Optional.of("why"));

    Predicate<Plan> needsDetails =
        p ->
            p.switchPercent() >= 2
                && p.users().contains("bob")
                && p.steps().stream()
                    .anyMatch(
                        s ->
                            s.afterCrash() == AfterCrash.MOVE_ON
                                && s.faults().contains(new Fault.CrashAtSeam(90))
                                && s.faults().stream()
                                    .anyMatch(f -> f instanceof Fault.LoseRequest && f.n() >= 5))
                && p.steps().stream()
                    .anyMatch(
                        s -> s.command() instanceof Command.AdvanceClock c && c.seconds() > 900);
    Plan small = shrinker.shrink(plan, needsDetails, PLENTY);

    assertEquals(2, small.switchPercent());
    assertEquals(0, small.scheduleSeed());
    assertEquals(List.of("bob"), small.users());
    assertEquals(
        List.of(
            Step.of(0, new Command.AdvanceClock(901)),
            new Step(
                0,
                new Command.Write(
                    List.of(new RowWrite(RowWrite.Kind.UPSERT, Table.NOTE, 0, 0)), Ending.COMMIT),
                List.of(new Fault.CrashAtSeam(90), new Fault.LoseRequest(5)),
                AfterCrash.MOVE_ON,
                Optional.empty())),
        small.steps());
  }

  @Test
  void leavesOutStepsThatOnlyGoTogether() {
    Plan plan = generator.generate(3, Profile.CALM);
    // Fails while as many detaches as attaches follow a status call: neither can go alone.
    List<Step> steps =
        List.of(call(Operation.DETACH), call(Operation.SYNC_STATUS), call(Operation.ATTACH));
    Predicate<Plan> fails =
        p ->
            count(p, Operation.SYNC_STATUS) == 1
                && count(p, Operation.DETACH) == count(p, Operation.ATTACH);
    Plan small = shrinker.shrink(plan.withSteps(steps), fails, PLENTY);
    assertEquals(List.of(call(Operation.SYNC_STATUS)), small.steps());
  }

  @Test
  void valuesThatDifferedStayDifferent() {
    Plan plan = generator.generate(11, Profile.CALM);
    Predicate<Plan> keepsWrites =
        p -> p.steps().stream().filter(s -> s.command() instanceof Command.Write).count() >= 3;
    Plan small = shrinker.shrink(plan, keepsWrites, PLENTY);
    List<Integer> values = new ArrayList<>();
    for (Step step : small.steps()) {
      ((Command.Write) step.command()).rows().forEach(row -> values.add(row.value()));
    }
    assertEquals(List.of(0, 1, 2), values.stream().sorted().toList());
  }

  @Test
  void aLowerValueIsNeverTheValueOfAnotherWrite() {
    Plan plan = generator.generate(0, Profile.CALM).withSteps(List.of(write(20), write(50)));
    Predicate<Plan> fails =
        p ->
            p.steps().size() == 2
                && p.steps().get(0).equals(write(20))
                && valueOf(p.steps().get(1)) >= 20;
    Plan small = shrinker.shrink(plan, fails, PLENTY);
    assertEquals(List.of(write(20), write(21)), small.steps());
  }

  @Test
  void stopsWhenTheRunsAreUsedUp() {
    Plan plan = generator.generate(5, Profile.DEFAULT);
    for (int maxRuns : List.of(0, 1, 7)) {
      AtomicInteger runs = new AtomicInteger();
      Predicate<Plan> fails =
          p -> {
            runs.incrementAndGet();
            return p.steps().size() > 10;
          };
      Plan small = shrinker.shrink(plan, fails, maxRuns);
      assertEquals(maxRuns, runs.get());
      assertTrue(small.steps().size() > 10);
    }
    assertEquals(plan, shrinker.shrink(plan, p -> true, 0));
  }

  @Provide
  Arbitrary<Plan> plans() {
    return PlanArbitraries.plans();
  }

  @Property(seed = "815", tries = 50)
  void aShrunkPlanStillFailsAndLosesNoMoreSteps(@ForAll("plans") Plan plan) {
    Predicate<Plan> fails =
        p ->
            p.steps().stream().map(Step::command).filter(Command.Call.class::isInstance).count()
                > 1;
    List<Step> steps = new ArrayList<>(plan.steps());
    steps.add(call(Operation.PULL));
    steps.add(0, call(Operation.DETACH));
    Plan small = shrinker.shrink(plan.withSteps(steps), fails, PLENTY);
    assertTrue(fails.test(small));
    assertEquals(2, small.steps().size());
  }

  private static Step write(int value) {
    RowWrite row = new RowWrite(RowWrite.Kind.INSERT, Table.NOTE, 0, value);
    return Step.of(0, new Command.Write(List.of(row), Ending.COMMIT));
  }

  private static int valueOf(Step step) {
    return ((Command.Write) step.command()).rows().get(0).value();
  }

  private static Step call(Operation operation) {
    return Step.of(0, new Command.Call(operation));
  }

  private static long count(Plan plan, Operation operation) {
    return plan.steps().stream()
        .filter(s -> s.command().equals(new Command.Call(operation)))
        .count();
  }
}
