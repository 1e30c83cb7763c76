package dev.oversqlite4j.spi;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ProductionPortsTest {
  @Test
  void idsAreLowerCaseUuidsAndJitterStaysBelowOne() {
    IdSource ids = IdSource.secure();
    assertTrue(
        ids.newUuid().matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID of the protocol");
    assertNotEquals(ids.newUuid(), ids.newUuid());
    for (int i = 0; i < 100; i++) {
      double jitter = ids.jitter();
      assertTrue(jitter >= 0 && jitter < 1);
    }
  }

  @Test
  void sleepingEndsAtOnceForAnInterruptedThread() {
    Thread.currentThread().interrupt();
    assertThrows(
        InterruptedException.class, () -> Sleeper.blocking().sleep(Duration.ofDays(100_000_000)));
    assertFalse(Thread.currentThread().isInterrupted());
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> Sleeper.blocking().sleep(Duration.ZERO));
  }

  @Test
  void closingInterruptsTheWorkAndWaitsForItsEnd() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    AtomicBoolean daemon = new AtomicBoolean();
    Worker.Running running =
        Worker.daemonThreads()
            .start(
                "test",
                () -> {
                  daemon.set(Thread.currentThread().isDaemon());
                  started.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException expected) {
                    ended.set(true);
                  }
                });
    assertTrue(started.await(10, TimeUnit.SECONDS));
    running.close();
    assertTrue(ended.get());
    assertTrue(daemon.get());
    running.close();
  }
}
