package dev.oversqlite4j.simulator.oracle;

/**
 * A property that does not hold.
 *
 * @param property its number in section 10 of the specification
 */
public record Violation(int property, String what) {
  @Override
  public String toString() {
    return "property " + property + ": " + what;
  }
}
