package dev.oversqlite4j.fsm;

/** Makes the error of a refused step. */
@FunctionalInterface
public interface StepRefusal {

  /** The error to throw; a new one each time. */
  RuntimeException error(RefusedStep step);

  /**
   * A refusal that needs no details. A subtype of {@link StepRefusal}, so that {@code
   * IllegalStateException::new}, which fits both shapes, means this one instead of being ambiguous.
   */
  @FunctionalInterface
  interface Plain extends StepRefusal {

    /** The error to throw; a new one each time. */
    RuntimeException error();

    @Override
    default RuntimeException error(RefusedStep step) {
      return error();
    }
  }
}
