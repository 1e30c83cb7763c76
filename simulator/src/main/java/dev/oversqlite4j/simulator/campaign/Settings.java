package dev.oversqlite4j.simulator.campaign;

import dev.oversqlite4j.simulator.plan.Profile;
import java.util.Objects;

/**
 * Which seeds a campaign runs.
 *
 * @param start the first seed
 * @param seeds how many, at least 1
 * @param profile what may go wrong in them
 * @param repetition how often each is run
 */
public record Settings(long start, long seeds, Profile profile, Repetition repetition) {

  /** How often a seed is run. */
  public enum Repetition {
    /** Once. */
    ONCE,
    /** Twice, and both runs must be the same run. */
    TWICE
  }

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if there is no seed to run or one is larger than a long
   */
  public Settings {
    Objects.requireNonNull(profile, "profile");
    Objects.requireNonNull(repetition, "repetition");
    if (seeds < 1) {
      throw new IllegalArgumentException("seeds must be at least 1, not " + seeds);
    }
    if (start > Long.MAX_VALUE - seeds) {
      throw new IllegalArgumentException("start must leave room for " + seeds + " seeds");
    }
  }
}
