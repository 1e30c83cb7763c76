package dev.oversqlite4j.sync;

import dev.oversqlite4j.AutomaticDownloadOptions;
import dev.oversqlite4j.AutomaticDownloads;
import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.OpenRequiredException;
import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.ProtocolVersionMismatchException;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncTableContractMismatchException;
import dev.oversqlite4j.WatchMode;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.WatchStream;
import dev.oversqlite4j.spi.Worker;
import dev.oversqlite4j.sync.Pauses.Direction;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code startAutomaticDownloads(options)} (spec 4.10): pulls whenever there may be something new,
 * on a thread of the {@link Worker} port. Each pull is an operation of its own and stands back for
 * explicit calls. The loop only ever calls {@link Pull#tick()}, so it can do nothing else.
 */
public final class AutomaticDownloadLoop implements AutomaticDownloads {

  private static final Logger LOG = LoggerFactory.getLogger(AutomaticDownloadLoop.class);

  /** How the loop gets its turn among the operations of its client. */
  public interface Turns {
    /**
     * Runs {@code work} as an operation, as soon as no other one runs or waits.
     *
     * @return empty if an explicit call came in between and {@code work} stood back for it
     * @throws OperationCancelledException for any other reason
     * @throws ClientClosedException the client is closed
     */
    <R> Optional<R> take(Supplier<R> work) throws InterruptedException;

    /** Ends the requests of work that runs by {@link #take}. */
    void abort();
  }

  private final SyncContext ctx;
  private final Turns turns;
  private final AutomaticDownloadOptions options;
  private final Pull pull;
  private final Set<AutomaticDownloads> alive;

  // Of the loop's thread alone.
  private Duration reconnectDelay;
  private boolean pollingForGood;

  // Guarded by this.
  private boolean stopped;
  private Optional<WatchStream> stream = Optional.empty();
  private Optional<Worker.Running> running = Optional.empty();

  private AutomaticDownloadLoop(
      SyncContext ctx,
      Turns turns,
      AutomaticDownloadOptions options,
      Set<AutomaticDownloads> alive) {
    this.ctx = ctx;
    this.turns = turns;
    this.options = options;
    this.pull = new Pull(ctx);
    this.alive = alive;
    this.reconnectDelay = firstReconnectDelay();
  }

  /**
   * Starts the loop.
   *
   * @param alive thread-safe; holds the loop until it ends
   */
  public static AutomaticDownloads start(
      SyncContext ctx,
      Turns turns,
      AutomaticDownloadOptions options,
      Set<AutomaticDownloads> alive) {
    AutomaticDownloadLoop loop = new AutomaticDownloadLoop(ctx, turns, options, alive);
    alive.add(loop);
    Worker.Running running =
        ctx.options().worker().start("oversqlite-automatic-downloads", loop::run);
    synchronized (loop) {
      loop.running = Optional.of(running);
    }
    return loop;
  }

  private void run() {
    try {
      while (!isStopped()) {
        once();
      }
    } catch (InterruptedException | OperationCancelledException | ClientClosedException end) {
      LOG.debug("Automatic downloads end: {}", end.getClass().getSimpleName());
    } catch (OpenRequiredException
        | ProtocolVersionMismatchException
        | SyncTableContractMismatchException end) {
      LOG.error("Automatic downloads end: {}", end.getMessage());
    } finally {
      alive.remove(this);
    }
  }

  private void once() throws InterruptedException {
    if (paused()) {
      sleep(options.pollInterval());
      return;
    }
    Optional<Place> watched = watchedPlace();
    if (watched.isPresent()) {
      listen(watched.get());
    } else {
      pull();
      sleep(options.pollInterval());
      reconnectDelay = firstReconnectDelay();
    }
  }

  private boolean paused() {
    return ctx.pauses().paused(Direction.DOWNLOADS);
  }

  // --- Polling ---------------------------------------------------------------------------------

  /** What a pull brought; one that is not this tick's to make brings nothing. */
  private enum Pulled {
    NEWS,
    NOTHING,
    FAILED
  }

  private Pulled pull() throws InterruptedException {
    try {
      RemoteSyncOutcome outcome = inTurn(pull::tick);
      return outcome == RemoteSyncOutcome.ALREADY_AT_TARGET ? Pulled.NOTHING : Pulled.NEWS;
    } catch (OversqliteException failure) {
      throwIfEnding(failure);
      LOG.warn("An automatic download failed: {}", failure.getMessage());
      return Pulled.FAILED;
    }
  }

  /** Work that an explicit call has interrupted is done again after it: it was due. */
  private <R> R inTurn(Supplier<R> work) throws InterruptedException {
    Optional<R> done = Optional.empty();
    while (done.isEmpty()) {
      if (isStopped()) {
        throw new OperationCancelledException(SyncOperation.AUTOMATIC_DOWNLOADS);
      }
      done = turns.take(work);
    }
    return done.get();
  }

  private static void throwIfEnding(OversqliteException failure) {
    if (failure instanceof OperationCancelledException
        || failure instanceof ClientClosedException
        || failure instanceof OpenRequiredException
        || failure instanceof ProtocolVersionMismatchException
        || failure instanceof SyncTableContractMismatchException) {
      throw failure;
    }
  }

  // --- Watching --------------------------------------------------------------------------------

  /** Where a stream would begin. */
  private record Place(String sourceId, long checkpoint) {}

  /** Empty if there is nothing to watch, or it is not known; then polling finds out more. */
  private Optional<Place> watchedPlace() throws InterruptedException {
    if (options.watch() == WatchMode.OFF || pollingForGood) {
      return Optional.empty();
    }
    try {
      return inTurn(
          () -> {
            ControlState control = ctx.read(tx -> Gates.attached(ctx, tx, Call.AUTO_TICK));
            if (control.attached().isEmpty()) {
              return Optional.<Place>empty();
            }
            String sourceId = control.sourceId().orElseThrow();
            return Gates.remote(ctx, sourceId).features().contains(Capabilities.BUNDLE_CHANGE_WATCH)
                ? Optional.of(new Place(sourceId, control.attached().get().checkpoint()))
                : Optional.<Place>empty();
          });
    } catch (OversqliteException failure) {
      throwIfEnding(failure);
      // The pull that comes next has the same trouble, and says so.
      LOG.debug("Cannot ask whether to watch: {}", failure.getMessage());
      return Optional.empty();
    }
  }

  private void listen(Place from) throws InterruptedException {
    try (WatchStream opened = opened(ctx.server().watch(from.sourceId(), from.checkpoint()))) {
      Announced announced = new Announced();
      opened.listen(announced);
      if (announced.pausedMeanwhile) {
        return;
      }
      if (!announced.anyFailed) {
        pull();
      }
    } catch (RefusedException refused) {
      LOG.warn("The server does not let this user watch it; polling from now on.");
      pollingForGood = true;
      return;
    } catch (OversqliteException failure) {
      throwIfEnding(failure);
      LOG.warn("Watching the server failed: {}", failure.getMessage());
      pull();
    } finally {
      forgetStream();
    }
    sleep(reconnectDelay);
    reconnectDelay = shorter(reconnectDelay.multipliedBy(2), options.reconnectMax());
  }

  /** Pulls at each announcement. */
  private final class Announced implements WatchStream.Listener {
    private boolean pausedMeanwhile;
    private boolean anyFailed;
    private Pulled last = Pulled.NEWS;

    @Override
    public Then announced() throws InterruptedException {
      if (last == Pulled.NOTHING) {
        // A server that announces what is not there gets no more than one pull in that time.
        sleep(firstReconnectDelay());
      }
      if (paused()) {
        // What it announced is announced again by the stream that is opened after the pause.
        pausedMeanwhile = true;
        return Then.LEAVE;
      }
      last = pull();
      anyFailed |= last == Pulled.FAILED;
      return Then.LISTEN;
    }
  }

  private Duration firstReconnectDelay() {
    return shorter(options.reconnectMin(), options.reconnectMax());
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private synchronized WatchStream opened(WatchStream next) {
    stream = Optional.of(next);
    if (stopped) {
      next.cancel();
    }
    return next;
  }

  private synchronized void forgetStream() {
    stream = Optional.empty();
  }

  // --- Ending ----------------------------------------------------------------------------------

  private void sleep(Duration duration) throws InterruptedException {
    ctx.options().sleeper().sleep(duration);
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  @Override
  public void close() {
    Optional<Worker.Running> thread;
    synchronized (this) {
      stopped = true;
      stream.ifPresent(WatchStream::cancel);
      thread = running;
    }
    // An interrupt does not reach a thread that waits on a socket.
    turns.abort();
    thread.ifPresent(Worker.Running::close);
    alive.remove(this);
  }
}
