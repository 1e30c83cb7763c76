package dev.oversqlite4j.simulator.seam;

/**
 * What an incarnation of a simulated process meets at its edges.
 *
 * <p>Called on the actor's own thread. An implementation may block in {@link #reach} while other
 * actors run; exactly one actor runs at a time.
 */
public interface Seams {

  /**
   * The process is about to do something.
   *
   * @param seam what it is about to do
   * @throws SimulatedCrash if the process ends here, before the effect
   */
  void reach(Seam seam);

  /**
   * Something has just taken effect: a commit, or ({@link Seam.Kind#RECEIVE}) the server's work on
   * a request whose answer has not been delivered.
   *
   * @param seam what took effect
   * @throws SimulatedCrash if the process ends here, after the effect and before it learns of it
   */
  void passed(Seam seam);

  /**
   * What happens to the next request.
   *
   * @param label the label of its {@link Seam.Kind#SEND} seam
   * @return its fate
   */
  NetworkFate fate(String label);

  /**
   * What the disk does about a statement that is about to be executed.
   *
   * @param seam its seam
   * @return its fate; by default the disk works
   */
  default DiskFate diskFate(Seam seam) {
    return DiskFate.WORK;
  }

  /**
   * Where everything observable is recorded.
   *
   * @return the same trace for the whole life of this incarnation
   */
  Trace trace();
}
