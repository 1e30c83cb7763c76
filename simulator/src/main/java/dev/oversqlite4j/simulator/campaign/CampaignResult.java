package dev.oversqlite4j.simulator.campaign;

import dev.oversqlite4j.simulator.campaign.FailedSeed.Finding;
import dev.oversqlite4j.simulator.coverage.Sometimes;
import dev.oversqlite4j.simulator.world.RunCounts;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What came of a campaign. Depends on its settings and on nothing else: not on time, not on cores.
 *
 * @param seeds how many ran; fewer than asked for if it ended early
 * @param failures in the order of their seeds
 * @param counts the sums over all seeds
 * @param transitions which declared transitions were seen, as {@code from trigger to}
 * @param cells which cells of the operation matrix, as {@code call state}
 * @param pairs which faults in which states, as {@code state fault}
 * @param unmet what has to happen now and then and never did
 * @param missedBars why this campaign proved nothing; empty if it did prove something
 * @param traceHash SHA-256 over the trace hashes of all seeds in order
 */
public record CampaignResult(
    long seeds,
    List<FailedSeed> failures,
    RunCounts counts,
    Reached transitions,
    Reached cells,
    Reached pairs,
    List<Sometimes> unmet,
    List<String> missedBars,
    String traceHash) {

  /** The exit code of a vacuous campaign. */
  public static final int VACUOUS = 4;

  public CampaignResult {
    failures = List.copyOf(failures);
    unmet = List.copyOf(unmet);
    missedBars = List.copyOf(missedBars);
  }

  /**
   * How much of what there is was reached.
   *
   * @param covered how many
   * @param total how many there are, with those that are excepted
   * @param uncovered the others, without those that are excepted
   */
  public record Reached(int covered, int total, List<String> uncovered) {

    public Reached {
      uncovered = List.copyOf(uncovered);
    }

    static Reached of(Collection<String> all, Set<String> covered, Set<String> excepted) {
      List<String> others = all.stream().filter(name -> !covered.contains(name)).toList();
      return new Reached(
          all.size() - others.size(),
          all.size(),
          others.stream().filter(name -> !excepted.contains(name)).toList());
    }
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
