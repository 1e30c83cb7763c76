package dev.oversqlite4j.simulator.coverage;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.ResolverChoice;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.JournalRow;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.Witness;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Notes what one run reaches. */
public final class Recorder implements Witness {

  private static final String COMMIT_REQUEST = "POST /sync/push-sessions/*/commit";

  private final SortedSet<String> transitions = new TreeSet<>();
  private final SortedSet<String> cells = new TreeSet<>();
  private final SortedSet<String> pairs = new TreeSet<>();
  private final SortedSet<Sometimes> sometimes = new TreeSet<>();
  private final Map<Device, Process> processes = new IdentityHashMap<>();

  /** What is to be remembered of a device. */
  private static final class Process {
    private Optional<DeviceTables> last = Optional.empty();
    private boolean opened;
    private boolean closed;
    private final Map<Thread, Operation> calls = new HashMap<>();
    private int sessions;
    private Optional<Seam> diedAt = Optional.empty();
  }

  /** What the run has reached so far. */
  public Coverage coverage() {
    return new Coverage(transitions, cells, pairs, sometimes);
  }

  private Process of(Device device) {
    return processes.computeIfAbsent(device, d -> new Process());
  }

  /** The state in which a call or a fault meets the process. */
  private String state(Device device) {
    Process process = of(device);
    if (process.closed) {
      return "CLOSED";
    }
    return process.opened ? process.last.map(DeviceTables::state).orElse("UNOPENED") : "UNOPENED";
  }

  @Override
  public void booted(Device device) {
    Process process = of(device);
    process.opened = false;
    process.closed = false;
    process.calls.clear();
    process.last = Optional.of(DeviceTables.read(device.observer()));
  }

  @Override
  public void calling(Device device, Operation operation) {
    Process process = of(device);
    process.calls.put(Thread.currentThread(), operation);
    process.sessions = 0;
    call(operation).ifPresent(call -> cells.add(call + " " + state(device)));
  }

  private static Optional<Call> call(Operation operation) {
    return switch (operation) {
      case OPEN -> Optional.of(Call.OPEN);
      case ATTACH -> Optional.of(Call.ATTACH_SAME_USER);
      case ATTACH_OTHER_USER -> Optional.of(Call.ATTACH_OTHER_USER);
      case PUSH -> Optional.of(Call.PUSH_PENDING);
      case PULL -> Optional.of(Call.PULL_TO_STABLE);
      case SYNC -> Optional.of(Call.SYNC);
      case REBUILD -> Optional.of(Call.REBUILD);
      case DETACH -> Optional.of(Call.DETACH);
      case SYNC_THEN_DETACH -> Optional.of(Call.SYNC_THEN_DETACH);
      case SYNC_STATUS -> Optional.of(Call.SYNC_STATUS);
      case SOURCE_INFO -> Optional.of(Call.SOURCE_INFO);
      case PAUSE_RESUME -> Optional.of(Call.PAUSE_RESUME);
      case AUTO_TICK, AUTO_DOWNLOADS -> Optional.of(Call.AUTO_TICK);
      case CLOSE -> Optional.of(Call.CLOSE);
      case UNINSTALL -> Optional.of(Call.UNINSTALL_SYNC);
      // The matrix says nothing about them; their transitions are declared.
      case RETRY_QUARANTINED, DISCARD_QUARANTINED -> Optional.empty();
    };
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    Process process = of(device);
    process.calls.remove(Thread.currentThread());
    if (!(outcome instanceof CallOutcome.Returned returned)) {
      return;
    }
    switch (operation) {
      case OPEN -> {
        process.opened = true;
        process
            .diedAt
            .filter(seam -> seam.kind() == Seam.Kind.COMMIT)
            .ifPresent(seam -> sometimes.add(Sometimes.RECOVERED_FROM_COMMIT));
        process.diedAt = Optional.empty();
      }
      case CLOSE, UNINSTALL -> process.closed = true;
      case ATTACH, ATTACH_OTHER_USER -> {
        if (returned.value() instanceof AttachResult.RetryLater) {
          sometimes.add(Sometimes.TOLD_TO_RETRY);
        }
      }
      default -> {}
    }
  }

