package dev.oversqlite4j.simulator.seam;

import java.util.Objects;

/**
 * One life of a simulated process: the seams of the world around it, plus the fact that it dies.
 *
 * <p>Disk, network and locks of one process share one incarnation, so that a crash at any seam
 * makes all of them dead at once: from then on every call throws {@link SimulatedCrash} without
 * effect, {@code finally} blocks included. Safe to share between the actor threads of the process.
 */
public final class Incarnation implements Seams {

  private final Seams world;
  private volatile boolean dead;

  /**
   * A living incarnation.
   *
   * @param world what it meets at its seams
   */
  public Incarnation(Seams world) {
    this.world = Objects.requireNonNull(world, "world");
  }

  @Override
  public void reach(Seam seam) {
    ensureAlive(seam.kind());
    try {
      world.reach(seam);
    } catch (SimulatedCrash crash) {
      dead = true;
      throw crash;
    }
    // Another actor of this process may have crashed while this one waited for its turn.
    ensureAlive(seam.kind());
  }

  @Override
  public void passed(Seam seam) {
    ensureAlive(seam.kind());
    try {
      world.passed(seam);
    } catch (SimulatedCrash crash) {
      dead = true;
      throw crash;
    }
    ensureAlive(seam.kind());
  }

  @Override
  public NetworkFate fate(String label) {
    ensureAlive(label);
    return world.fate(label);
  }

  @Override
  public DiskFate diskFate(Seam seam) {
    ensureAlive(seam.kind());
    return world.diskFate(seam);
  }

  @Override
  public Trace trace() {
    return world.trace();
  }

  /** Ends this life; what was done so far stays done. */
  public void die() {
    dead = true;
  }

  /**
   * Whether this life has ended.
   *
   * @return true after a crash at any seam, or after {@link #die()}
   */
  public boolean isDead() {
    return dead;
  }

  /**
   * Refuses to go on after death.
   *
   * @param attempt what is being attempted, for the message
   * @throws SimulatedCrash if this life has ended
   */
  public void ensureAlive(Object attempt) {
    if (dead) {
      throw new SimulatedCrash("this process has already crashed: no effect of " + attempt);
    }
  }
}
