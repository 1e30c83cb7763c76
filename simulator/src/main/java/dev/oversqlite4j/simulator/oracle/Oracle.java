package dev.oversqlite4j.simulator.oracle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.InitializationLeaseInvalidException;
import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.InvalidConflictResolutionException;
import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.ProtocolVersionMismatchException;
import dev.oversqlite4j.PushConflictException;
import dev.oversqlite4j.PushRejectedException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.ServerScopeResetException;
import dev.oversqlite4j.SnapshotFinalApplyGateException;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SourceReplacementDivergedException;
import dev.oversqlite4j.SourceReplacementInvalidException;
import dev.oversqlite4j.SourceSequenceMismatchException;
import dev.oversqlite4j.SyncTableContractMismatchException;
import dev.oversqlite4j.SyncThenDetachResult;
import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.NetworkFault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.ResolverChoice;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.server.BundleRow;
import dev.oversqlite4j.simulator.server.CommittedBundle;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Op;
import dev.oversqlite4j.simulator.server.Scope;
import dev.oversqlite4j.simulator.world.AppTable;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Control;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.JournalRow;
import dev.oversqlite4j.simulator.world.DeviceTables.Link;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.DeviceTables.RowState;
import dev.oversqlite4j.simulator.world.Marks;
import dev.oversqlite4j.simulator.world.SimulatedApp;
import dev.oversqlite4j.simulator.world.Witness;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Watches one run and ends it with a {@link PropertyViolated} at the first property that does not
 * hold. The numbers are those of section 10 of the specification.
 */
public final class Oracle implements Witness {

  /**
   * Errors that no plan of this simulator can cause rightfully: the fault is always on our side.
   */
  private static final Set<Class<? extends OversqliteException>> NEVER =
      Set.of(
          CorruptLocalStateException.class,
          InvalidConfigurationException.class,
          InvalidConflictResolutionException.class,
          ProtocolVersionMismatchException.class,
          LocalWriteFailedException.class,
          PushConflictException.class,
          PushRejectedException.class,
          RemoteResponseDecodeException.class,
          RemoteResponseSemanticException.class,
          ServerScopeResetException.class,
          SnapshotFinalApplyGateException.class,
          SourceReplacementDivergedException.class,
          SourceReplacementInvalidException.class,
          SourceSequenceMismatchException.class,
          SyncTableContractMismatchException.class);

  private static final Set<NetworkFault> BROKEN_BODY =
      Set.of(NetworkFault.CORRUPT_BODY, NetworkFault.ENDLESS_BODY, NetworkFault.CAPTIVE_PORTAL);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the built-in app marks its values with. */
  private static final Pattern SOME_TAG = Pattern.compile("\\bw\\d+\\b");

  private static final String CONNECT = "POST /sync/connect";
  private static final String CREATE_SNAPSHOT = "POST /sync/snapshot-sessions";
  private static final String CREATE_PUSH = "POST /sync/push-sessions";
  private static final String COMMIT_PUSH = "POST /sync/push-sessions/*/commit";
  private static final String WATCH = "GET /sync/watch";
  private static final String DELETE_PUSH = "DELETE /sync/push-sessions/*";

  private final SimulatedApp app;
  private final ModelServer server;
  private final Map<Integer, DeviceRecord> records = new TreeMap<>();
  // What the server had before it forgot; a commit that it acknowledged stays a fact.
  private final Map<String, Set<CommittedBundle>> forgotten = new TreeMap<>();
  private boolean disturbed;
  private boolean fileCopied;
  private boolean rebuildAsked;
  private long ackGapCrashes;

  /**
   * @param app whose devices it watches
   */
  public Oracle(SimulatedApp app, ModelServer server) {
    this.app = app;
    this.server = server;
  }

  /** What is remembered of one device. */
  private static final class DeviceRecord {
    private Ledger ledger = new Ledger();
    private final Map<RowId, Optional<String>> merged = new TreeMap<>();
    private final Set<String> sources = new LinkedHashSet<>();
    private final Set<String> users = new TreeSet<>();
    private final Map<String, Long> chunksAtCommit = new HashMap<>();
    private final Map<String, Long> bundlesAtConnect = new HashMap<>();
    private final Set<String> emptyConnects = new TreeSet<>();
    private DeviceTables last;
    private boolean refiled;
    private boolean serverWentBack;
    // Until then, what is applied may be a stage of before the server went back.
    private boolean snapshotAskedSince;
    private boolean writtenBeforeSync;
    private boolean session;
    private long commits;
    // The last request of the call that is running; empty between calls.
    private String asked = "";
    // Explicit calls and automatic downloads have threads of their own.
    private final Map<Thread, CallRecord> calls = new HashMap<>();
    // What may be found after a power loss, oldest first: the last synced commit and those since.
    private final Deque<Committed> maybe = new ArrayDeque<>();
    private Optional<SynchronousMode> powerLost = Optional.empty();
    private boolean diskFailed;
    private boolean uncaptured;

    Optional<CallRecord> callOfThread() {
      return Optional.ofNullable(calls.get(Thread.currentThread()));
    }
  }

  /** What is remembered of a call while it runs. */
  private static final class CallRecord {
    private final Operation operation;
    private final boolean uncaptured;
    private final Set<Fault> faults = new HashSet<>();
    private DeviceTables before;
    private boolean begun;
    private boolean written;
    private boolean rejected;
    private boolean serverWentBack;
    private long requests;
    private long snapshotRequests;
    private String asked = "";

    CallRecord(Operation operation, DeviceTables before, boolean uncaptured) {
      this.operation = operation;
      this.before = before;
      this.uncaptured = uncaptured;
    }
  }

  /**
   * What a commit left, the sources the file had known by then, what was open, and whether the app
   * may have written without triggers.
   */
  private record Committed(
      long number,
      DeviceTables tables,
      Set<String> sources,
      Map<RowId, Ledger.Acknowledged> open,
      boolean uncaptured) {

    static Committed of(DeviceRecord record, DeviceTables tables) {
      return new Committed(
          record.commits,
          tables,
          Set.copyOf(record.sources),
          record.ledger.openAfter(tables.rows()),
          record.uncaptured);
    }
  }

