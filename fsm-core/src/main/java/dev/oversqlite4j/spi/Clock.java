package dev.oversqlite4j.spi;

import java.time.Instant;

/** Where the time comes from. Implementations are safe to use from any thread. */
@FunctionalInterface
public interface Clock {
  /** The present moment; may go backwards when somebody sets the device's clock. */
  Instant now();

  /** The clock of the device. */
  static Clock system() {
    return new SystemClock();
  }
}
