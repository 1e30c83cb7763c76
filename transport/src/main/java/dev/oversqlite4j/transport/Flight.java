package dev.oversqlite4j.transport;

import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.Sleeper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.Response;
import okio.AsyncTimeout;

/**
 * One call of the port from its first request to its last, waits included: what a cancel reaches,
 * and an interrupt of the thread that made the call. Used by that thread, except for {@link
 * #cancel}.
 */
final class Flight implements AutoCloseable {
  private static final long INTERRUPT_CHECK_MILLIS = 50;

  private final SyncOperation op;
  private final Runnable onClose;
  private final Thread caller = Thread.currentThread();

  // Guarded by this. Once cancelled it is cancelled for ever.
  private boolean cancelled;
  private Call call;
  private Thread asleep;
  private boolean woken;
  private boolean over;
  private InterruptCheck check;

  /**
   * An interrupt does not reach a thread that waits on a socket, so somebody has to look. The
   * thread that OkHttp has for its timeouts does, so that none is started for it.
   */
  private final class InterruptCheck extends AsyncTimeout {
    InterruptCheck() {
      timeout(INTERRUPT_CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void timedOut() {
      if (caller.isInterrupted()) {
        running().ifPresent(Call::cancel);
      }
      checkAgain();
    }
  }

  Flight(SyncOperation op, Consumer<Flight> onClose) {
    this.op = op;
    this.onClose = () -> onClose.accept(this);
    checkAgain();
  }

  private synchronized void checkAgain() {
    if (!over) {
      check = new InterruptCheck();
      check.enter();
    }
  }

  private synchronized Optional<Call> running() {
    return Optional.ofNullable(call);
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
    synchronized (this) {
      over = true;
      check.exit();
    }
    onClose.run();
  }
}
