package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.spi.Sleeper;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who goes first (spec 1.1.3, 1.1.8). */
@Timeout(20)
class GateTest {

  private final Semaphore aborts = new Semaphore(0);
  private final Gate gate = new Gate(aborts::release, Sleeper.blocking());
  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void stop() {
    other.shutdownNow();
  }

  @Test
  void twoExplicitCallsCollide() throws Exception {
    gate.enter(SyncOperation.SYNC);
    Future<?> second = other.submit(() -> gate.enter(SyncOperation.DETACH));
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> second.get(10, TimeUnit.SECONDS));
    assertEquals(SyncOperationInProgressException.class, e.getCause().getClass());
    assertEquals(0, aborts.availablePermits());
    gate.leave();
    gate.enter(SyncOperation.SYNC);
  }

  @Test
  void anExplicitCallAsksAutomaticWorkToEndAndWaitsForIt() throws Exception {
    gate.enterAutomatically();
    assertFalse(gate.asked());
    Future<?> explicit = other.submit(() -> gate.enter(SyncOperation.SYNC));
    // Again and again, for a request that begins just after an abort.
    aborts.acquire(2);
    assertTrue(gate.asked());
    assertFalse(explicit.isDone());
    gate.leave();
    explicit.get(10, TimeUnit.SECONDS);
    assertFalse(gate.asked());
    assertThrows(SyncOperationInProgressException.class, () -> gate.enter(SyncOperation.SYNC));
  }

  @Test
  void automaticWorkWaitsForExplicitCalls() throws Exception {
    gate.enter(SyncOperation.SYNC);
    Future<?> automatic =
        other.submit(
            () -> {
              gate.enterAutomatically();
              return null;
            });
    gate.abortAutomatic();
    assertEquals(0, aborts.availablePermits(), "an explicit call is nobody else's to abort");
    assertFalse(automatic.isDone());
    gate.leave();
    automatic.get(10, TimeUnit.SECONDS);
    gate.abortAutomatic();
    assertEquals(1, aborts.availablePermits());
  }

  /** A listener that calls its client would otherwise wait for itself. */
  @Test
  void theThreadOfAutomaticWorkCollidesWithItself() throws Exception {
    gate.enterAutomatically();
    assertThrows(SyncOperationInProgressException.class, () -> gate.enter(SyncOperation.SYNC));
    assertFalse(gate.asked());
  }

  @Test
  void anInterruptEndsTheWaitAndStays() throws Exception {
    gate.enterAutomatically();
    Future<Boolean> explicit =
        other.submit(
            () -> {
              Thread.currentThread().interrupt();
              assertThrows(OperationCancelledException.class, () -> gate.enter(SyncOperation.SYNC));
              return Thread.currentThread().isInterrupted();
            });
    assertTrue(explicit.get(10, TimeUnit.SECONDS));
    gate.leave();
    gate.enterAutomatically();
  }
}
