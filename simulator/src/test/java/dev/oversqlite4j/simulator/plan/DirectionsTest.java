package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunEvent;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DirectionsTest {

  @TestFactory
  Stream<DynamicTest> everyWayLeadsWhereItSays() {
    Map<String, List<Step>> ways = new LinkedHashMap<>();
    for (int direction = 0; direction < Directions.count(); direction++) {
      String into = Directions.name(direction).replaceFirst(";.*", "");
      ways.put(into, Directions.way(direction));
    }
    assertTrue(ways.size() > 20);
    return ways.entrySet().stream()
        .map(
            way ->
                DynamicTest.dynamicTest(way.getKey(), () -> leads(way.getKey(), way.getValue())));
  }

  private static void leads(String into, List<Step> way) {
    String state = into.replaceFirst(",.*", "").toUpperCase(Locale.ROOT).replace(' ', '_');
    String expected =
        switch (state) {
          case "NOTHING" -> "UNOPENED";
          case "CLOSED" -> "ATTACHED";
          default -> state;
        };
    List<DeviceTables> found = new ArrayList<>();
    Simulation.Result result =
        new Simulation(Parts.REAL, Tracing.STATEMENTS)
            .run(
                plan(way),
                new RunListener() {
                  @Override
                  public void happened(World world, RunEvent event) {
                    if (event.what() instanceof RunEvent.Told told
                        && told.kind() == RunEvent.Kind.PHASE) {
                      found.add(DeviceTables.read(world.devices().get(0).observer()));
                    }
                  }
                });
    String story = String.join("\n", result.timeline());
    assertTrue(result.failure().isEmpty(), () -> result.failure() + "\n" + story);
    assertEquals(expected, found.get(0).state(), story);
    assertEquals(into.contains("set aside"), !found.get(0).quarantined().isEmpty(), story);
    if (into.endsWith(", dirty") || into.endsWith(", in conflict") || into.contains("no-ops")) {
      assertTrue(!found.get(0).dirty().isEmpty(), story);
    }
    if (into.endsWith(", prepared") || into.endsWith(", frozen")) {
      assertTrue(!found.get(0).outbox().isEmpty(), story);
    }
  }

  private static Plan plan(List<Step> way) {
    List<Step> steps = new ArrayList<>();
    for (Step step : way) {
      steps.add(PlanGenerator.numbered(step, 12 * (1 + steps.size())));
    }
    return new Plan(Plan.VERSION, 0, 0, 2, List.of("ada", "ada"), steps, Optional.empty());
  }

  /** Rows that the server refuses take the place of others. */
  /** What happens where, whatever row it is about and whatever goes wrong beside. */
  private static List<String> outline(List<Step> steps) {
    return steps.stream()
        .map(
            step ->
                step.device()
                    + " "
                    + (step.command() instanceof Command.Write write
                        ? "writes " + write.rows().size() + ", " + write.ending()
                        : step.command()))
        .toList();
  }

  private static boolean migrates(Step step) {
    return step.command() instanceof Command.Disturb disturb && disturb.what().changesSchema();
  }

  @Test
  void inSomeSeedsOfTheDefaultProfileTheAppChangesItsSchema() {
    PlanGenerator generator = new PlanGenerator();
    Map<Disturbance, Long> migrations = new EnumMap<>(Disturbance.class);
    int plans = 0;
    for (long seed = 0; seed < 300; seed++) {
      List<Step> steps =
          generator.forCampaign(seed, Profile.DEFAULT).steps().stream()
              .filter(DirectionsTest::migrates)
              .toList();
      plans += steps.isEmpty() ? 0 : 1;
      for (Step step : steps) {
        Disturbance what = ((Command.Disturb) step.command()).what();
        migrations.merge(what, 1L, Long::sum);
        assertTrue(
            what != Disturbance.ADD_COLUMN || PlanGenerator.route(seed).isEmpty(), "seed " + seed);
      }
    }
    assertTrue(plans > 50 && plans < 100, "" + plans);
    assertEquals(Set.copyOf(PlanGenerator.MIGRATIONS), migrations.keySet());
  }

  private static boolean downloads(Step step) {
    return step.command().equals(new Command.Call(Operation.AUTO_DOWNLOADS));
  }

  @Test
  void inSomeSeedsOfTheDefaultProfileDownloadsRunBesideOtherCalls() {
    PlanGenerator generator = new PlanGenerator();
    int plans = 0;
    for (long seed = 0; seed < 400; seed++) {
      Plan plan = generator.forCampaign(seed, Profile.DEFAULT);
      if (plan.steps().stream().anyMatch(DirectionsTest::downloads)) {
        plans++;
        assertTrue(plan.switchPercent() > 0, "seed " + seed);
        assertTrue(PlanGenerator.route(seed).isEmpty(), "seed " + seed);
      }
    }
    assertTrue(plans > 35 && plans < 65, "" + plans);
  }

  @Test
  void someSeedsOfTheDefaultProfileWriteWhatTheServerNeverAccepts() {
    PlanGenerator generator = new PlanGenerator();
    long refused =
        LongStream.range(0, 200)
            .filter(
                seed ->
                    PlanJson.write(generator.forCampaign(seed * 4 + 3, Profile.DEFAULT))
                        .contains("\"row\":" + RowWrite.REFUSED_ROW + ","))
            .count();
    assertTrue(refused > 20 && refused < 60, "" + refused);
  }

  @Test
  void threeOfFourSeedsOfTheDefaultProfileAreLed() {
    PlanGenerator generator = new PlanGenerator();
    for (long seed = 0; seed < 20; seed++) {
      Plan random = generator.generate(seed, Profile.DEFAULT);
      Plan migrating = generator.forCampaign(seed, Profile.DEFAULT);
      assertEquals(migrating, PlanJson.read(PlanJson.write(migrating)));
      Plan plan =
          migrating.withSteps(
              migrating.steps().stream().filter(s -> !migrates(s) && !downloads(s)).toList());
      int led = plan.steps().size() - random.steps().size();
      assertEquals(seed % 4 < 3, led > 0, "seed " + seed);
      assertEquals(
          outline(random.steps()), outline(plan.steps().subList(led, plan.steps().size())));
      assertEquals(
          generator.generate(seed, Profile.CRASHES_ONLY),
          generator.forCampaign(seed, Profile.CRASHES_ONLY));
    }
  }

  @Test
  void theDefaultCampaignTakesEachDirectionAndEachPassage() {
    for (long first : List.of(1L, 10_001L, -250L)) {
      Set<Integer> taken = new TreeSet<>();
      LongStream.range(first, first + 500)
          .forEach(seed -> PlanGenerator.route(seed).ifPresent(taken::add));
      assertEquals(Directions.count() + Passages.ALL.size(), taken.size(), "from " + first);
    }
  }
}
