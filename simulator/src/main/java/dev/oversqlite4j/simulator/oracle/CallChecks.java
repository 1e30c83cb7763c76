package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import dev.oversqlite4j.CheckpointRecoveryBlockedException;
import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How calls end: beside another one, while everything is paused, and with a wrong configuration.
 */
final class CallChecks extends Check {

  private final Set<Integer> pausing = new HashSet<>();
  private final Map<Thread, Paused> paused = new HashMap<>();

  /** A call that is made while uploads and downloads are paused. */
  private static final class Paused {
    private final int device;
    private boolean written;
    private boolean asked;
    private boolean recovered;

    Paused(int device) {
      this.device = device;
    }
  }

  @Override
  public void misconfigured(
      Device device, CallOutcome outcome, List<String> before, List<String> after) {
    rejected(device, outcome, before, after);
  }

  /** 65: a schema that is refused leaves every byte. */
  static void rejected(Object where, CallOutcome outcome, List<String> before, List<String> after) {
    require(
        65,
        outcome instanceof CallOutcome.Threw threw
            && threw.error() instanceof InvalidConfigurationException,
        where,
        "a wrong configuration was not refused as one");
    require(65, before.equals(after), where, "a wrong configuration changed the file");
  }

  @Override
  public void paused(Device device) {
    pausing.add(device.index());
  }

  @Override
  public void calling(Device device, Operation operation) {
    if (pausing.remove(device.index())) {
      Paused call = new Paused(device.index());
      call.recovered = last(device).installed() && last(device).control().rebuildRequired();
      paused.put(Thread.currentThread(), call);
    }
  }

  @Override
  public void requested(Device device, String label) {
    Paused call = paused.get(Thread.currentThread());
    if (call != null) {
      call.asked = true;
    }
  }

  @Override
  void committed(Device device, DeviceTables before, DeviceTables now) {
    for (Paused call : paused.values()) {
      if (call.device == device.index()) {
        // The end of a transaction that only reads is a commit, too.
        call.written |= !journaled(before, now) && !before.dirty().equals(now.dirty());
        call.recovered |= now.installed() && now.control().rebuildRequired();
      }
    }
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    Optional<Paused> call = Optional.ofNullable(paused.remove(Thread.currentThread()));
    if (outcome instanceof CallOutcome.Threw threw
        && threw.error() instanceof CheckpointRecoveryBlockedException blocked
        && blocked.reason() == CheckpointRecoveryBlockedException.Reason.UPLOAD_PAUSED) {
      blocked(device, operation, call.filter(c -> c.recovered).isPresent(), last(device));
    }
    if (outcome instanceof CallOutcome.Returned && call.isPresent()) {
      effective(device, operation, call.get().asked, call.get().written, last(device));
    }
  }

  /** 61: a pause stops a call only where a checkpoint is recovered and rows wait. */
  static void blocked(Object where, Operation operation, boolean recovering, DeviceTables after) {
    require(
        61,
        recovering
            // A lease is given back by a push, even with nothing to seed.
            && !(after.dirty().isEmpty()
                && after.outbox().isEmpty()
                && after.control().lease().isEmpty()),
        where,
        operation + " was stopped by a pause although no checkpoint was recovered under edits");
  }

  /** 61: what returns has done what it does without a pause. */
  static void effective(
      Object where, Operation operation, boolean asked, boolean written, DeviceTables after) {
    require(61, asked, where, operation + " did nothing while everything was paused");
    require(
        61,
        operation != Operation.PUSH
            || written
            || after.dirty().isEmpty() && after.outbox().isEmpty(),
        where,
        operation + " left edits behind while everything was paused");
  }

  @Override
  public void booted(Device device) {
    super.booted(device);
    pausing.remove(device.index());
    paused.values().removeIf(call -> call.device == device.index());
  }

  @Override
  public void collided(Device device, Operation second, CallOutcome outcome, DeviceTables before) {
    refused(device, second, outcome, before, DeviceTables.read(device.observer()));
  }

  /** 34: of two operations at a time the second is refused, and leaves everything as it is. */
  static void refused(
      Object where,
      Operation second,
      CallOutcome outcome,
      DeviceTables before,
      DeviceTables after) {
    require(
        34,
        outcome instanceof CallOutcome.Threw threw
            && threw.error() instanceof SyncOperationInProgressException,
        where,
        second + " was not refused although another call was running");
    require(34, before.equals(after), where, second + " was refused and changed what is stored");
  }
}
