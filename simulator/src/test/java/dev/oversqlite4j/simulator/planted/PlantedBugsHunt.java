package dev.oversqlite4j.simulator.planted;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.planted.Hunt.Found;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Hunts all planted bugs; takes minutes, so that its name keeps it out of {@code verify}. Leaves
 * {@code target/planted-bugs.json}, and fails if a bug is not found or their plans stay long.
 *
 * <p>{@code -Dplanted.write} writes it down, {@code -Dplanted.bugs=a,b} hunts some of them only.
 */
class PlantedBugsHunt {

  private static final int MEDIAN_STEPS_MAX = 8;
  private static final Path REPORT = Path.of("target/planted-bugs.json");

  @Test
  void everyPlantedBugIsFound() throws InterruptedException, ExecutionException {
    Set<String> wanted = Set.of(System.getProperty("planted.bugs", "").split(","));
    List<PlantedBug> bugs =
        PlantedBugs.all().stream()
            .filter(bug -> wanted.contains("") || wanted.contains(bug.name()))
            .toList();
    List<Result> results = hunt(bugs);
    Records.write(REPORT, results);
    List<String> missed =
        results.stream().filter(r -> r.evidence().isEmpty()).map(Result::bug).toList();
    if (System.getProperty("planted.write") != null) {
      List<Result> merged = Records.merged(Records.read(), results);
      Records.write(Records.RESULTS, merged);
      Records.toReadme(Summary.markdown(merged));
    }
    assertTrue(missed.isEmpty(), () -> "not found: " + missed);
    assertTrue(Summary.medianSteps(results) <= MEDIAN_STEPS_MAX, "the plans are too long");
  }

  private static List<Result> hunt(List<PlantedBug> bugs)
      throws InterruptedException, ExecutionException {
    ExecutorService hunters =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      List<Future<Optional<Found>>> hunts = new ArrayList<>();
      for (PlantedBug bug : bugs) {
        hunts.add(hunters.submit(() -> new Hunt(bug, Hunt.SEEDS, Hunt.SHRINKING_RUNS).search()));
      }
      List<Result> results = new ArrayList<>();
      for (int i = 0; i < bugs.size(); i++) {
        Optional<Found> found = hunts.get(i).get();
        Result result = Result.of(bugs.get(i), found);
        System.out.println(result.json());
        if (System.getProperty("planted.write") != null) {
          found.ifPresent(f -> Records.write(f.bug().name(), f.plan()));
        }
        results.add(result);
      }
      return results;
    } finally {
      hunters.shutdownNow();
    }
  }
}
