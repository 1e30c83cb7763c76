package dev.oversqlite4j.simulator.plan;

/** Something that goes wrong during one step. A number that the step never reaches does nothing. */
public sealed interface Fault {

  /** The largest number of a seam or request. */
  int MAX_NUMBER = 1_000_000;

  /**
   * Which seam, request or answer, counted from 1.
   *
   * @return 1 to {@value #MAX_NUMBER}
   */
  int n();

  /**
   * Whether the process dies of it.
   *
   * @return false if the process lives on and only its network suffers
   */
  default boolean isCrash() {
    return this instanceof CrashAtSeam || this instanceof CrashAtAnswer;
  }

  /**
   * The process dies at a seam of the step.
   *
   * @param n which seam, counted from 1 and anew after each restart inside the step
   */
  record CrashAtSeam(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public CrashAtSeam {
      Range.check("crashAtSeam", n, 1, MAX_NUMBER);
    }
  }

  /**
   * The process dies after the server acted on a request and before the answer arrives.
   *
   * @param n which request, counted from 1 and anew after each restart inside the step
   */
  record CrashAtAnswer(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public CrashAtAnswer {
      Range.check("crashAtAnswer", n, 1, MAX_NUMBER);
    }
  }

  /**
   * A request never reaches the server.
   *
   * @param n which request of the step, counted from 1
   */
  record LoseRequest(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public LoseRequest {
      Range.check("loseRequest", n, 1, MAX_NUMBER);
    }
  }

  /**
   * The server acts on a request and its answer never arrives.
   *
   * @param n which request of the step, counted from 1
   */
  record LoseResponse(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public LoseResponse {
      Range.check("loseResponse", n, 1, MAX_NUMBER);
    }
  }
}
