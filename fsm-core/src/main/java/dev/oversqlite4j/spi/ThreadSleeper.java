package dev.oversqlite4j.spi;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The only place that really waits. */
final class ThreadSleeper implements Sleeper {
  @Override
  public void sleep(Duration duration) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    // convert() saturates where Duration.toNanos() would overflow.
    TimeUnit.NANOSECONDS.sleep(TimeUnit.NANOSECONDS.convert(duration));
  }
}
