package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.Witness;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  @Override
  public void requested(Device device, String label) {}

  @Override
  public void crashed(Device device, Seam seam) {}

  @Override
  public void lostPower(Device device, SynchronousMode mode) {}

  @Override
  public void acknowledged(Device device, long number) {}

  @Override
  public void diskFailed(Device device) {}

  @Override
  public void faulty(Device device, Fault fault) {}

  @Override
  public void writing(Device device, Map<RowId, Optional<String>> changes) {}

  @Override
  public void merged(Device device, RowId row, Optional<String> mark) {}

  @Override
  public void wrote(Device device) {}

  @Override
  public void writeRefused(Device device) {}

  @Override
  public void writeFailed(Device device) {}

  @Override
  public void disturbing(Device device, Disturbance what) {}

  @Override
  public void disturbed(Device device, Disturbance what) {}

  @Override
  public void calling(Device device, Operation operation) {}

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {}

  @Override
  public void settled(List<Device> devices) {}
}
