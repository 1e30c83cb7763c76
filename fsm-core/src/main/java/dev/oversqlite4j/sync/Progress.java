package dev.oversqlite4j.sync;

import dev.oversqlite4j.ProgressOperation;
import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.Subscription;
import dev.oversqlite4j.SyncProgress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the running operation is. Reports are made between transactions, never inside one; a
 * listener that throws is logged and changes nothing (spec 1.1.7). Listeners may come and go from
 * any thread; the rest belongs to the one operation that runs.
 */
public final class Progress {

  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

  private final List<Consumer<SyncProgress>> listeners = new CopyOnWriteArrayList<>();
  private Optional<ProgressOperation> operation = Optional.empty();
  private ProgressPhase phase = ProgressPhase.IDLE;
  private OptionalLong total = OptionalLong.empty();

  public Subscription listen(Consumer<SyncProgress> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** An operation begins; it reports nothing before its first phase. */
  public void begin(ProgressOperation begun) {
    operation = Optional.of(begun);
  }

  /** The operation is over, however it ended. */
  public void end() {
    if (phase != ProgressPhase.IDLE) {
      total = OptionalLong.empty();
      phase = ProgressPhase.IDLE;
      report(0);
    }
    operation = Optional.empty();
  }

  void phase(ProgressPhase next, OptionalLong howMany) {
    phase = next;
    total = howMany;
    report(0);
  }

  /** So many are done since the phase began. */
  void done(long count) {
    report(count);
  }

  private void report(long count) {
    if (operation.isEmpty()) {
      return;
    }
    SyncProgress now = new SyncProgress(operation.get(), phase, count, total);
    for (Consumer<SyncProgress> listener : listeners) {
      try {
        listener.accept(now);
      } catch (RuntimeException thrown) {
        LOG.warn("A progress listener threw {}; ignored.", thrown.getClass().getSimpleName());
      }
    }
  }
}