  /** Crashes between the server's commit and our acknowledgement. */
  public long ackGapCrashes() {
    return ackGapCrashes;
  }

  private DeviceRecord of(Device device) {
    return records.computeIfAbsent(device.index(), i -> new DeviceRecord());
  }

  @Override
  public void booted(Device device) {
    DeviceRecord record = of(device);
    record.session = false;
    record.asked = "";
    record.calls.clear();
    record.users.add(device.user());
    DeviceTables now = DeviceTables.read(device.observer());
    if (record.last != null && record.powerLost.isPresent()) {
      powerCameBack(device, record, now);
    } else if (record.last != null) {
      // 44: a crash between two commits is indistinguishable from one right after the first.
      require(
          44,
          now.equals(record.last),
          device,
          "what the next process finds is not what was committed last");
    }
    record.powerLost = Optional.empty();
    record.last = now;
    if (record.refiled) {
      record.refiled = false;
      record.ledger = Ledger.of(now);
      if (now.installed()) {
        record.sources.add(now.control().source());
        record.users.add(now.control().user());
      }
    }
    record.ledger.resolveUnknown(now.rows());
    if (record.maybe.isEmpty()) {
      record.maybe.add(Committed.of(record, now));
    }
  }

  @Override
  public void lostPower(Device device, SynchronousMode mode) {
    of(device).powerLost = Optional.of(mode);
  }

  /**
   * 1: with FULL nothing that was acknowledged is lost to a power cut. 44: whatever is lost, what
   * is left is what some commit left.
   */
  private void powerCameBack(Device device, DeviceRecord record, DeviceTables now) {
    while (record.maybe.size() > 1 && !record.maybe.getLast().tables().equals(now)) {
      record.maybe.removeLast();
    }
    Committed left = record.maybe.getLast();
    boolean full = record.powerLost.get() == SynchronousMode.FULL;
    require(
        full ? 1 : 44,
        left.tables().equals(now),
        device,
        full ? "a power loss took what was acknowledged" : "a power loss left what no commit left");
    boolean lost = left.number() < record.commits;
    record.sources.retainAll(left.sources());
    record.uncaptured = left.uncaptured();
    record.maybe.clear();
    if (lost) {
      record.ledger.goBackTo(left.open());
    }
    if (lost && !full) {
      // As with a file from a backup: the server may know more of us than we do.
      disturbed = true;
      record.ledger = Ledger.of(now);
      // The source that initialised an account may be forgotten here.
      record.emptyConnects.clear();
    }
  }

  @Override
  public void acknowledged(Device device, long number) {
    Deque<Committed> maybe = of(device).maybe;
    while (maybe.size() > 1 && maybe.getFirst().number() < number) {
      maybe.removeFirst();
    }
  }

  @Override
  public void diskFailed(Device device) {
    of(device).diskFailed = true;
  }

  @Override
  public void faulty(Device device, Fault fault) {
    of(device).callOfThread().ifPresent(call -> call.faults.add(fault));
  }

  @Override
  public void disturbing(Device device, Disturbance what) {
    if (what == Disturbance.DROP_TRIGGERS) {
      of(device).uncaptured = true;
    }
    if (!what.losesHistory()) {
      return;
    }
    disturbed = true;
    for (DeviceRecord record : records.values()) {
      for (String user : record.users) {
        forgotten.computeIfAbsent(user, u -> new LinkedHashSet<>()).addAll(server.bundles(user));
      }
    }
  }

  @Override
  public void disturbed(Device device, Disturbance what) {
    DeviceRecord record = of(device);
    if (what == Disturbance.RESTORE_FILE || what == Disturbance.OTHER_CLIENT) {
      record.uncaptured = false;
    }
    if (what == Disturbance.RESTORE_FILE) {
      // What was written since the copy was made is what restoring a copy gives up.
      record.last = null;
      record.maybe.clear();
      record.refiled = true;
      record.sources.clear();
      fileCopied = true;
    }
    if (what == Disturbance.OTHER_CLIENT) {
      // It has no audit: what it gave up for a remote replace is nobody's business any more.
      record.last = null;
      record.maybe.clear();
      record.refiled = true;
    }
    if (what == Disturbance.RESTORE_SERVER) {
      records.values().forEach(r -> r.chunksAtCommit.clear());
      records
          .values()
          .forEach(
              r -> {
                r.serverWentBack = true;
                r.snapshotAskedSince = false;
                r.calls.values().forEach(call -> call.serverWentBack = true);
              });
    }
  }

  @Override
  public void requested(Device device, String label) {
    DeviceRecord record = of(device);
    record.asked = label;
    record
        .callOfThread()
        .ifPresent(
            call -> {
              boolean snapshot = label.contains("/snapshot-sessions");
              call.requests++;
              call.asked = label;
              call.snapshotRequests += snapshot && !label.startsWith("DELETE") ? 1 : 0;
            });
    Control control = record.last.control();
    if (control == null) {
      return;
    }
    if (label.equals(CONNECT)) {
      connecting(device, record);
    }
    record.snapshotAskedSince |= label.equals(CREATE_SNAPSHOT);
    boolean known = control.outboxState().equals("committed_remote");
    require(
        16,
        !known || !label.equals(CREATE_PUSH),
        device,
        "a bundle that is known to be committed is offered once more");
    // A copy of the file may commit the bundle at any moment.
    require(
        16,
        fileCopied
            || !(label.equals(COMMIT_PUSH) || label.equals(DELETE_PUSH))
            || control.outboxState().equals("none")
            || !committed(control),
        device,
        label + " is sent for a bundle that the server has committed");
  }

  private boolean committed(Control control) {
    return server.bundles(control.user()).stream()
        .anyMatch(
            b ->
                b.sourceId().equals(control.source())
                    && b.sourceBundleId() == control.sourceBundleId());
  }

  /** Remembers of each user that the device may mean what the account was like. */
  private void connecting(Device device, DeviceRecord record) {
    record.bundlesAtConnect.clear();
    for (String user : record.users) {
      record.bundlesAtConnect.put(user, server.latestBundleSeq(user));
      if (record.last.dirty().isEmpty()
          && record.last.outbox().isEmpty()
          && server.scope(user) instanceof Scope.Uninitialized) {
        record.emptyConnects.add(user);
      }
    }
  }

