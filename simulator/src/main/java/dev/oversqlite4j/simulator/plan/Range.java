package dev.oversqlite4j.simulator.plan;

/** The one way a plan refuses a number. */
final class Range {

  private Range() {}

  static void check(String what, long value, long min, long max) {
    if (value < min || value > max) {
      throw new InvalidPlanException(
          what + " must be a whole number from " + min + " to " + max + ", not " + value + ".");
    }
  }
}
