package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.Fired;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.LocalStore;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.SyncServer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What the workflows of one client share: the ports, and the little memory there is. Memory is a
 * cache of durable state and is assigned only after the commit that made it true (W-30, W-31).
 *
 * <p>Used by one operation at a time; the two volatile fields may be read from any thread.
 */
public final class SyncContext {

  private final LocalStore store;
  private final SyncServer server;
  private final SyncOptions options;
  private final Resolver resolver;
  private final Lifecycle lifecycle = new Lifecycle();

  private final Progress progress = new Progress();
  private final Pauses pauses = new Pauses();

  private volatile Optional<String> connectedUser = Optional.empty();
  private volatile DurableState lastState = DurableState.UNOPENED;
  private final Gate gate;
  private String opId = "";
  private final Set<String> changedTables = new TreeSet<>();

  public SyncContext(LocalStore store, SyncServer server, SyncOptions options, Resolver resolver) {
    this.store = store;
    this.server = server;
    this.options = options;
    this.resolver = resolver;
    this.gate = new Gate(server::cancel, options.sleeper());
  }

  /** What lets one operation run at a time. */
  public Gate gate() {
    return gate;
  }

  /**
   * Between two bundles automatic work stands back for explicit calls (spec 1.1.8).
   *
   * @throws OperationCancelledException one waits
   */
  void bundleBoundary() {
    if (gate.asked()) {
      throw new OperationCancelledException(SyncOperation.AUTOMATIC_DOWNLOADS);
    }
  }

  LocalStore store() {
    return store;
  }

  SyncServer server() {
    return server;
  }

  SyncOptions options() {
    return options;
  }

  Resolver resolver() {
    return resolver;
  }

  Lifecycle lifecycle() {
    return lifecycle;
  }

  /** Where the running operation reports how far it is. */
  public Progress progress() {
    return progress;
  }

  /** What the app has paused. */
  public Pauses pauses() {
    return pauses;
  }

  /** Identifies the running public operation in the journal. */
  String opId() {
    return opId;
  }

  /** Begins a public operation. */
  public void begin() {
    opId = options.idSource().newUuid();
    changedTables.clear();
  }

  /** The user of this process' successful attach; empty after every open. */
  public Optional<String> connectedUser() {
    return connectedUser;
  }

  /** The durable state after the last commit of this client. */
  public DurableState lastState() {
    return lastState;
  }

  void connected(String userId) {
    connectedUser = Optional.of(userId);
  }

  void disconnected() {
    connectedUser = Optional.empty();
  }

  /** The managed tables the running operation wrote rows of and committed. */
  public Set<String> changedTables() {
    return Set.copyOf(changedTables);
  }

  /** Whether the row's table is still configured; rows of others wait for nobody (spec 4.9a). */
  boolean registered(RowKey key) {
    return store.codec().tables().stream().anyMatch(table -> table.name().equals(key.table()));
  }

  /** One transaction that changes something; {@link #lastState()} follows its commit. */
  <R> R write(Function<? super LocalTransaction, ? extends R> work) {
    record Outcome<R>(R value, DurableState state) {}
    Outcome<R> outcome =
        store.write(
            tx -> {
              R value = work.apply(tx);
              return new Outcome<>(value, lifecycle.state(tx));
            });
    lastState = outcome.state();
    return outcome.value();
  }

  <R> R read(Function<? super LocalTransaction, ? extends R> work) {
    return store.read(work);
  }

  /**
   * Like {@link #writeRows}, on tables that may contradict themselves before and after (T3): until
   * they can be believed again, {@link #lastState()} is what the journal says.
   */
  <R> R writeUnchecked(Function<Consumer<String>, Function<LocalTransaction, R>> work) {
    record Outcome<R>(R value, Optional<DurableState> state) {}
    Set<String> touched = new TreeSet<>();
    Outcome<R> outcome =
        store.write(
            tx -> {
              R value = work.apply(touched::add).apply(tx);
              return new Outcome<>(value, believable(tx));
            });
    outcome.state().ifPresent(state -> lastState = state);
    changedTables.addAll(touched);
    return outcome.value();
  }

  private Optional<DurableState> believable(LocalTransaction tx) {
    try {
      return Optional.of(lifecycle.state(tx));
    } catch (CorruptLocalStateException stillCorrupt) {
      return Lifecycle.fold(tx.journal());
    }
  }

  /** Runs {@code work} in one transaction and remembers the tables it names once committed. */
  <R> R writeRows(Function<Consumer<String>, Function<LocalTransaction, R>> work) {
    Set<String> touched = new TreeSet<>();
    R value = write(work.apply(touched::add));
    changedTables.addAll(touched);
    return value;
  }

  Fired<DurableState> fire(LocalTransaction tx, Trigger trigger, Facts facts, Runnable effect) {
    return lifecycle.fire(tx, trigger, opId, facts, effect);
  }

  Fired<DurableState> fire(LocalTransaction tx, Trigger trigger, Runnable effect) {
    return fire(tx, trigger, Facts.none(), effect);
  }

  /**
   * Journals that an operation failed without changing anything. Best effort: the error the caller
   * is about to throw matters more, so trouble here is attached to it.
   */
  void abort(Trigger trigger, RuntimeException failure) {
    try {
      write(
          tx -> fire(tx, trigger, Facts.of("error", failure.getClass().getSimpleName()), () -> {}));
    } catch (RuntimeException secondary) {
      failure.addSuppressed(secondary);
    }
  }

  /** Waits before attempt {@code attempt + 1} of something transient (spec 1.6). */
  void backOff(SyncOperation op, int attempt) {
    Duration delay = options.transientRetryInitialDelay();
    for (int i = 1; i < attempt; i++) {
      delay = delay.multipliedBy(2);
    }
    if (delay.compareTo(options.transientRetryMaxDelay()) > 0) {
      delay = options.transientRetryMaxDelay();
    }
    long jitterNanos = (long) (delay.toNanos() * 0.2 * options.idSource().jitter());
    try {
      options.sleeper().sleep(delay.plusNanos(jitterNanos));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperationCancelledException(op, e);
    }
  }
}
