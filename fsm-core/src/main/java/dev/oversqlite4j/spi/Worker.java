package dev.oversqlite4j.spi;

/** Starts background work. Implementations are safe to use from any thread. */
@FunctionalInterface
public interface Worker {
  /**
   * Starts work beside the caller.
   *
   * @param name what it is, for thread names and traces
   * @param work ends soon after it is interrupted
   */
  Running start(String name, Runnable work);

  /** One daemon thread per piece of work. */
  static Worker daemonThreads() {
    return new DaemonWorker();
  }

  /** Work that was started. */
  interface Running extends AutoCloseable {
    /**
     * Interrupts the work and waits up to a second for its end; called by the work itself, it does
     * not wait. Closing more than once, or after the end, does nothing. If the caller is
     * interrupted while waiting, it returns with its interrupt flag set.
     */
    @Override
    void close();
  }
}
