package dev.oversqlite4j.simulator.conformance;

/** How the check of a rule ends when it does not hold. */
final class Verdicts {
  private Verdicts() {}

  /** Something else was seen. */
  static final class Broken extends RuntimeException {
    Broken(String seen) {
      super(seen, null, false, false);
    }
  }

  /** It cannot be seen here. */
  static final class NotTestable extends RuntimeException {
    NotTestable(String why) {
      super(why, null, false, false);
    }
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new Broken(otherwise);
    }
  }
}
