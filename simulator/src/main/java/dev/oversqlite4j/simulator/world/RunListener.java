package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.seam.Seam;

/**
 * Looks on while a plan runs, to enumerate crash points. Called on the thread of the actor whose
 * turn it is; may look at the world and must not change it. What it throws ends the run.
 */
public interface RunListener {

  /** Does not look. */
  RunListener NOBODY = new RunListener() {};

  /**
   * A seam that a process got past alive, with faults on.
   *
   * @param device whose process
   * @param step which step of the plan it is in
   * @param life how often the process has crashed in this step
   * @param seam which seam since then, counted from 1
   * @param requestsOfStep how many requests the step has sent
   * @param crashes how many crashes the run has seen
   * @param at the seam itself
   */
  record Reached(
      Device device, int step, int life, int seam, int requestsOfStep, long crashes, Seam at) {}

  /** Anything happened, before whoever judges the run hears of it. */
  default void happened(World world, RunEvent event) {}

  /** A seam at which the process could have died, while its files are as it would leave them. */
  default void reached(World world, Reached reached) {}

  /** A process died and the next one is up. */
  default void crashed(World world) {}

  /** Everything is quiet: no faults, every device synced twice. */
  default void settled(World world) {}
}
