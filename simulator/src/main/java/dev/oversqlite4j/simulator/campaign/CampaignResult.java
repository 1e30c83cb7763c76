package dev.oversqlite4j.simulator.campaign;

import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.world.RunCounts;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What came of a campaign. Depends on its settings and on nothing else: not on time, not on cores.
 *
 * @param seeds how many ran; fewer than asked for if it ended early
 * @param failures in the order of their seeds
 * @param counts the sums over all seeds
 * @param transitionsCovered how many declared transitions were seen
 * @param transitionsTotal how many are declared
 * @param uncovered the others, as {@code from trigger to}
 * @param missedBars why this campaign proved nothing; empty if it did prove something
 * @param traceHash SHA-256 over the trace hashes of all seeds in order
 */
public record CampaignResult(
    long seeds,
    List<FailedSeed> failures,
    RunCounts counts,
    int transitionsCovered,
    int transitionsTotal,
    List<String> uncovered,
    List<String> missedBars,
    String traceHash) {

  /** The exit code of a vacuous campaign. */
  public static final int VACUOUS = 4;

  public CampaignResult {
    failures = List.copyOf(failures);
    uncovered = List.copyOf(uncovered);
    missedBars = List.copyOf(missedBars);
  }

  /** 0, or the code of the first failure, or {@link #VACUOUS}. */
  public int exitCode() {
    if (!failures.isEmpty()) {
      return failures.get(0).finding().exitCode();
    }
    return missedBars.isEmpty() ? 0 : VACUOUS;
  }

  /** The numbers of the properties that did not hold. */
  public SortedSet<Integer> violatedProperties() {
    SortedSet<Integer> properties = new TreeSet<>();
    for (FailedSeed failed : failures) {
      if (failed.finding() instanceof Finding.Violated violated) {
        properties.add(violated.failure().property());
      }
    }
    return properties;
  }
}