  @Override
  public void crashed(Device device, Seam seam) {
    // Judged when the next process boots; here only what kind of crash it was.
    Control control = of(device).last.control();
    if (control == null || !control.outboxState().equals("prepared")) {
      return;
    }
    if (committed(control)) {
      ackGapCrashes++;
    }
  }

  @Override
  public void writing(Device device, Map<RowId, Optional<String>> changes) {
    of(device).writtenBeforeSync = false;
    of(device)
        .ledger
        .begin(changes, (row, tag) -> restores(of(device), row, tag) ? 53 : keeps(of(device)));
  }

  /** 53: whether a write gives a row back what is on its way to the server, after another edit. */
  private static boolean restores(DeviceRecord record, RowId row, Optional<String> tag) {
    Intent sent = record.last.outbox().get(row);
    return sent != null && sent.tag().equals(tag) && record.last.dirty().containsKey(row);
  }

  /** 3, 4, 5: which promise a write is under, by what the client is in the middle of. */
  private static int keeps(DeviceRecord record) {
    if (record.asked.contains("/snapshot-sessions")) {
      return 5;
    }
    if (record.asked.contains("/pull")) {
      return 4;
    }
    return record.asked.contains("/push-sessions") || record.asked.contains("/committed-bundles")
        ? 3
        : 1;
  }

  @Override
  public void merged(Device device, RowId row, Optional<String> mark) {
    of(device).merged.put(row, mark);
  }

  @Override
  public void wrote(Device device) {
    DeviceRecord record = of(device);
    record.ledger.acknowledge();
    if (record.writtenBeforeSync) {
      // The app may hear of its commit only after the client, in between, has begun.
      record.ledger.forgetDeletions();
    }
  }

  @Override
  public void writeRefused(Device device) {
    // 6 and 7: the guards speak in a transition and never else.
    Control control = DeviceTables.read(device.observer()).control();
    require(
        7,
        control != null && !control.operation().equals("none"),
        device,
        "an app write was refused although no transition is pending");
  }

  @Override
  public void writeFailed(Device device) {
    of(device).ledger.giveUp();
    require(7, of(device).diskFailed, device, "an app write failed although the disk works");
    of(device).diskFailed = false;
  }

  // --- After every commit ----------------------------------------------------------------------

  @Override
  public void committed(Device device) {
    DeviceRecord record = of(device);
    DeviceTables before = record.last;
    DeviceTables now = DeviceTables.read(device.observer());
    record.last = now;
    record.commits++;
    invariants(device);
    noteInCalls(record, before, now);
    if (!now.installed()) {
      record.writtenBeforeSync = true;
      // The audit leaves with everything else: what it accounts for has to be settled before.
      ledger(device, record, before);
    } else {
      committed(device, record, before, now);
    }
    record.maybe.add(Committed.of(record, now));
  }

  /**
   * One operation runs at a time: a call meanwhile on another thread has not begun yet, and will
   * find what this one leaves, or is over and about to return.
   */
  private static void noteInCalls(DeviceRecord record, DeviceTables before, DeviceTables now) {
    boolean journaled = journaled(before, now);
    // The end of a transaction that only reads is a commit, too.
    boolean written = !journaled && !now.equals(before);
    record.calls.forEach(
        (thread, call) -> {
          boolean mine = thread == Thread.currentThread();
          call.begun |= mine;
          if (journaled && !mine && !call.begun) {
            call.before = now;
          } else if (written || journaled && !mine) {
            call.written = true;
          }
        });
  }

  private static boolean journaled(DeviceTables before, DeviceTables now) {
    return !before.installed() || !now.tail().equals(before.tail());
  }

  private void committed(
      Device device, DeviceRecord record, DeviceTables before, DeviceTables now) {
    if (!before.installed()) {
      record.ledger.forgetDeletions();
      firstCapture(device, now);
    }
    Control control = now.control();
    require(43, control.applyMode() == 0, device, "apply mode is on after a commit");
    record.uncaptured &= !opens(before, now);
    if (!record.uncaptured) {
      tracked(device, now);
      dirtyMirrorsRows(device, now);
    }
    outbox(device, now);
    stillFrozen(device, before, now);
    if (!journaled(before, now)) {
      // The journal row belongs to the transaction of its effects, so only the app commits without.
      require(
          42,
          record.callOfThread().isEmpty() || now.withoutJournal().equals(before.withoutJournal()),
          device,
          "the client committed something without a journal row");
      require(
          42,
          before.control().equals(control) && now.outbox().equals(before.outbox()),
          device,
          "control state changed without a journal row");
      require(
          42,
          now.rowStates().equals(before.rowStates())
              && now.held().equals(before.held())
              && now.discarded().equals(before.discarded()),
          device,
          "what is known of the server's rows changed without a journal row");
      require(
          6,
          control.operation().equals("none")
              || now.rows().equals(before.rows()) && now.dirty().equals(before.dirty()),
          device,
          "the app could write during a transition");
      appCommit(device, before, now);
    } else {
      journal(device, before, now);
      StepChecks.check(device, head(now).trigger(), before, now);
      unneededDiscard(device, record, before, now);
      source(device, record, before, now);
      if (before.installed()) {
        Recovery.check(device, head(now).trigger(), before, now, server);
        olderVersions(device, before, now);
      }
      record.callOfThread().ifPresent(call -> inCall(device, call, before, now));
      if (head(now).trigger().equals("DETACH")) {
        // The audit leaves with the user: what it accounts for has to be settled before.
        ledger(device, record, before);
      }
      if (head(now).trigger().equals("FREEZE")) {
        frozen(device, before, now, record.callOfThread().filter(c -> c.rejected).isPresent());
      }
      if (head(now).trigger().startsWith("CONFLICT_")) {
        requeued(device, before, now);
        merged(record, now);
      }
      if (control.binding().equals("attached")) {
        checkpoint(device, record, before, now);
      }
    }
    record.users.add(control.user());
    gates(device, control);
  }