  @Override
  public void committed(Device device) {
    Process process = of(device);
    DeviceTables now = DeviceTables.read(device.observer());
    Optional<DeviceTables> earlier = process.last;
    process.last = Optional.of(now);
    if (!now.installed() || earlier.isEmpty()) {
      return;
    }
    DeviceTables before = earlier.get();
    long known = before.tail().stream().mapToLong(JournalRow::seq).max().orElse(0);
    boolean journaled = false;
    for (JournalRow row : now.tail()) {
      if (row.seq() > known) {
        journaled = true;
        transitions.add(row.from() + " " + row.trigger() + " " + row.to());
        happened(device, row.trigger(), before, now);
      }
    }
    if (!journaled && !process.calls.isEmpty()) {
      sometimes.add(Sometimes.WRITTEN_DURING_CALL);
    }
    if (!now.quarantined().isEmpty()) {
      sometimes.add(Sometimes.QUARANTINED);
    }
  }

  private void happened(Device device, String trigger, DeviceTables before, DeviceTables now) {
    switch (trigger) {
      case "REPAIR" -> sometimes.add(Sometimes.OPERATION_REPAIRED);
      case "PUSH_BEGIN" -> sometimes.add(Sometimes.PUSH_WENT_ON);
      case "LEASE_INVALID" -> sometimes.add(Sometimes.LEASE_EXPIRED);
      case "FREEZE_NO_OPS" -> sometimes.add(Sometimes.NO_OPS_DROPPED);
      case "PULL_BUNDLE" -> {
        Map<Thread, Operation> calls = of(device).calls;
        if (calls.get(Thread.currentThread()) == Operation.AUTO_DOWNLOADS && calls.size() > 1) {
          sometimes.add(Sometimes.DOWNLOADED_DURING_CALL);
        }
      }
      case "DETACH_BLOCKED" -> sometimes.add(Sometimes.DETACH_BLOCKED);
      case "HISTORY_PRUNED" -> sometimes.add(Sometimes.HISTORY_PRUNED);
      case "REPLAY_PRUNED" -> sometimes.add(Sometimes.BUNDLE_UNREADABLE);
      case "CONFLICT_RESOLVED" -> {
        sometimes.add(Sometimes.CONFLICT_RESOLVED);
        if (device.resolver() == ResolverChoice.MERGE) {
          sometimes.add(Sometimes.RESOLVER_MERGED);
        }
      }
      case "STAGE_SESSION" -> {
        if (++of(device).sessions > 1) {
          sometimes.add(Sometimes.SNAPSHOT_RESTARTED);
        }
      }
      case "REPLAY" -> {
        if (!Collections.disjoint(before.dirty().keySet(), before.outbox().keySet())) {
          sometimes.add(Sometimes.NEWER_EDIT_KEPT);
        }
      }
      case "CANCEL_REPLACE" -> {
        if (!before.held().isEmpty()) {
          sometimes.add(Sometimes.REPLACE_CANCELLED);
        }
      }
      case "APPLY_REMOTE" -> {
        if (!before.held().isEmpty()) {
          sometimes.add(Sometimes.REPLACED_LOCAL_ROWS);
        }
      }
      case "APPLY_ROTATED" -> {
        if (!before.dirty().isEmpty()) {
          sometimes.add(Sometimes.ROTATED_DIRTY);
        }
        if (!before.outbox().isEmpty()) {
          sometimes.add(Sometimes.ROTATED_FROZEN);
        }
      }
      default -> {}
    }
  }

  @Override
  public void crashed(Device device, Seam seam) {
    Process process = of(device);
    pairs.add(state(device) + " " + Reachable.crash(seam.kind()));
    if (seam.kind() == Seam.Kind.RECEIVE && seam.label().equals(COMMIT_REQUEST)) {
      sometimes.add(Sometimes.CRASHED_BEFORE_ACKNOWLEDGEMENT);
    }
    if (process.diedAt.isPresent()) {
      sometimes.add(Sometimes.CRASHED_WHILE_RECOVERING);
    }
    process.diedAt = Optional.of(seam);
  }

  @Override
  public void writing(Device device, Map<RowId, Optional<String>> changes) {
    cells.add(Call.LOCAL_APP_WRITE + " " + state(device));
  }

  @Override
  public void writeRefused(Device device) {
    cells.add(Call.LOCAL_APP_WRITE + " " + state(device));
    sometimes.add(Sometimes.WRITE_REFUSED);
  }

  @Override
  public void disturbing(Device device, Disturbance what) {
    pairs.add(state(device) + " " + what);
  }

  @Override
  public void lostPower(Device device, SynchronousMode mode) {
    pairs.add(state(device) + " " + Reachable.POWER_LOSS);
  }

  @Override
  public void diskFailed(Device device) {
    pairs.add(state(device) + " " + Reachable.DISK);
  }

  @Override
  public void faulty(Device device, Fault fault) {
    pairs.add(state(device) + " " + Reachable.fault(fault));
  }
}
