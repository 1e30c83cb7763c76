package dev.oversqlite4j.spi;

import java.time.Instant;

/** The only reader of the real clock. */
final class SystemClock implements Clock {
  @Override
  public Instant now() {
    return Instant.now();
  }
}
