package dev.oversqlite4j.simulator.plan;

/** A plan that cannot be carried out as it is written: malformed JSON, or a value out of range. */
public final class InvalidPlanException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * A refused plan.
   *
   * @param message which part of the plan is wrong and what would be right
   */
  public InvalidPlanException(String message) {
    super(message);
  }

  /**
   * A refused plan.
   *
   * @param message which part of the plan is wrong and what would be right
   * @param cause what the reader of the plan reported
   */
  public InvalidPlanException(String message, Throwable cause) {
    super(message, cause);
  }
}
