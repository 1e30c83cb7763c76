package dev.oversqlite4j.simulator.bench;

import java.util.List;

/**
 * What came of one measure.
 *
 * @param measure what was compared
 * @param ratio our time divided by that of the bare work
 * @param bar what the median should not exceed
 */
public record Measured(String measure, Ratio ratio, double bar) {

  /** Over all rounds. */
  public record Ratio(double min, double median, double max) {

    /**
     * @param rounds one ratio each, at least one
     */
    static Ratio of(List<Double> rounds) {
      List<Double> sorted = rounds.stream().sorted().toList();
      int middle = sorted.size() / 2;
      double median =
          sorted.size() % 2 == 1
              ? sorted.get(middle)
              : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
      return new Ratio(sorted.get(0), median, sorted.get(sorted.size() - 1));
    }
  }

  /** Whether the median is within the bar. */
  public boolean meets() {
    return ratio.median() <= bar;
  }
}
