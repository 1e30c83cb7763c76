package dev.oversqlite4j.simulator.oracle;

/**
 * A property that does not hold.
 *
 * @param property its number in section 10 of the specification; {@value #INVARIANT} for what the
 *     app itself promises
 */
public record Violation(int property, String what) {

  /** In the place of a number. */
  public static final int INVARIANT = 0;

  static Violation ofInvariant(String name, String what) {
    return new Violation(INVARIANT, "invariant \"" + name + "\": " + what);
  }

  @Override
  public String toString() {
    return property == INVARIANT ? what : "property " + property + ": " + what;
  }
}
