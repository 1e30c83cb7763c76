package dev.oversqlite4j.simulator.plan;

import java.util.List;
import java.util.SplittableRandom;

/** The draws that generators of plans share. */
final class Draw {

  private Draw() {}

  static boolean percent(SplittableRandom random, int percent) {
    return random.nextInt(100) < percent;
  }

  static <T> T one(SplittableRandom random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** An index, as likely as its weight. */
  static int weighted(SplittableRandom random, int... weights) {
    int sum = 0;
    for (int weight : weights) {
      sum += weight;
    }
    int left = random.nextInt(sum);
    int index = 0;
    while (left >= weights[index]) {
      left -= weights[index++];
    }
    return index;
  }

  /** 1 to {@code max}, each order of magnitude as likely as the others. */
  static int logUniform(SplittableRandom random, int max) {
    // StrictMath: the plan of a seed is the same on every machine.
    double value = StrictMath.exp(random.nextDouble() * StrictMath.log(max + 1.0));
    return Math.min(max, (int) value);
  }
}
