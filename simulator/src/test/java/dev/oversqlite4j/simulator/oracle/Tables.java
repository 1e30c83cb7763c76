package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Control;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.DeviceTables.RowState;
import java.util.List;
import java.util.Map;

/** Tables of a device that is attached, made up. */
final class Tables {

  private Tables() {}

  static DeviceTables with(
      Map<RowId, String> rows,
      Map<RowId, RowState> states,
      Map<RowId, Intent> dirty,
      Map<RowId, Intent> outbox) {
    Control control =
        new Control(
            0,
            "s",
            "attached",
            "ada",
            1,
            false,
            "",
            "none",
            "",
            false,
            0,
            outbox.isEmpty() ? "none" : "prepared",
            1,
            1,
            outbox.size(),
            "",
            "");
    return new DeviceTables(
        true, control, rows, states, dirty, outbox, Map.of(), List.of(), Map.of(), List.of());
  }

  /** A snapshot is downloaded completely, and not applied yet. */
  static DeviceTables staged() {
    DeviceTables empty = with(Map.of(), Map.of(), Map.of(), Map.of());
    Control control =
        new Control(
            0,
            "s",
            "none",
            "",
            0,
            false,
            "",
            "remote_replace",
            "ada",
            true,
            0,
            "none",
            0,
            1,
            0,
            "",
            "");
    return new DeviceTables(
        true,
        control,
        empty.rows(),
        empty.rowStates(),
        empty.dirty(),
        empty.outbox(),
        empty.held(),
        empty.discarded(),
        empty.quarantined(),
        empty.tail());
  }
}