  private static void inCall(
      Device device, CallRecord call, DeviceTables before, DeviceTables now) {
    if (head(now).trigger().equals("PUSH_REJECTED")) {
      call.rejected = true;
    }
    require(
        63,
        !call.asked.equals(WATCH),
        device,
        head(now).trigger() + " was made of an announcement");
    if (call.operation == Operation.AUTO_TICK || call.operation == Operation.AUTO_DOWNLOADS) {
      require(
          62,
          now.dirty().keySet().containsAll(before.dirty().keySet())
              && (now.outbox().equals(before.outbox())
                  || before.control().outboxState().equals("committed_remote")),
          device,
          "an automatic download cleared or froze what waits to be sent");
    }
  }

  /** A merged row takes the place of the edit that it was made of: the app wanted it so. */
  private static void merged(DeviceRecord record, DeviceTables now) {
    record.merged.forEach(
        (row, mark) -> {
          if (mark.isPresent() && mark.equals(Optional.ofNullable(now.rows().get(row)))) {
            record.ledger.replace(row, mark.get());
          }
        });
    record.merged.clear();
  }

  private void invariants(Device device) {
    if (device.isOutdated()) {
      // They are those of the last version, and may speak of columns that are not there yet.
      return;
    }
    app.invariants()
        .forEach(
            (name, invariant) -> {
              try {
                invariant.check(device.observer().connection());
              } catch (AssertionError broken) {
                throw new PropertyViolated(
                    Violation.ofInvariant(name, device + ": " + broken.getMessage()));
              } catch (SQLException unreadable) {
                // An error, too: the client must not take it for one of its own.
                throw new PropertyViolated(
                    Violation.ofInvariant(name, "cannot be checked: " + unreadable.getMessage()),
                    unreadable);
              }
            });
  }

  /**
   * 1 (W-15): rows are discarded for those of an account, not for an empty account that this very
   * device has initialised without hearing of it.
   */
  private void unneededDiscard(
      Device device, DeviceRecord record, DeviceTables before, DeviceTables now) {
    String user = now.control().user();
    require(
        1,
        !head(now).trigger().equals("APPLY_REMOTE")
            || before.held().isEmpty()
            || server.latestBundleSeq(user) > 0
            || !record.emptyConnects.contains(user)
            || !initialised(record, user),
        device,
        "rows were discarded for an account that this device had initialised itself");
  }

  private boolean initialised(DeviceRecord record, String user) {
    return server.scope(user) instanceof Scope.Initialized initialized
        && record.sources.contains(initialized.sourceId());
  }

  /** 41: nobody asks for a rebuild unless the server or the file was tampered with. */
  private void gates(Device device, Control control) {
    boolean gated = control.rebuildRequired() || control.operation().equals("source_recovery");
    require(
        41,
        !gated || disturbed || rebuildAsked,
        device,
        "a rebuild is required although nothing happened behind the client's back");
  }

  /** Whether the client was opened just now, and has looked at what no trigger saw. */
  private static boolean opens(DeviceTables before, DeviceTables now) {
    long known = before.tail().isEmpty() ? 0 : head(before).seq();
    return now.tail().stream().anyMatch(row -> row.seq() > known && row.from().equals("UNOPENED"));
  }

  private static JournalRow head(DeviceTables tables) {
    return tables.tail().get(tables.tail().size() - 1);
  }

  /** 29: the commit that creates the tables captures every row, numbered 1 to n. */
  private void firstCapture(Device device, DeviceTables now) {
    require(
        29,
        now.dirty().keySet().equals(now.rows().keySet()),
        device,
        "the first capture missed a row");
    Set<Long> ordinals = new TreeSet<>();
    now.dirty().values().forEach(intent -> ordinals.add(intent.ordinal()));
    require(
        29,
        ordinals.size() == now.dirty().size()
            && ordinals.stream().allMatch(o -> o >= 1 && o <= now.dirty().size()),
        device,
        "the first capture does not number the rows 1 to n");
  }

  /** 2 (I13): no row of the app is unknown to sync. */
  private void tracked(Device device, DeviceTables now) {
    for (RowId row : now.rows().keySet()) {
      RowState state = now.rowStates().get(row);
      require(
          2,
          (state != null && !state.deleted()) || now.pending(row) || givenUp(now, row),
          device,
          "a row of " + row.table() + " is neither known to the server nor pending");
    }
  }

  /** The app gave the edit up that made this row, and nothing else is known of it (spec 4.4.7). */
  private static boolean givenUp(DeviceTables now, RowId row) {
    return now.discarded().stream()
        .anyMatch(
            edit ->
                edit.row().equals(row)
                    && edit.cause().equals("QUARANTINE_DISCARDED")
                    && edit.tag().equals(Optional.ofNullable(now.rows().get(row))));
  }

  /** 10: what waits to be sent is what the app sees, never an older edit of the same row. */
  private void dirtyMirrorsRows(Device device, DeviceTables now) {
    now.dirty()
        .forEach(
            (row, intent) ->
                require(
                    10,
                    intent.tag().equals(Optional.ofNullable(now.rows().get(row))),
                    device,
                    "a dirty row of " + row.table() + " does not hold what the app's row shows"));
  }

  /** 8, I7, I8, I10: the outbox is what it says it is. */
  private void outbox(Device device, DeviceTables now) {
    Control control = now.control();
    boolean none = control.outboxState().equals("none");
    require(8, none == now.outbox().isEmpty(), device, "outbox state and outbox rows disagree");
    require(
        8,
        none || now.outbox().size() == control.outboxRowCount(),
        device,
        "the outbox does not hold as many rows as it declares");
    require(
        17,
        none || control.sourceBundleId() == control.nextSourceBundleId(),
        device,
        "the frozen bundle does not carry the next id of its source");
    require(
        14,
        now.held().isEmpty() || control.operation().equals("remote_replace"),
        device,
        "rows are held although no remote replace is pending");
    require(
        47,
        control.stagedRowsMissing() == 0,
        device,
        "a stage is called complete and does not have the rows that its session declares");
  }

  /** 18: what is frozen goes out as it was frozen, however often and from whatever process. */
  private void stillFrozen(Device device, DeviceTables before, DeviceTables now) {
    if (!before.installed() || before.outbox().isEmpty() || now.outbox().isEmpty()) {
      return;
    }
    require(
        18,
        before.outbox().equals(now.outbox())
            && before.control().requestHash().equals(now.control().requestHash()),
        device,
        "frozen rows changed before they were sent again");
  }

