package dev.oversqlite4j.spi;

import java.time.Instant;

/** Where every instant comes from, so that a simulated run has simulated time. Thread-safe. */
public interface Clock {

  /** The current instant. */
  Instant now();

  /** The clock of this machine. */
  static Clock system() {
    return Instant::now;
  }
}
