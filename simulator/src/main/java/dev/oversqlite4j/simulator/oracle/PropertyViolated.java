package dev.oversqlite4j.simulator.oracle;

/**
 * Ends a run at its first violation: what comes after it proves nothing. An {@link Error}, because
 * it is thrown from below the client, which must not take it for one of its own failures.
 */
public final class PropertyViolated extends Error {
  private final transient Violation violation;

  public PropertyViolated(Violation violation) {
    this(violation, null);
  }

  /**
   * @param cause the error of the client that shows it
   */
  public PropertyViolated(Violation violation, Throwable cause) {
    super(violation.toString(), cause);
    this.violation = violation;
  }

  public Violation violation() {
    return violation;
  }
}