  /** 42: fold and tables agree, and the journal is a path. */
  private void journal(Device device, DeviceTables before, DeviceTables now) {
    require(42, !now.tail().isEmpty(), device, "control tables are there without a journal");
    JournalRow head = head(now);
    String derived = now.derived();
    boolean agree =
        head.to().equals(derived) || (derived.equals("OPENED") && head.to().equals("DETACHED"));
    require(42, agree, device, "the journal says " + head.to() + ", the tables say " + derived);
    long known = before.tail().isEmpty() ? 0 : head(before).seq();
    Optional<JournalRow> previous =
        before.tail().isEmpty() ? Optional.empty() : Optional.of(head(before));
    for (JournalRow row : now.tail()) {
      if (row.seq() <= known) {
        continue;
      }
      require(42, row.link() == Link.CHAINED, device, "the journal's chain breaks");
      require(
          42,
          row.from().equals("UNOPENED") == List.of("OPEN", "ADOPT").contains(row.trigger()),
          device,
          "only a session begins at UNOPENED");
      boolean continues =
          row.from().equals("UNOPENED")
              || previous.map(JournalRow::to).equals(Optional.of(row.from()));
      require(42, continues, device, "the journal's path breaks at " + row.trigger());
      previous = Optional.of(row);
    }
  }

  /**
   * 25: an older version of a row that is applied again changes nothing. A row that a deleted
   * parent takes along is gone as of that bundle, so that a younger one brings it back (W-38).
   */
  private void olderVersions(Device device, DeviceTables before, DeviceTables now) {
    String trigger = head(now).trigger();
    if (!trigger.equals("PULL_BUNDLE") && !trigger.equals("REPLAY")) {
      return;
    }
    before
        .rowStates()
        .forEach(
            (row, known) -> {
              RowState state = now.rowStates().get(row);
              require(
                  25,
                  state == null
                      || state.version() >= known.version()
                      || state.deleted() && goneWithItsParent(row, before, now),
                  device,
                  trigger + " brought a row of " + row.table() + " back to an older version");
            });
  }

  /** 35, 36: the source changes when data leaves, to an id never used before. */
  private void source(Device device, DeviceRecord record, DeviceTables before, DeviceTables now) {
    String source = now.control().source();
    String previous = before.installed() ? before.control().source() : "";
    require(
        35,
        !head(now).trigger().equals("DETACH") || !source.equals(previous),
        device,
        "the source stays when its user leaves");
    if (!source.equals(previous)) {
      require(
          35,
          previous.isEmpty()
              || head(now).trigger().equals("DETACH")
              || head(now).trigger().equals("APPLY_ROTATED"),
          device,
          "the source changed at " + head(now).trigger());
      // Two copies of one file share their source, and the successor the server names for it.
      boolean fresh =
          fileCopied
              ? !record.sources.contains(source)
              : records.values().stream().noneMatch(other -> other.sources.contains(source));
      require(35, fresh, device, "the new source was used before");
      record.sources.add(source);
    }
  }

  /** 19: first-touch base; the app's own commit is the only thing that happened. */
  private void appCommit(Device device, DeviceTables before, DeviceTables now) {
    now.dirty()
        .forEach(
            (row, intent) -> {
              Intent earlier = before.dirty().get(row);
              RowState state = before.rowStates().get(row);
              long expected =
                  earlier != null ? earlier.base() : state == null ? 0 : state.version();
              require(
                  19,
                  intent.base() == expected,
                  device,
                  "a captured write does not build on the version the app saw");
            });
  }

  /**
   * 8, 19: every dirty row is frozen, quarantined or an audited no-op, with its base. While a
   * rejected row is searched for (4.4.8), those that are not looked at stay dirty as they are.
   */
  private void frozen(Device device, DeviceTables before, DeviceTables now, boolean searching) {
    before
        .dirty()
        .forEach(
            (row, intent) -> {
              Intent sent = now.outbox().get(row);
              boolean accounted =
                  sent != null
                      || now.quarantined().containsKey(row)
                      || searching && intent.equals(now.dirty().get(row))
                      || now.discarded().stream()
                          .anyMatch(d -> d.row().equals(row) && d.cause().equals("NO_OP_DELETE"));
              require(8, accounted, device, "freezing lost a dirty row of " + row.table());
              // An edit of a row that was set aside goes on where that one did.
              long base = before.quarantined().getOrDefault(row, intent).base();
              require(
                  19,
                  sent == null || sent.base() == base,
                  device,
                  "freezing changed the version an edit builds on");
              require(
                  8,
                  sent == null || sent.tag().equals(intent.tag()),
                  device,
                  "freezing changed the content of an edit");
            });
    require(8, searching || now.dirty().isEmpty(), device, "freezing left dirty rows behind");
    // The built-in app writes nothing that cannot be encoded.
    require(
        8,
        app != Business.APP || !before.quarantined().isEmpty() || now.quarantined().isEmpty(),
        device,
        "freezing set a row aside that can be sent");
    uploadOrder(device, now);
  }

  /** 21: parents go before their children, and are deleted after them. */
  private void uploadOrder(Device device, DeviceTables now) {
    now.outbox()
        .forEach(
            (parent, person) ->
                now.outbox()
                    .forEach(
                        (child, note) -> {
                          boolean related = table(child).refersTo(table(parent));
                          boolean deleted = person.op().equals("DELETE");
                          require(
                              21,
                              !related
                                  || deleted != note.op().equals("DELETE")
                                  || deleted == (note.ordinal() < person.ordinal()),
                              device,
                              "a child is not uploaded after its parent, or deleted before it");
                        }));
  }

  /** A server's deletion takes rows along that refer to the deleted one (W-38). */
  private boolean goneWithItsParent(RowId child, DeviceTables before, DeviceTables now) {
    return gone(child, before, now)
        && before.rows().keySet().stream()
            .anyMatch(
                parent ->
                    !parent.equals(child)
                        && table(child).refersTo(table(parent))
                        && gone(parent, before, now));
  }

  static boolean gone(RowId row, DeviceTables before, DeviceTables now) {
    return before.rows().containsKey(row) && !now.rows().containsKey(row);
  }

