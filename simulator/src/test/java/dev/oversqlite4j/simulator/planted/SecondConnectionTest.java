package dev.oversqlite4j.simulator.planted;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.simulator.jqwik.PlanArbitrary;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.UserApp;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Property;
import net.jqwik.api.RandomGenerator;

/** A user's own app writes on two connections, and what that alone brings to light. */
class SecondConnectionTest {

  private static final List<String> TABLES =
      List.of(
          """
          -- @@{ enableSync=true }
          CREATE TABLE todo (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, rank INTEGER)""");
  private static final UserApp APP =
      new UserApp(
          SyncSchema.parse("app", TABLES),
          TABLES,
          List.of(),
          Map.of(),
          Resolver::serverWins,
          Map.of());

  @Property(tries = 1)
  void seedsFindWhatOnlyASecondConnectionDoes() {
    PlanGenerator generator = new PlanGenerator(APP.plannedTables());
    found(
        "rows-read-before-the-freeze",
        Stream.iterate(101L, seed -> seed <= 120, seed -> seed + 1)
            .map(seed -> generator.forCampaign(seed, Profile.DEFAULT)));
  }

  @Property(tries = 1)
  void drawsFindWhatOnlyASecondConnectionDoes() {
    RandomGenerator<Plan> draws = PlanArbitrary.of(APP.plannedTables(), 1).generator(1_000);
    Random random = new Random(1);
    found(
        "rows-read-before-the-freeze",
        Stream.generate(() -> draws.next(random).value())
            .limit(10_000)
            .filter(SecondConnectionTest::writesBesideAPush));
  }

  /** Nothing is to be seen in another plan, and many need not be run. */
  private static boolean writesBesideAPush(Plan plan) {
    List<Step> steps = plan.steps();
    for (int i = 1; i < steps.size(); i++) {
      if (isSecond(steps.get(i - 1))
          && steps.get(i).command().equals(new Command.Call(Operation.PUSH))) {
        return true;
      }
    }
    return false;
  }

  private static void found(String bug, Stream<Plan> plans) {
    Parts parts =
        WeaknessBugs.all().stream()
            .filter(planted -> planted.name().equals(bug))
            .findFirst()
            .orElseThrow()
            .parts();
    Optional<Plan> found =
        plans
            .filter(plan -> plan.steps().stream().anyMatch(SecondConnectionTest::isSecond))
            .map(SecondConnectionTest::inOrder)
            .filter(plan -> fails(parts, plan) && !fails(parts, onOneConnection(plan)))
            .findFirst();
    assertTrue(found.isPresent(), bug);
    assertFalse(fails(Parts.REAL, found.get()), () -> PlanJson.write(found.get()));
  }

  private static boolean fails(Parts parts, Plan plan) {
    return new Simulation(APP, parts, Tracing.STATEMENTS).run(plan).failure().isPresent();
  }

  private static boolean isSecond(Step step) {
    return step.command() instanceof Command.Write write && write.heldOpen().isPresent();
  }

  /** Otherwise writes of the first connection would come between those of the client, too. */
  private static Plan inOrder(Plan plan) {
    return new Plan(
        plan.version(),
        plan.scheduleSeed(),
        0,
        plan.devices(),
        plan.users(),
        plan.resolvers(),
        plan.revision(),
        plan.synchronous(),
        plan.steps(),
        plan.why());
  }

  private static Plan onOneConnection(Plan plan) {
    return plan.withSteps(
        plan.steps().stream()
            .map(
                step ->
                    step.command() instanceof Command.Write write
                        ? step.withCommand(new Command.Write(write.rows(), write.ending()))
                        : step)
            .toList());
  }
}
