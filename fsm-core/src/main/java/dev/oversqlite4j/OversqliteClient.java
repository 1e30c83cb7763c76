package dev.oversqlite4j;

import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.lifecycle.OperationMatrix;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.OperationMatrix.Cell;
import dev.oversqlite4j.spi.LocalStore;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.UncheckedControl;
import dev.oversqlite4j.sync.Attach;
import dev.oversqlite4j.sync.AutomaticDownloadLoop;
import dev.oversqlite4j.sync.Detach;
import dev.oversqlite4j.sync.Open;
import dev.oversqlite4j.sync.Pauses.Direction;
import dev.oversqlite4j.sync.Pull;
import dev.oversqlite4j.sync.Push;
import dev.oversqlite4j.sync.Quarantined;
import dev.oversqlite4j.sync.Rebuild;
import dev.oversqlite4j.sync.Status;
import dev.oversqlite4j.sync.Sync;
import dev.oversqlite4j.sync.SyncContext;
import dev.oversqlite4j.sync.SyncThenDetach;
import dev.oversqlite4j.sync.Uninstall;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sync client of one database (spec 1). Blocking; safe to call from any thread, one operation
 * at a time: a second one fails at once with {@link SyncOperationInProgressException} and never
 * queues.
 *
 * <p>Every operation returns a value or throws exactly one {@link OversqliteException}. On an
 * error, an interrupt or a crash of the process the durable state is one from which {@link
 * #open()}, {@link #attach} and {@link #sync()} lead on.
 */
public final class OversqliteClient implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OversqliteClient.class);

  private final SyncSchema schema;
  private final LocalStore store;
  private final SyncServer server;
  private final SyncOptions options;
  private final SyncContext ctx;
  private final Open open;
  private final Attach attach;
  private final Push push;
  private final Pull pull;
  private final Sync sync;
  private final Rebuild rebuild;
  private final Detach detach;
  private final SyncThenDetach syncThenDetach;
  private final Uninstall uninstall;
  private final Quarantined quarantined;
  private final List<Consumer<Set<String>>> tableListeners = new CopyOnWriteArrayList<>();

  private final Set<AutomaticDownloads> downloads = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Phase phase = Phase.UNOPENED;

  /** How far this process is; what is durable is {@link SyncContext#lastState()}. */
  private enum Phase {
    UNOPENED,
    OPENED,
    DETACHED
  }

  private OversqliteClient(Builder builder) {
    this.schema = Objects.requireNonNull(builder.schema, "schema");
    this.store = Objects.requireNonNull(builder.store, "store");
    this.server = Objects.requireNonNull(builder.server, "server");
    this.options = builder.options;
    this.ctx = new SyncContext(store, server, options, builder.resolver);
    this.open = new Open(ctx);
    this.attach = new Attach(ctx);
    this.push = new Push(ctx);
    this.pull = new Pull(ctx);
    this.sync = new Sync(ctx);
    this.rebuild = new Rebuild(ctx);
    this.detach = new Detach(ctx);
    this.syncThenDetach = new SyncThenDetach(ctx);
    this.uninstall = new Uninstall(ctx);
    this.quarantined = new Quarantined(ctx);
  }

  /** Starts the wiring of a client. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The public state; never blocks. OPENED after {@link #open()} whatever is stored, until this
   * process attaches (spec 1.2).
   */
  public LifecycleState state() {
    if (closed.get() || phase == Phase.UNOPENED) {
      return LifecycleState.UNOPENED;
    }
    if (ctx.connectedUser().isPresent()) {
      return ctx.lastState().publicState();
    }
    return phase == Phase.DETACHED ? LifecycleState.DETACHED : LifecycleState.OPENED;
  }

  /**
   * Prepares the local runtime: tables, triggers, the source, and once in the life of the database
   * the capture of rows that are there already. Never talks to the server; safe to repeat.
   *
   * <p>A file whose control tables contradict themselves opens all the same, untouched: {@link
   * #sourceInfo()}, {@link #journal()} and {@link #detach()} work, every sync operation says what
   * is wrong.
   *
   * @throws InvalidConfigurationException the schema cannot be synced; nothing was changed
   * @throws DatabaseAlreadyOwnedException another client has this database open
   * @throws CorruptLocalStateException the tables that are this library's own cannot be used, for
   *     instance since a newer version of it wrote them
   */
  public void open() {
    exclusively(
        SyncOperation.OPEN,
        () -> {
          if (phase == Phase.UNOPENED) {
            server.configure(schema, options);
            open.run(schema);
            phase = Phase.OPENED;
          }
          return null;
        });
  }

  /**
   * Attaches the authenticated user, or resumes an attachment of the same user without any request.
   * Call it whenever an authenticated session exists, after every {@link #open()}. Resuming looks
   * at nothing, so an attachment whose tables are damaged is resumed, too.
   *
   * @param userId the app's stable id of the user, not blank
   * @throws AttachBindingConflictException another user is attached
   * @throws AttachLocalStateConflictException a remote replace is pending for another user
   */
  public AttachResult attach(String userId) {
    Objects.requireNonNull(userId, "userId");
    return opened(
        SyncOperation.ATTACH,
        () -> {
          AttachResult result = attach.run(userId);
          if (result instanceof AttachResult.Connected) {
            // DETACHED lasts until the next attach.
            phase = Phase.OPENED;
          }
          return result;
        });
  }

  /**
   * Uploads pending edits, and nothing captured after they were frozen. Where bundles of other
   * devices are in the way (the server refuses a row that refers to one they have deleted, or a
   * conflict is about rows not known here yet), these are downloaded first.
   *
   * @throws PushRejectedException the server keeps refusing more than one of the rows; the one that
   *     was found is in {@link #quarantined()}
   */
  public PushReport pushPending() {
    return opened(SyncOperation.PUSH_PENDING, push::run);
  }

  /**
   * Downloads and applies everything up to a ceiling fixed at the start.
   *
   * @throws DirtyStateRejectedException edits are waiting: push first, or call {@link #sync()}
   * @throws PendingPushReplayException a bundle is frozen: push first, or call {@link #sync()}
   * @throws InitializationLeaseInvalidException another device has seeded the account meanwhile;
   *     attach again
   */
  public RemoteSyncReport pullToStable() {
    return opened(SyncOperation.PULL_TO_STABLE, pull::run);
  }

  /** Push, then pull. Edits made during the call are never lost and never an error. */
  public SyncReport sync() {
    return opened(SyncOperation.SYNC, sync::run);
  }

  /**
   * Recovers the managed tables from the server's authoritative snapshot, on the current source if
   * that can go on, and otherwise on a fresh one. Edits that are not at the server yet survive:
   * they stay visible and pending. One that no longer fits beside the server's rows is in {@link
   * #quarantined()}. Where the tables of these edits are damaged, the edits are first told from the
   * app's rows again.
   *
   * @throws AttachRequiredException attach first
   * @throws CorruptLocalStateException other tables are damaged than those of edits
   * @throws SnapshotFinalApplyGateException another program changed the sync state meanwhile
   * @throws SnapshotRowApplyFailedException a row of the snapshot does not fit the app's tables
   * @throws SourceReplacementDivergedException the server gives a source that was replaced no
   *     snapshot
   * @throws SourceReplacementInvalidException the server refuses any replacement source
   */
  public RemoteSyncReport rebuild() {
    return opened(SyncOperation.REBUILD, rebuild::run);
  }

  /**
   * Removes the user's synced data and rotates the source, or refuses if anything is unsynced.
   * Never talks to the server. Without an attached user it changes nothing; with a remote replace
   * pending it cancels that.
   */
  public DetachOutcome detach() {
    return opened(
        SyncOperation.DETACH,
        () -> {
          DetachOutcome outcome = detach.run();
          detached(outcome);
          return outcome;
        });
  }

  private void detached(DetachOutcome outcome) {
    if (outcome == DetachOutcome.DETACHED && ctx.lastState() == DurableState.DETACHED) {
      phase = Phase.DETACHED;
    }
  }

  /**
   * Uploads what is pending, then detaches as {@link #detach()} does; again if the app wrote in
   * between, up to three rounds. If rows are still pending then, the user stays attached and the
   * result says how many. If a sync fails, its error passes through and the user stays attached.
   */
  public SyncThenDetachResult syncThenDetach() {
    return opened(
        SyncOperation.SYNC_THEN_DETACH,
        () -> {
          SyncThenDetachResult result = syncThenDetach.run();
          detached(result.detach());
          return result;
        });
  }

  /** Progress of the attached user's data. */
  public SyncStatus syncStatus() {
    return opened(SyncOperation.SYNC_STATUS, () -> reading(tx -> Status.ofAttached(ctx, tx)));
  }

  /** What waits to be sent, attached or not. */
  public PendingSyncStatus pendingSyncStatus() {
    return opened(SyncOperation.PENDING_SYNC_STATUS, () -> reading(Status::pending));
  }

  /** For diagnosis only: the source id is opaque. */
  public SourceInfo sourceInfo() {
    return opened(SyncOperation.SOURCE_INFO, () -> reading(OversqliteClient::sourceInfo));
  }

  /** The audit of local intent that was dropped on purpose, oldest first. */
  public List<DiscardedIntent> discardedIntents(long afterId, int limit) {
    return opened(
        SyncOperation.DISCARDED_INTENTS,
        () -> reading(tx -> tx.discardedIntents().list(afterId, limit)));
  }

  /** Edits that cannot be sent as they are. */
  public List<QuarantinedRow> quarantined() {
    return opened(SyncOperation.QUARANTINED, () -> reading(tx -> tx.quarantine().all()));
  }

  /**
   * Makes all quarantined edits pending again, for instance after the server's schema was repaired.
   * The next push sends them, or quarantines them again. An edit made since of the same row wins.
   *
   * @throws AttachRequiredException no user is attached, and none can have been
   * @throws RemoteReplacePendingException rows are about to be replaced
   * @throws SourceRecoveryRequiredException rows are about to be rebuilt
   */
  public void retryQuarantined() {
    opened(
        SyncOperation.RETRY_QUARANTINED,
        () -> {
          quarantined.retry();
          return null;
        });
  }

  /**
   * Gives quarantined edits up. They are kept in {@link #discardedIntents}; the app's rows stay as
   * they are, known to this database only, until the app writes them again, a migration makes their
   * table again, which captures them anew, or {@link #rebuild()} shows what the server has of them.
   *
   * @param rows from {@link #quarantined()}; one that changed since then is left alone
   * @throws AttachRequiredException no user is attached, and none can have been
   * @throws RemoteReplacePendingException rows are about to be replaced
   */
  public void discardQuarantined(Collection<QuarantinedRow> rows) {
    List<QuarantinedRow> chosen = List.copyOf(rows);
    opened(
        SyncOperation.DISCARD_QUARANTINED,
        () -> {
          quarantined.discard(chosen);
          return null;
        });
  }

  /** The read side of this database's lifecycle journal. */
  public LifecycleJournal journal() {
    return (afterSeq, limit) ->
        opened(
            SyncOperation.JOURNAL,
            () -> reading(tx -> tx.journalEntries(Lifecycle.MACHINE, afterSeq, limit)));
  }

  /**
   * Calls {@code listener} once after an operation committed, outside any transaction, with the
   * managed tables it wrote rows of. A listener that throws is logged and changes nothing.
   */
  public Subscription onTablesChanged(Consumer<Set<String>> listener) {
    tableListeners.add(Objects.requireNonNull(listener, "listener"));
    return () -> tableListeners.remove(listener);
  }

  /**
   * Calls {@code listener} while an operation runs, outside any transaction, on the thread of the
   * operation; the last report of each is {@link ProgressPhase#IDLE}, also after a failure. A
   * listener that throws is logged and changes nothing; one that calls the client gets {@link
   * SyncOperationInProgressException}.
   */
  public Subscription onProgress(Consumer<SyncProgress> listener) {
    return ctx.progress().listen(Objects.requireNonNull(listener, "listener"));
  }

  /**
   * Holds back the upload that the recovery of a checkpoint would make by itself. Explicit calls go
   * on. Kept in memory only; never blocks, legal at any time from any thread.
   */
  public void pauseUploads() {
    if (possible(Call.PAUSE_RESUME)) {
      ctx.pauses().pause(Direction.UPLOADS);
    }
  }

  /** Ends {@link #pauseUploads()}. */
  public void resumeUploads() {
    if (possible(Call.PAUSE_RESUME)) {
      ctx.pauses().resume(Direction.UPLOADS);
    }
  }

  /**
   * Holds automatic downloads back. Explicit calls go on. Kept in memory only; never blocks, legal
   * at any time from any thread.
   */
  public void pauseDownloads() {
    if (possible(Call.PAUSE_RESUME)) {
      ctx.pauses().pause(Direction.DOWNLOADS);
    }
  }

  /** Ends {@link #pauseDownloads()}. */
  public void resumeDownloads() {
    if (possible(Call.PAUSE_RESUME)) {
      ctx.pauses().resume(Direction.DOWNLOADS);
    }
  }

  /**
   * Pulls in the background whenever the server may have something new, until the handle or the
   * client is closed. It only downloads: while edits wait or a bundle is frozen it waits for a
   * {@link #sync()} of yours. It runs beside everything else: an explicit call interrupts it
   * between two bundles and goes first.
   *
   * <p>Failures are logged and tried again; only a server of another protocol version or with other
   * tables ends the downloads. Without an attached user they wait for one.
   *
   * @throws OpenRequiredException call {@link #open()} first
   * @throws ClientClosedException the client is closed
   */
  public AutomaticDownloads startAutomaticDownloads(AutomaticDownloadOptions chosen) {
    Objects.requireNonNull(chosen, "chosen");
    if (closed.get()) {
      throw new ClientClosedException(SyncOperation.AUTOMATIC_DOWNLOADS);
    }
    if (phase == Phase.UNOPENED) {
      throw new OpenRequiredException(SyncOperation.AUTOMATIC_DOWNLOADS);
    }
    return AutomaticDownloadLoop.start(ctx, new Turns(), chosen, downloads);
  }

  /** As {@link #uninstallSync(UninstallMode)} with {@link UninstallMode#REFUSE_IF_PENDING}. */
  public void uninstallSync() {
    uninstallSync(UninstallMode.REFUSE_IF_PENDING);
  }

  /**
   * Takes sync out of the database: triggers, control tables, audit and the lifecycle's journal.
   * The rows of the app stay, and so do journals of the app's own machines. The client is closed
   * afterwards; a later {@link #open()} of another one starts from scratch and captures all rows.
   * Works on a client that was never opened, too.
   *
   * @throws PendingPushReplayException a user is attached and a bundle is frozen
   * @throws DirtyStateRejectedException a user is attached and edits are pending or quarantined
   * @throws ClientClosedException the client is closed
   */
  public void uninstallSync(UninstallMode mode) {
    Objects.requireNonNull(mode, "mode");
    exclusively(
        SyncOperation.UNINSTALL_SYNC,
        () -> {
          if (phase == Phase.UNOPENED) {
            uninstall.unopened(schema, mode);
          } else {
            uninstall.opened(mode);
          }
          close();
          return null;
        });
  }

  /** Cancels a call in flight and releases the database. Writes nothing; idempotent. */
  @Override
  public void close() {
    // Two threads may both find it open; only one of them closes it.
    if (OperationMatrix.cell(Call.CLOSE, here()) == Cell.PERMITTED
        && closed.compareAndSet(false, true)) {
      server.close();
      downloads.forEach(AutomaticDownloads::close);
      store.close();
    }
  }

  /** The column of the matrix, for calls that neither read the database nor wait for anybody. */
  private DurableState here() {
    if (closed.get()) {
      return DurableState.CLOSED;
    }
    return phase == Phase.UNOPENED ? DurableState.UNOPENED : ctx.lastState();
  }

  private boolean possible(Call call) {
    Cell cell = OperationMatrix.cell(call, here());
    return cell == Cell.PERMITTED || cell == Cell.IGNORED;
  }

  private static SourceInfo sourceInfo(LocalTransaction tx) {
    UncheckedControl control = tx.uncheckedControl();
    return new SourceInfo(
        control.sourceId(),
        control.rebuildRequired() || control.recoveringSource(),
        control.recoveringSource(),
        control.recoveryReason());
  }

  private <R> R reading(Function<LocalTransaction, R> work) {
    return store.read(work);
  }

  private <R> R opened(SyncOperation op, Supplier<R> work) {
    return exclusively(
        op,
        () -> {
          if (phase == Phase.UNOPENED) {
            throw new OpenRequiredException(op);
          }
          return work.get();
        });
  }

  /** The gate (spec 1.1.3, 1.1.8) for explicit calls. */
  private <R> R exclusively(SyncOperation op, Supplier<R> work) {
    if (closed.get()) {
      throw new ClientClosedException(op);
    }
    ctx.gate().enter(op);
    return inGate(op, work);
  }

  /** How automatic downloads get through the gate. */
  private final class Turns implements AutomaticDownloadLoop.Turns {
    @Override
    public <R> Optional<R> take(Supplier<R> work) throws InterruptedException {
      ctx.gate().enterAutomatically();
      return inGate(
          SyncOperation.AUTOMATIC_DOWNLOADS,
          () -> {
            try {
              return Optional.of(work.get());
            } catch (OperationCancelledException cancelled) {
              if (closed.get() || !ctx.gate().asked()) {
                throw cancelled;
              }
              return Optional.empty();
            }
          });
    }

    @Override
    public void abort() {
      ctx.gate().abortAutomatic();
    }
  }

  /** The one place where errors of a closed client are told apart. Leaves the gate. */
  private <R> R inGate(SyncOperation op, Supplier<R> work) {
    if (closed.get()) {
      ctx.gate().leave();
      throw new ClientClosedException(op);
    }
    try {
      ctx.begin();
      reported(op).ifPresent(ctx.progress()::begin);
      return work.get();
    } catch (OversqliteException failure) {
      boolean saysSo =
          failure instanceof OperationCancelledException
              || failure instanceof ClientClosedException;
      if (closed.get() && !saysSo) {
        throw new OperationCancelledException(op, failure);
      }
      throw failure;
    } finally {
      // Listeners run while the gate is still taken: calling the client from them is refused
      // (1.1.7).
      try {
        notifyTables(ctx.changedTables());
        ctx.progress().end();
      } finally {
        ctx.gate().leave();
      }
    }
  }

  /** The operations that take their time. */
  private static Optional<ProgressOperation> reported(SyncOperation op) {
    return switch (op) {
      case ATTACH -> Optional.of(ProgressOperation.ATTACH);
      case PUSH_PENDING -> Optional.of(ProgressOperation.PUSH_PENDING);
      case PULL_TO_STABLE -> Optional.of(ProgressOperation.PULL_TO_STABLE);
      case SYNC -> Optional.of(ProgressOperation.SYNC);
      case REBUILD -> Optional.of(ProgressOperation.REBUILD_KEEP_SOURCE);
      default -> Optional.empty();
    };
  }

  private void notifyTables(Set<String> changed) {
    if (changed.isEmpty()) {
      return;
    }
    for (Consumer<Set<String>> listener : tableListeners) {
      try {
        listener.accept(changed);
      } catch (RuntimeException thrown) {
        LOG.warn("A table listener threw {}; ignored.", thrown.getClass().getSimpleName());
      }
    }
  }

  /** Wires a client; building it touches neither the database nor the network. */
  public static final class Builder {
    private SyncSchema schema;
    private LocalStore store;
    private SyncServer server;
    private Resolver resolver = Resolver.serverWins();
    private SyncOptions options = SyncOptions.defaults();

    private Builder() {}

    /** The tables to sync. Required. */
    public Builder schema(SyncSchema value) {
      schema = value;
      return this;
    }

    /** The app's database. Required. */
    public Builder store(LocalStore value) {
      store = value;
      return this;
    }

    /** The sync server. Required. */
    public Builder server(SyncServer value) {
      server = value;
      return this;
    }

    /** Decides conflicts; the server wins by default. */
    public Builder resolver(Resolver value) {
      resolver = Objects.requireNonNull(value, "resolver");
      return this;
    }

    /** Limits, retries and sources of time and chance. */
    public Builder options(SyncOptions value) {
      options = Objects.requireNonNull(value, "options");
      return this;
    }

    /**
     * The client, not opened yet.
     *
     * @throws NullPointerException schema, store or server is missing
     */
    public OversqliteClient build() {
      return new OversqliteClient(this);
    }
  }
}
