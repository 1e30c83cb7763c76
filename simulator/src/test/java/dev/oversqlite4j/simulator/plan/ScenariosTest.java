package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScenariosTest {

  @Test
  void namesAreKeptInOneOrder() {
    assertEquals(
        List.of(
            "open-virgin",
            "open-initialised",
            "open-adopted",
            "freeze",
            "first-seed",
            "second-device",
            "edit-while-push",
            "remote-replace",
            "remote-replace-detach",
            "detach",
            "detach-blocked",
            "rebuild-keep-source",
            "rebuild-rotate-dirty",
            "replay-pruned",
            "restored-backup",
            "copied-file-two-writers",
            "server-restored",
            "conflict-server-wins",
            "conflict-client-wins",
            "conflict-merge",
            "pull-pages",
            "poison-row",
            "sync-then-detach-late-writes",
            "downloads-beside-calls"),
        Scenarios.all().stream().map(Scenario::name).toList());
    for (Scenario scenario : Scenarios.all()) {
      assertEquals(Optional.of(scenario), Scenarios.named(scenario.name()));
    }
    assertEquals(Optional.empty(), Scenarios.named("open"));
  }

  @Test
  void everyPlanRunsInItsOwnOrderAndCanBeKept() {
    for (Scenario scenario : Scenarios.all()) {
      Plan plan = scenario.plan();
      assertEquals(0, plan.switchPercent(), scenario.name());
      assertEquals(plan, PlanJson.read(PlanJson.write(plan)));
      assertTrue(plan.steps().stream().anyMatch(s -> s.device() == scenario.crashedDevice()));
      Set<Integer> values = new HashSet<>();
      for (Step step : plan.steps()) {
        if (step.command() instanceof Command.Write write) {
          write.rows().forEach(row -> assertTrue(values.add(row.value()), scenario.name()));
        }
      }
    }
  }

  @Test
  void theVirginDatabaseHasRowsBeforeItIsOpened() {
    Plan plan = Scenarios.named("open-virgin").orElseThrow().plan();
    assertTrue(plan.steps().get(0).command() instanceof Command.Write);
    assertEquals(
        new Command.Call(Operation.OPEN), plan.steps().get(plan.steps().size() - 1).command());
  }
}