  /**
   * 9, 10: the end of a conflict takes back every frozen row but the conflicting one, as it was
   * frozen or as it was edited since.
   */
  private void requeued(Device device, DeviceTables before, DeviceTables now) {
    long others =
        before.outbox().entrySet().stream()
            .filter(
                frozen -> {
                  Intent edited = before.dirty().get(frozen.getKey());
                  Intent again = now.dirty().get(frozen.getKey());
                  Intent content = edited != null ? edited : frozen.getValue();
                  boolean same =
                      again != null
                          && again.base() == frozen.getValue().base()
                          && again.op().equals(content.op())
                          && again.tag().equals(content.tag());
                  return !same && !goneWithItsParent(frozen.getKey(), before, now);
                })
            .count();
    long conflicting = head(now).trigger().equals("CONFLICT_RESOLVED") ? 1 : 0;
    require(9, others <= conflicting, device, "a conflict changed an edit that it is not about");
    before
        .dirty()
        .forEach(
            (row, edited) ->
                require(
                    10,
                    Optional.ofNullable(now.rows().get(row)).equals(edited.tag())
                        // The conflicting row itself, put together from its newest edit.
                        || Optional.ofNullable(now.rows().get(row))
                            .equals(of(device).merged.getOrDefault(row, Optional.empty())),
                    device,
                    "a conflict changed a row of "
                        + row.table()
                        + " that was edited during the push"));
    require(8, now.outbox().isEmpty(), device, "a conflict left frozen rows behind");
  }

  /** 22, 23, 24: everything up to the checkpoint is applied. */
  private void checkpoint(
      Device device, DeviceRecord record, DeviceTables before, DeviceTables now) {
    Control control = now.control();
    if (before.installed()
        && before.control().binding().equals("attached")
        && before.control().checkpoint() == control.checkpoint()) {
      return;
    }
    require(
        23,
        !before.installed()
            || !before.control().binding().equals("attached")
            || head(now).trigger().startsWith("APPLY_")
            || before.control().checkpoint() <= control.checkpoint(),
        device,
        "the checkpoint moved backwards");
    record.serverWentBack &=
        !(record.snapshotAskedSince && head(now).trigger().startsWith("APPLY_"));
    if (record.serverWentBack) {
      // Nothing tells a device that is not ahead that bundles it has applied are others by now.
      return;
    }
    for (AppTable table : app.tables()) {
      String name = table.name();
      Set<String> live = server.liveRows(control.user(), name).keySet();
      server
          .rowVersions(control.user(), name)
          .forEach(
              (key, version) -> {
                RowState known = now.rowStates().get(new RowId(table.name(), key));
                boolean applied =
                    version > control.checkpoint()
                        || (known != null && known.version() >= version)
                        || (known == null && !live.contains(key));
                require(
                    22,
                    applied,
                    device,
                    "the checkpoint is past a bundle whose row of " + name + " is not applied");
              });
    }
  }

  // --- Around every call -----------------------------------------------------------------------

  @Override
  public void calling(Device device, Operation operation) {
    DeviceRecord record = of(device);
    rebuildAsked |= operation == Operation.REBUILD;
    record.asked = "";
    record.calls.put(
        Thread.currentThread(), new CallRecord(operation, record.last, record.uncaptured));
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    DeviceRecord record = of(device);
    CallRecord call = record.calls.remove(Thread.currentThread());
    DeviceTables before = call.before;
    DeviceTables after = record.last;
    boolean undisturbed = !call.written;
    boolean silent = call.requests == 0;
    boolean unchanged = before.withoutJournal().equals(after.withoutJournal());
    if (outcome instanceof CallOutcome.Threw threw) {
      threw(device, record, call, threw.error());
    } else {
      Object value = ((CallOutcome.Returned) outcome).value();
      switch (operation) {
        case OPEN -> {
          require(27, silent, device, "open() talked to the server");
          // Tables that were made again are searched for rows that nobody tracks.
          boolean tracked = before.rows().keySet().stream().noneMatch(row -> givenUp(before, row));
          opened(
              device, undisturbed && before.installed() && !call.uncaptured && tracked, unchanged);
        }
        case ATTACH, ATTACH_OTHER_USER ->
            attached(device, record, call, (AttachResult) value, !undisturbed || unchanged);
        case SYNC_THEN_DETACH ->
            syncedThenDetached(device, record, (SyncThenDetachResult) value, after);
        case DETACH ->
            detached(
                device, record, (DetachOutcome) value, before, after, !undisturbed || unchanged);
        case SOURCE_INFO, PAUSE_RESUME, CLOSE ->
            require(
                41,
                silent && (!undisturbed || unchanged),
                device,
                operation + " did more than it says");
        case AUTO_TICK, AUTO_DOWNLOADS -> {
          // Checked at each commit: others go on meanwhile.
        }
        case UNINSTALL ->
            require(41, !after.installed(), device, "something of sync is left after uninstalling");
        case RETRY_QUARANTINED, DISCARD_QUARANTINED ->
            require(27, silent, device, operation + " talked to the server");
        default -> {
          require(
              50,
              operation != Operation.SYNC || !undisturbed || waiting(after) <= waiting(before),
              device,
              "more rows are pending after a sync without local writes");
          require(
              33,
              record.session,
              device,
              operation + " succeeded although this process is not attached");
        }
      }
    }
    if (operation == Operation.CLOSE || operation == Operation.UNINSTALL && !after.installed()) {
      record.session = false;
    }
    ledger(device, record, after);
    bundles(device, record);
    record.asked = "";
  }

  private static int waiting(DeviceTables tables) {
    return tables.dirty().size() + tables.outbox().size() + tables.quarantined().size();
  }

