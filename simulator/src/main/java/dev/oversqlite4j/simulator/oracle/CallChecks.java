package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;

/** What a call does beside another one. */
final class CallChecks extends Check {

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
