package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spec 4.4.1 step 7 and 4.5 step 4; properties 22 to 24. */
class CheckpointTest {

  private enum Step {
    PEER_COMMITS,
    WE_COMMIT_AND_REPLAY,
    PULL_ONE_BUNDLE,
    PULL_TO_STABLE
  }

  /** The model is the set of bundles that are applied; the checkpoint may only name a prefix. */
  @Property(seed = "22", tries = 1000)
  void neverJumpsOverABundleNeverGoesBackAndAPullConverges(
      @ForAll @Size(max = 30) List<Step> steps) {
    TreeSet<Long> applied = new TreeSet<>();
    long latest = 0;
    long checkpoint = 0;
    for (Step step : steps) {
      long before = checkpoint;
      switch (step) {
        case PEER_COMMITS -> latest++;
        case WE_COMMIT_AND_REPLAY -> {
          latest++;
          checkpoint = Checkpoint.afterReplay(checkpoint, latest);
          applied.add(latest);
          assertEquals(latest - 1 == before ? latest : before, checkpoint);
        }
        case PULL_ONE_BUNDLE -> {
          if (checkpoint < latest) {
            applied.add(checkpoint + 1);
            checkpoint = Checkpoint.afterPull(checkpoint, checkpoint + 1);
            assertEquals(before + 1, checkpoint);
          }
        }
        case PULL_TO_STABLE -> {
          for (long bundle = before + 1; bundle <= latest; bundle++) {
            applied.add(bundle);
            checkpoint = Checkpoint.afterPull(checkpoint, bundle);
          }
          assertEquals(latest, checkpoint);
        }
      }
      assertTrue(checkpoint >= before);
      assertTrue(checkpoint <= prefix(applied), "bundles below the checkpoint are missing");
    }
  }

  private static long prefix(TreeSet<Long> applied) {
    long end = 0;
    while (applied.contains(end + 1)) {
      end++;
    }
    return end;
  }

  @Test
  void aBundleAppliedAlreadyMovesNothing() {
    assertEquals(7, Checkpoint.afterPull(7, 5));
    assertEquals(7, Checkpoint.afterReplay(7, 5));
    assertEquals(7, Checkpoint.afterReplay(7, 7));
  }

  /** Wire-protocol trap 9: only at 0 does the server start after what it dropped. */
  @ParameterizedTest
  @CsvSource({"0, 1, false", "0, 2, true", "0, 900, true", "1, 2, false", "1, 3, false"})
  void aFirstBundleAboveOneFromAnEmptyCheckpointMeansPruned(
      long checkpoint, long first, boolean pruned) {
    assertEquals(pruned, Checkpoint.startIsPruned(checkpoint, first));
  }
}