  private void threw(Device device, DeviceRecord record, CallRecord call, RuntimeException error) {
    Operation operation = call.operation;
    if (!(error instanceof OversqliteException known)) {
      throw new PropertyViolated(
          new Violation(41, device + ": " + operation + " threw an undeclared error: " + error),
          error);
    }
    require(
        36,
        operation != Operation.REBUILD
            || !call.before.installed()
            || call.before.control().source().equals(record.last.control().source()),
        device,
        "a rebuild that failed changed the source");
    discreet(device, record, known);
    if (known.category() == ErrorCategory.STORAGE) {
      require(
          41, record.diskFailed, device, operation + " complains of a disk that works: " + known);
      record.diskFailed = false;
    }
    if (NEVER.contains(known.getClass())
        && !resolverThrew(device, operation, known)
        && !caused(call.faults, known)
        && !behind(device, known)
        && !(call.serverWentBack && known instanceof RemoteResponseSemanticException)) {
      throw new PropertyViolated(
          new Violation(41, device + ": " + operation + " threw " + known), known);
    }
    if (operation == Operation.SYNC_THEN_DETACH) {
      require(
          49,
          record.last.tail().isEmpty()
              || !head(record.last).trigger().equals("DETACH")
              || call.before.withoutJournal().equals(record.last.withoutJournal()),
          device,
          "syncThenDetach() detached although its sync failed");
    }
    if (error instanceof InitializationLeaseInvalidException) {
      record.session = false;
    }
    gated(device, record, operation, known);
    if (operation == Operation.ATTACH_OTHER_USER
        && error instanceof dev.oversqlite4j.AttachBindingConflictException) {
      require(
          31,
          call.before.control().user().equals(record.last.control().user()),
          device,
          "attaching another user changed the binding");
    }
  }

  /** 64: what an error says may end in a log that anybody reads. */
  private static void discreet(Device device, DeviceRecord record, OversqliteException error) {
    String said = error.getMessage();
    boolean tells =
        record.sources.stream().anyMatch(said::contains)
            || record.last.rows().keySet().stream().anyMatch(row -> said.contains(row.key()))
            || SOME_TAG.matcher(said).find();
    require(64, !tells, device, error.getClass().getSimpleName() + " tells a value, key or source");
  }

  /**
   * 4.9a: a row with a column that the app has not added yet is refused, and nothing of it kept.
   */
  private static boolean behind(Device device, OversqliteException error) {
    return error instanceof RemoteResponseSemanticException && device.lacksColumns();
  }

  /** What only a broken answer can cause, or a server that fails what it should do. */
  private static boolean caused(Set<Fault> faults, OversqliteException error) {
    return faults.stream()
        .anyMatch(
            fault ->
                error instanceof RemoteResponseDecodeException
                        && fault instanceof Fault.Network network
                        && BROKEN_BODY.contains(network.kind())
                    || (error instanceof RemoteResponseDecodeException
                            || error instanceof RemoteResponseSemanticException)
                        && fault instanceof Fault.Network forged
                        && forged.kind() == NetworkFault.FORGE
                    || error instanceof PushRejectedException && fault instanceof Fault.Answer);
  }

  /** 37: who is told to rebuild is in a state that a rebuild leads out of. */
  private void gated(
      Device device, DeviceRecord record, Operation operation, OversqliteException error) {
    if (!record.last.installed()) {
      return;
    }
    String state = record.last.derived();
    if (error instanceof SourceRecoveryRequiredException) {
      require(37, state.equals("SOURCE_RECOVERY"), device, operation + " asks for a rotation");
    }
    if (error instanceof RebuildRequiredException) {
      require(
          37,
          operation == Operation.PUSH && state.startsWith("REBUILD_"),
          device,
          operation + " asks for a rebuild");
    }
  }

  /** W-44: a resolver that throws ends the push, and it is the app that made it throw. */
  private static boolean resolverThrew(
      Device device, Operation operation, OversqliteException error) {
    return error instanceof InvalidConflictResolutionException invalid
        && device.resolver() == ResolverChoice.THROWS
        && (operation == Operation.PUSH
            || operation == Operation.SYNC
            || operation == Operation.REBUILD
            || operation == Operation.SYNC_THEN_DETACH)
        && invalid.result().isEmpty();
  }

  /** 28. */
  private void opened(Device device, boolean comparable, boolean unchanged) {
    if (comparable) {
      require(28, unchanged, device, "opening again changed durable state");
    }
  }

  private void attached(
      Device device, DeviceRecord record, CallRecord call, AttachResult result, boolean unchanged) {
    if (result instanceof AttachResult.RetryLater) {
      require(32, unchanged, device, "RetryLater changed durable state");
      record.session = false;
      return;
    }
    AttachResult.Connected connected = (AttachResult.Connected) result;
    require(
        45,
        !call.before.installed()
            || !call.before.derived().equals("REPLACE_STAGED")
            || call.snapshotRequests == 0,
        device,
        "a complete stage was downloaded again");
    String user = record.last.control().user();
    require(
        52,
        connected.outcome() != AttachOutcome.STARTED_EMPTY
            || record.bundlesAtConnect.getOrDefault(user, 0L) == 0,
        device,
        "an account that others use was taken for a new one");
    record.emptyConnects.remove(user);
    if (connected.outcome() == AttachOutcome.RESUMED_ATTACHED_STATE) {
      require(30, call.requests == 0, device, "resuming an attachment talked to the server");
      require(30, unchanged, device, "resuming an attachment changed durable state");
    }
    record.session = true;
  }

  private void syncedThenDetached(
      Device device, DeviceRecord record, SyncThenDetachResult result, DeviceTables after) {
    require(33, record.session, device, "syncThenDetach() worked without an attached process");
    require(
        49,
        result.syncRounds() >= 1 && result.syncRounds() <= 3,
        device,
        "syncThenDetach() took " + result.syncRounds() + " rounds");
    require(
        49,
        result.isSuccess() == (result.remainingPendingRowCount() == 0),
        device,
        "syncThenDetach() does not say what is left");
    if (result.isSuccess()) {
      gone(device, after);
      record.session = false;
    }
  }

  private static void gone(Device device, DeviceTables after) {
    boolean wiped =
        after.rowStates().isEmpty() && after.outbox().isEmpty() && after.discarded().isEmpty();
    require(13, wiped, device, "something of the previous user is left after a detach");
  }

  private void detached(
      Device device,
      DeviceRecord record,
      DetachOutcome outcome,
      DeviceTables before,
      DeviceTables after,
      boolean unchanged) {
    if (outcome == DetachOutcome.BLOCKED_UNSYNCED_DATA) {
      require(11, unchanged, device, "a blocked detach changed durable state");
      return;
    }
    if (before.control().binding().equals("attached")) {
      gone(device, after);
    } else if (before.control().operation().equals("none")) {
      require(12, unchanged, device, "detaching nobody changed durable state");
    } else {
      require(
          14,
          after.control().operation().equals("none")
              && after.dirty().keySet().containsAll(before.held().keySet()),
          device,
          "a cancelled remote replace did not restore the dirty rows");
    }
    record.session = false;
  }

