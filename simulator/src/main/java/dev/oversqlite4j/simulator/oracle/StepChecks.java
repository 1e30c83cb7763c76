package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.DeviceTables.RowState;
import java.util.Set;

/** What single steps of the lifecycle do to the versions of rows, and to what edits build on. */
final class StepChecks {

  private static final String DELETE = "DELETE";

  private StepChecks() {}

  static void check(Device device, String trigger, DeviceTables before, DeviceTables now) {
    switch (trigger) {
      case "FREEZE" -> {
        unknownRowsAreNotDeleted(device, before, now);
        liveRowsAreThere(device, now);
      }
      case "REPLAY" -> keptEditsBuildOnTheReplay(device, before, now);
      case "PULL_BUNDLE" -> {
        nothingKnownIsForgotten(device, before, now);
        liveRowsAreThere(device, now);
      }
      case "APPLY_SNAPSHOT", "APPLY_COMMITTED", "APPLY_ROTATED" ->
          editsKeepTheirBases(device, before, now);
      default -> {
        // What else there is to check does not depend on the step.
      }
    }
  }

  /** 20: a row that came and went unsynced is nothing to the server. */
  private static void unknownRowsAreNotDeleted(
      Device device, DeviceTables before, DeviceTables now) {
    now.outbox()
        .forEach(
            (row, sent) -> {
              RowState known = before.rowStates().get(row);
              Oracle.require(
                  20,
                  !sent.op().equals(DELETE) || (known != null && !known.deleted()),
                  device,
                  "a deletion is sent of a row that the server does not have");
            });
  }

  /** 60: what is known as live is there, or its deletion is pending. */
  private static void liveRowsAreThere(Device device, DeviceTables now) {
    now.rowStates()
        .forEach(
            (row, known) ->
                Oracle.require(
                    60,
                    known.deleted() || now.rows().containsKey(row) || now.pending(row),
                    device,
                    "a row of " + row.table() + " is known as live and not there"));
  }

  /** 19: an edit made during a push is made on top of what was pushed. */
  private static void keptEditsBuildOnTheReplay(
      Device device, DeviceTables before, DeviceTables now) {
    for (RowId row : before.outbox().keySet()) {
      Intent kept = now.dirty().get(row);
      RowState known = now.rowStates().get(row);
      Oracle.require(
          19,
          kept == null || known == null || kept.base() == known.version(),
          device,
          "an edit made during a push does not build on the version that was pushed");
    }
  }

  /** 25: a bundle that deletes a row leaves its tombstone, or older versions would come back. */
  private static void nothingKnownIsForgotten(
      Device device, DeviceTables before, DeviceTables now) {
    before
        .rowStates()
        .forEach(
            (row, known) ->
                Oracle.require(
                    25,
                    now.rowStates().containsKey(row),
                    device,
                    "a bundle left nothing known of a row of " + row.table()));
  }

  /** 19: a snapshot changes what the app sees, not what it saw when it wrote. */
  private static void editsKeepTheirBases(Device device, DeviceTables before, DeviceTables now) {
    Set<RowId> frozen = before.outbox().keySet();
    before
        .dirty()
        .forEach(
            (row, edit) -> {
              Intent later = now.dirty().get(row);
              Oracle.require(
                  19,
                  later == null || frozen.contains(row) || later.base() == edit.base(),
                  device,
                  "a snapshot changed the version that an edit builds on");
            });
  }
}
