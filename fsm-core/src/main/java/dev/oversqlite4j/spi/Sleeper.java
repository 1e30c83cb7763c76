package dev.oversqlite4j.spi;

import java.time.Duration;

/** How to wait. Implementations are safe to use from any thread. */
@FunctionalInterface
public interface Sleeper {
  /**
   * Waits at least this long.
   *
   * @param duration how long; zero or less returns at once
   * @throws InterruptedException if the thread is interrupted before or while waiting
   */
  void sleep(Duration duration) throws InterruptedException;

  /**
   * Waits until another thread of the same client has notified the monitor, which the caller holds
   * and which is free while this waits. May return early for no reason.
   *
   * @param monitor what {@link Object#notifyAll} is called on
   * @param atMost how long; positive
   * @throws InterruptedException if the thread is interrupted before or while waiting
   */
  default void await(Object monitor, Duration atMost) throws InterruptedException {
    monitor.wait(atMost.toMillis());
  }

  /** Blocks the calling thread. */
  static Sleeper blocking() {
    return new ThreadSleeper();
  }
}