  /** 1, 3, 4, 5: every acknowledged write is pending and visible, at the server, or audited. */
  private void ledger(Device device, DeviceRecord record, DeviceTables now) {
    if (!now.installed() || record.uncaptured) {
      // What no trigger saw is found by the next open().
      return;
    }
    record
        .ledger
        .open()
        .forEach(
            (row, write) -> {
              if (record.ledger.unknown(row)) {
                return;
              }
              if (now.quarantined().containsKey(row)) {
                // Set aside and named to the app; after a rebuild it may not fit to be shown.
                return;
              }
              boolean audited =
                  now.discarded().stream()
                      .anyMatch(d -> d.row().equals(row) && d.tag().equals(write.tag()));
              if (now.pending(row) && !becameDeletion(now, row, write)) {
                require(
                    write.property(),
                    write.tag().equals(Optional.ofNullable(now.rows().get(row))),
                    device,
                    write
                        + " of "
                        + row.table()
                        + " is pending but the app's row shows "
                        + Optional.ofNullable(now.rows().get(row)).orElse("nothing"));
                return;
              }
              require(
                  write.property(),
                  audited || atServer(record, row, write),
                  device,
                  write
                      + " of "
                      + row.table()
                      + " is lost: not pending, not at the server, not in the audit");
              record.ledger.settled(row);
            });
  }

  /** The edit of a row that a deleted parent took along became a deletion (W-38). */
  private static boolean becameDeletion(DeviceTables now, RowId row, Ledger.Acknowledged write) {
    return write.tag().isPresent()
        && now.dirty().containsKey(row)
        && now.dirty().get(row).tag().isEmpty()
        && now.discarded().stream()
            .anyMatch(
                edit ->
                    edit.row().equals(row)
                        && edit.cause().equals("DELETED_WITH_PARENT")
                        && edit.tag().equals(write.tag()));
  }

  private boolean atServer(DeviceRecord record, RowId row, Ledger.Acknowledged write) {
    for (String user : record.users) {
      Set<CommittedBundle> bundles = new LinkedHashSet<>(forgotten.getOrDefault(user, Set.of()));
      bundles.addAll(server.bundles(user));
      for (CommittedBundle bundle : bundles) {
        if (record.sources.contains(bundle.sourceId())
            && bundle.rows().stream().anyMatch(r -> carries(r, row, write))) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean carries(BundleRow sent, RowId row, Ledger.Acknowledged write) {
    if (!sent.table().equals(row.table()) || !sent.key().equals(row.key())) {
      return false;
    }
    if (write.tag().isEmpty()) {
      return sent.op() == Op.DELETE;
    }
    return sent.payload()
        .filter(p -> Marks.ofWire(table(row), parse(p)).equals(write.tag().get()))
        .isPresent();
  }

  private AppTable table(RowId row) {
    return app.table(row.table()).orElseThrow();
  }

  private static JsonNode parse(String payload) {
    try {
      return JSON.readTree(payload);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The model server holds a row that is not JSON", e);
    }
  }

  /** 15, 16, 17. */
  private void bundles(Device device, DeviceRecord record) {
    for (String user : record.users) {
      Map<String, Long> lastId = new HashMap<>();
      for (CommittedBundle bundle : server.bundles(user)) {
        String source = bundle.sourceId();
        if (!record.sources.contains(source)) {
          continue;
        }
        // Of a pruned history the oldest bundle that is left may have any number.
        boolean first = !lastId.containsKey(source);
        require(
            15,
            first || bundle.sourceBundleId() > lastId.get(source),
            device,
            "the server has bundle " + bundle.sourceBundleId() + " of a source twice");
        long expected =
            first && server.retainedFloor(user) > 0
                ? bundle.sourceBundleId()
                : lastId.getOrDefault(source, 0L) + 1;
        require(
            17,
            bundle.sourceBundleId() == expected,
            device,
            "the server has bundle "
                + bundle.sourceBundleId()
                + " of a source instead of "
                + expected);
        lastId.put(source, expected);
        long chunks = server.acceptedChunks(user, source, bundle.sourceBundleId());
        Long earlier =
            record.chunksAtCommit.putIfAbsent(user + " " + source + " " + expected, chunks);
        require(
            16,
            earlier == null || earlier == chunks,
            device,
            "rows of a committed bundle were uploaded again");
      }
    }
  }

  // --- At the end ------------------------------------------------------------------------------

  @Override
  public void settled(List<Device> devices) {
    Map<String, List<String>> contentOfUser = new TreeMap<>();
    for (Device device : devices) {
      DeviceRecord record = of(device);
      DeviceTables now = DeviceTables.read(device.observer());
      require(
          40,
          now.dirty().isEmpty() && now.outbox().isEmpty() && now.held().isEmpty(),
          device,
          "rows are still pending after everything was synced twice");
      ledger(device, record, now);
      require(
          1, record.ledger.open().isEmpty(), device, "an acknowledged write is not accounted for");
      String user = now.control().user();
      List<String> content = DeviceTables.appContent(device.observer());
      List<String> first = contentOfUser.putIfAbsent(user, content);
      require(
          51,
          first == null || first.equals(content),
          device,
          "its rows differ from those of another device of the same user");
      require(51, serverRows(user).equals(now.rows()), device, "its rows differ from the server's");
    }
  }

  private Map<RowId, String> serverRows(String user) {
    Map<RowId, String> rows = new TreeMap<>();
    for (AppTable table : app.tables()) {
      server
          .liveRows(user, table.name())
          .forEach(
              (key, payload) ->
                  rows.put(new RowId(table.name(), key), Marks.ofWire(table, parse(payload))));
    }
    return rows;
  }

  /**
   * @param where the device, or another name of the place
   */
  static void require(int property, boolean holds, Object where, String otherwise) {
    if (!holds) {
      throw new PropertyViolated(new Violation(property, where + ": " + otherwise));
    }
  }
}
