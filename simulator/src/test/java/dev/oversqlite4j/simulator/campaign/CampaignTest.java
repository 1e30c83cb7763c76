package dev.oversqlite4j.simulator.campaign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.campaign.Settings.Repetition;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.Parts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CampaignTest {

  private static CampaignResult run(int threads, Settings settings) {
    return new Campaign(Parts.REAL, threads).run(settings, (done, counts, failures) -> {});
  }

  @Test
  void nothingThatCrashesProvesNothing() {
    CampaignResult result = run(2, new Settings(1, 2, Profile.CALM, Repetition.ONCE));

    assertEquals(List.of(), result.failures());
    assertEquals(4, result.exitCode());
    assertTrue(
        result.missedBars().contains("there must be a crash per seed on average: 0 in 2"),
        result.missedBars().toString());
  }

  @Test
  void theResultDoesNotDependOnTheNumberOfThreads() {
    Settings settings = new Settings(100, 3, Profile.DEFAULT, Repetition.ONCE);

    assertEquals(run(1, settings), run(3, settings));
  }

  @Test
  void everySeedIsTheSameRunTwice() {
    CampaignResult result = run(2, new Settings(7, 2, Profile.DEFAULT, Repetition.TWICE));

    assertEquals(List.of(), result.failures());
    assertTrue(result.transitions().covered() > 0);
    assertFalse(result.transitions().uncovered().isEmpty());
  }

  @Test
  void shardsRunEverySeedOnceAndAreTheSameRuns() {
    CampaignResult all = run(2, new Settings(5, 3, Profile.DEFAULT, Repetition.ONCE));

    CampaignResult first = run(2, shard(5, 3, 1, 2));
    CampaignResult second = run(2, shard(5, 3, 2, 2));

    assertEquals(2, first.seeds());
    assertEquals(1, second.seeds());
    assertEquals(all.counts(), first.counts().plus(second.counts()));
    assertEquals(
        run(1, new Settings(6, 1, Profile.DEFAULT, Repetition.ONCE)).traceHash(),
        second.traceHash());
  }

  @Test
  void aShardNeedsASeed() {
    assertThrows(IllegalArgumentException.class, () -> shard(1, 3, 4, 4));
    assertThrows(IllegalArgumentException.class, () -> shard(1, 3, 0, 2));
    assertThrows(IllegalArgumentException.class, () -> shard(1, 3, 3, 2));
  }

  private static Settings shard(long start, long seeds, int index, int count) {
    return new Settings(
        start,
        seeds,
        Profile.DEFAULT,
        Repetition.ONCE,
        new Settings.Shard(index, count),
        Revision.JULY_2026);
  }

  @Test
  void tellsHowFarItIsInTheOrderOfTheSeeds() {
    List<Long> told = new ArrayList<>();

    new Campaign(Parts.REAL, 3)
        .run(
            new Settings(1, 3, Profile.CALM, Repetition.ONCE),
            (done, counts, failures) -> told.add(done));

    assertEquals(List.of(1L, 2L, 3L), told);
  }
}
