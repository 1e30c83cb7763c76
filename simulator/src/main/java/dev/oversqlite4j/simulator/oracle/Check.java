package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.Witness;
import java.util.HashMap;
import java.util.Map;

/**
 * A part of the oracle with a theme of its own: it hears everything, minds what concerns its
 * properties, and remembers what was in each file before the last commit.
 */
abstract class Check implements Witness {

  private final Map<Integer, DeviceTables> last = new HashMap<>();

  /**
   * A transaction is on disk.
   *
   * @param before what was there before it
   */
  void committed(Device device, DeviceTables before, DeviceTables now) {}

  /** Whether it was the client's: its journal row belongs to the transaction of its effects. */
  static boolean journaled(DeviceTables before, DeviceTables now) {
    return now.installed() && (!before.installed() || !now.tail().equals(before.tail()));
  }

  /** The transition that a journaled commit ended with. */
  static String trigger(DeviceTables now) {
    return now.tail().isEmpty() ? "" : now.tail().get(now.tail().size() - 1).trigger();
  }

  /** What is in the file, as of its last commit. */
  DeviceTables last(Device device) {
    return last.computeIfAbsent(device.index(), i -> DeviceTables.read(device.observer()));
  }

  @Override
  public final void committed(Device device) {
    DeviceTables now = DeviceTables.read(device.observer());
    DeviceTables before = last.put(device.index(), now);
    committed(device, before == null ? now : before, now);
  }

  @Override
  public void booted(Device device) {
    last.put(device.index(), DeviceTables.read(device.observer()));
  }
}
