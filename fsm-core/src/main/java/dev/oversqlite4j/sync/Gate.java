package dev.oversqlite4j.sync;

import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.spi.Sleeper;
import java.time.Duration;
import java.util.Optional;

/**
 * One operation of a client at a time. Two explicit calls collide (spec 1.1.3); automatic work
 * waits for them and, once one waits for it, stands back at its next bundle boundary (1.1.8).
 * Thread-safe.
 */
public final class Gate {

  /** A request that began right after the last abort must not hold up the call that waits. */
  private static final Duration ABORT_EVERY = Duration.ofMillis(50);

  /** Whoever holds the gate wakes the others when it leaves; this is for nothing else. */
  private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

  private final Runnable abortRequests;
  private final Sleeper sleeper;

  // Guarded by this.
  private Optional<Thread> holder = Optional.empty();
  private boolean automatic;
  private boolean asked;
  private int waiting;

  /**
   * @param abortRequests ends the requests in flight of the operation that runs, from any thread
   * @param sleeper how a thread waits for another one
   */
  public Gate(Runnable abortRequests, Sleeper sleeper) {
    this.abortRequests = abortRequests;
    this.sleeper = sleeper;
  }

  /**
   * An explicit call begins, after automatic work that runs has ended.
   *
   * @throws SyncOperationInProgressException another explicit call runs, or this very thread
   *     already is in an operation
   */
  public synchronized void enter(SyncOperation op) {
    waiting++;
    try {
      while (holder.isPresent() && automatic && holder.get() != Thread.currentThread()) {
        asked = true;
        abortRequests.run();
        sleeper.await(this, ABORT_EVERY);
      }
      if (holder.isPresent()) {
        throw new SyncOperationInProgressException(op);
      }
      holder = Optional.of(Thread.currentThread());
      automatic = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperationCancelledException(op, e);
    } finally {
      waiting--;
      notifyAll();
    }
  }

  /** Automatic work begins, when no explicit call runs or waits. */
  public synchronized void enterAutomatically() throws InterruptedException {
    while (holder.isPresent() || waiting > 0) {
      sleeper.await(this, LOOK_AGAIN);
    }
    holder = Optional.of(Thread.currentThread());
    automatic = true;
    asked = false;
  }

  /** The operation is over, whoever it was. */
  public synchronized void leave() {
    holder = Optional.empty();
    notifyAll();
  }

  /** Whether an explicit call wants the automatic work that runs to end. */
  public synchronized boolean asked() {
    return automatic && asked;
  }

  /** Ends the requests in flight if they are those of automatic work, and of nobody else. */
  public synchronized void abortAutomatic() {
    if (holder.isPresent() && automatic) {
      abortRequests.run();
    }
  }
}
