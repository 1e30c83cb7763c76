package dev.oversqlite4j.simulator.seam;

/**
 * The end of a simulated process. An {@link Error}, so that code under test which handles
 * exceptions does not handle its own death.
 *
 * <p>It has no stack trace: an exploration throws it many thousand times, and the seam says more.
 * Each throw is a new instance, because try-with-resources refuses to suppress an exception by
 * itself.
 */
public final class SimulatedCrash extends Error {

  /**
   * A crash at a seam.
   *
   * @param seam where the process ends
   */
  public SimulatedCrash(Seam seam) {
    this("simulated crash at " + seam);
  }

  SimulatedCrash(String message) {
    super(message, null, false, false);
  }
}
