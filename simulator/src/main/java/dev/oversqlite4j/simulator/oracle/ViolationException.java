package dev.oversqlite4j.simulator.oracle;

/** Ends a run at its first violation: what comes after it proves nothing. */
public final class ViolationException extends RuntimeException {
  private final transient Violation violation;

  public ViolationException(Violation violation) {
    this(violation, null);
  }

  /**
   * @param cause the error of the client that shows it
   */
  public ViolationException(Violation violation, Throwable cause) {
    super(violation.toString(), cause);
    this.violation = violation;
  }

  public Violation violation() {
    return violation;
  }
}
