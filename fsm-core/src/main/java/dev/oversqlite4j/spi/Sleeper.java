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

  /** Blocks the calling thread. */
  static Sleeper blocking() {
    return new ThreadSleeper();
  }
}
