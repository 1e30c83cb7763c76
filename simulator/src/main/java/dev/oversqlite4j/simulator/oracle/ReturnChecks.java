package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Property 53: a row that is changed and changed back while it is sent ends with that value
 * everywhere. Judged where nobody else has anything to say: no other device had edits waiting then
 * or made any since, nothing was given up, and nothing happened behind the client's back.
 */
final class ReturnChecks extends Check {

  private final Map<Integer, DeviceTables> devices = new HashMap<>();
  // By the device that wrote it.
  private final Map<Integer, Map<RowId, String>> back = new HashMap<>();

  @Override
  void committed(Device device, DeviceTables before, DeviceTables now) {
    devices.put(device.index(), now);
    if (!before.installed() || !now.installed()) {
      back.remove(device.index());
      return;
    }
    if (journaled(before, now)) {
      Set<String> givesUp = Set.of("DETACH", "CONFLICT_RESOLVED", "APPLY_REMOTE");
      if (givesUp.contains(trigger(now)) || !now.discarded().equals(before.discarded())) {
        back.remove(device.index());
      }
      return;
    }
    Set<RowId> changed = changed(before, now);
    if (changed.isEmpty()) {
      return;
    }
    back.keySet().removeIf(writer -> writer != device.index());
    Map<RowId, String> mine = back.computeIfAbsent(device.index(), i -> new HashMap<>());
    mine.keySet().removeAll(changed);
    if (changed.stream().anyMatch(row -> !now.rows().containsKey(row))) {
      // A deletion may take others along, here or at the server.
      mine.clear();
    }
    if (othersAreQuiet(device, now.control().user())) {
      mine.putAll(returned(before, now));
    }
  }

  private static Set<RowId> changed(DeviceTables before, DeviceTables now) {
    Set<RowId> changed = new HashSet<>(before.rows().keySet());
    changed.addAll(now.rows().keySet());
    changed.removeIf(
        row ->
            Optional.ofNullable(before.rows().get(row))
                .equals(Optional.ofNullable(now.rows().get(row))));
    return changed;
  }

  /** The rows that show again what is on its way, after they had shown something else. */
  static Map<RowId, String> returned(DeviceTables before, DeviceTables now) {
    Map<RowId, String> returned = new HashMap<>();
    now.outbox()
        .forEach(
            (row, sent) -> {
              String was = before.rows().get(row);
              String is = now.rows().get(row);
              if (is != null && was != null && !was.equals(is) && isValue(sent, is)) {
                returned.put(row, is);
              }
            });
    return returned;
  }

  private static boolean isValue(Intent sent, String value) {
    return sent.tag().equals(Optional.of(value));
  }

  private boolean othersAreQuiet(Device device, String user) {
    return devices.entrySet().stream()
        .filter(other -> other.getKey() != device.index() && other.getValue().installed())
        .map(Map.Entry::getValue)
        .filter(other -> other.control().user().equals(user))
        .allMatch(
            other ->
                other.dirty().isEmpty()
                    && other.outbox().isEmpty()
                    && other.held().isEmpty()
                    && other.quarantined().isEmpty());
  }

  @Override
  public void disturbing(Device device, Disturbance what) {
    if (what.losesHistory() || what.changesSchema()) {
      back.clear();
    }
  }

  @Override
  public void lostPower(Device device, SynchronousMode mode) {
    back.remove(device.index());
  }

  @Override
  public void settled(List<Device> all) {
    for (Device writer : all) {
      String user = last(writer).control().user();
      for (Device device : all) {
        DeviceTables now = DeviceTables.read(device.observer());
        if (now.control().user().equals(user)) {
          back.getOrDefault(writer.index(), Map.of())
              .forEach((row, value) -> stillThere(device, row, value, now));
        }
      }
    }
  }

  static void stillThere(Object where, RowId row, String value, DeviceTables now) {
    require(
        53,
        value.equals(now.rows().get(row)),
        where,
        "a row of "
            + row.table()
            + " that was changed and changed back while it was sent does not show "
            + value);
  }
}
