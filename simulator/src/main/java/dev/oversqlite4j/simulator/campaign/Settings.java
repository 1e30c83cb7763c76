package dev.oversqlite4j.simulator.campaign;

import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.server.Revision;
import java.util.Objects;

/**
 * Which seeds a campaign runs.
 *
 * @param start the first seed
 * @param seeds how many, at least 1
 * @param profile what may go wrong in them
 * @param repetition how often each is run
 * @param shard which part of the seeds this process runs
 * @param revision what the server speaks
 */
public record Settings(
    long start,
    long seeds,
    Profile profile,
    Repetition repetition,
    Shard shard,
    Revision revision) {

  /** How often a seed is run. */
  public enum Repetition {
    /** Once. */
    ONCE,
    /** Twice, and both runs must be the same run. */
    TWICE
  }

  /**
   * A part of a campaign that several processes share: every {@code count}-th seed. Each seed is in
   * exactly one shard and is the same run there as in one process.
   *
   * @param index which one, counted from 1
   * @param count how many there are
   */
  public record Shard(int index, int count) {

    /** The whole campaign. */
    public static final Shard ALL = new Shard(1, 1);

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if there is no such shard
     */
    public Shard {
      if (index < 1 || index > count) {
        throw new IllegalArgumentException(
            "shard must be from 1/" + count + " to " + count + "/" + count + ", not " + index);
      }
    }
  }

  /** All of the seeds, against a server of July 2026. */
  public Settings(long start, long seeds, Profile profile, Repetition repetition) {
    this(start, seeds, profile, repetition, Shard.ALL, Revision.JULY_2026);
  }

  /** How many seeds there are in the shard. */
  public long seedsOfShard() {
    return (seeds - shard.index()) / shard.count() + 1;
  }

  /** The n-th seed of the shard, counted from 0. */
  long seed(long n) {
    return start + shard.index() - 1 + n * shard.count();
  }

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if there is no seed to run or one is larger than a long
   */
  public Settings {
    Objects.requireNonNull(profile, "profile");
    Objects.requireNonNull(repetition, "repetition");
    Objects.requireNonNull(shard, "shard");
    Objects.requireNonNull(revision, "revision");
    if (seeds < 1) {
      throw new IllegalArgumentException("seeds must be at least 1, not " + seeds);
    }
    if (start > Long.MAX_VALUE - seeds) {
      throw new IllegalArgumentException("start must leave room for " + seeds + " seeds");
    }
    if (seeds < shard.count()) {
      throw new IllegalArgumentException(
          "seeds must be at least " + shard.count() + ", one for each shard, not " + seeds);
    }
  }
}
