package dev.oversqlite4j.transport;

import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.Sleeper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.Response;

/**
 * One call of the port from its first request to its last, waits included: what a cancel reaches.
 * Used by the thread that made the call, except for {@link #cancel}.
 */
final class Flight implements AutoCloseable {
  private final SyncOperation op;
  private final Runnable onClose;

  // Guarded by this. Once cancelled it is cancelled for ever.
  private boolean cancelled;
  private Call call;
  private Thread asleep;
  private boolean woken;

  Flight(SyncOperation op, Consumer<Flight> onClose) {
    this.op = op;
    this.onClose = () -> onClose.accept(this);
  }

  SyncOperation op() {
    return op;
  }

  /**
   * Executes a call on this thread.
   *
   * @throws OperationCancelledException cancelled or interrupted before
   */
  Response execute(Call next) throws IOException {
    synchronized (this) {
      call = next;
    }
    checkCancelled();
    return next.execute();
  }

  /** The failure, unless it is only how a cancel or an interrupt shows. */
  IOException ifCancelled(IOException failure) {
    boolean interrupted =
        Thread.currentThread().isInterrupted()
            || failure instanceof InterruptedIOException
                && !(failure instanceof SocketTimeoutException)
                && "interrupted".equals(failure.getMessage());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (interrupted || isCancelled()) {
      throw new OperationCancelledException(op);
    }
    return failure;
  }

  /** Waits; a cancel ends the wait. */
  void sleep(Sleeper sleeper, Duration duration) {
    synchronized (this) {
      asleep = Thread.currentThread();
    }
    try {
      checkCancelled();
      sleeper.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      wakeUp();
    }
    checkCancelled();
  }

  private synchronized void wakeUp() {
    asleep = null;
    if (woken) {
      // That interrupt was ours, to end the wait; the caller's own flag is not meant.
      Thread.interrupted();
    }
  }

  void checkCancelled() {
    if (isCancelled() || Thread.currentThread().isInterrupted()) {
      throw new OperationCancelledException(op);
    }
  }

  private synchronized boolean isCancelled() {
    return cancelled;
  }

  /** Aborts the request or the wait in progress and forbids further ones. From any thread. */
  void cancel() {
    Call running;
    synchronized (this) {
      cancelled = true;
      running = call;
      if (asleep != null && !woken) {
        woken = true;
        asleep.interrupt();
      }
    }
    if (running != null) {
      running.cancel();
    }
  }

  @Override
  public void close() {
    onClose.run();
  }
}
