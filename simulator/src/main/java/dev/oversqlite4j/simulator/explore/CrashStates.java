package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.disk.DatabaseImage;
import dev.oversqlite4j.simulator.explore.LogicalState.OfDevice;
import dev.oversqlite4j.simulator.explore.LogicalState.OnDisk;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.Observer;
import dev.oversqlite4j.simulator.world.RunListener.Reached;
import dev.oversqlite4j.simulator.world.World;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The states that crashes would leave behind, asked for at every seam of one run: the files are
 * copied and read as the next process would, while the run goes on undisturbed. Crashing there for
 * real would repeat everything before the seam only to arrive at the same state.
 *
 * <p>Most seams lie within a transaction and leave every byte as it was; those are not read again.
 */
final class CrashStates {

  private final Path image;
  private final Map<Device, Known> known = new IdentityHashMap<>();
  private Optional<Key> lastKey = Optional.empty();
  private String lastState = "";

  /**
   * @param folder for copies; exists while this is used
   */
  CrashStates(Path folder) {
    this.image = folder.resolve("crashed.db");
  }

  /** What has been read of a device, and of which bytes. */
  private static final class Known {
    private final long bytes;
    private final OnDisk live;
    private Optional<OnDisk> crashed = Optional.empty();

    Known(long bytes, OnDisk live) {
      this.bytes = bytes;
      this.live = live;
    }
  }

  /** Everything a state is made of; equal keys have equal states. */
  private record Key(
      String position,
      int released,
      long served,
      long nowMillis,
      List<String> memories,
      List<Long> files) {}

  /**
   * The state if the process died at this seam.
   *
   * @param position what in the plan would still be to come
   */
  String ifCrashed(World world, Reached reached, String position) {
    List<String> memories = new ArrayList<>();
    List<Long> files = new ArrayList<>();
    for (Device device : world.devices()) {
      memories.add(device == reached.device() ? device.memoryAfterCrash() : device.memory());
      files.add(fingerprint(device.file()));
    }
    Key key =
        new Key(position, world.released(), world.served(), world.nowMillis(), memories, files);
    if (!lastKey.equals(Optional.of(key))) {
      lastState = read(world, reached, key);
      lastKey = Optional.of(key);
    }
    return lastState;
  }

  private String read(World world, Reached reached, Key key) {
    List<OfDevice> devices = new ArrayList<>();
    boolean asCommitted = true;
    for (Device device : world.devices()) {
      int index = device.index();
      Known files = known(device, key.files().get(index));
      if (device == reached.device()) {
        if (files.crashed.isEmpty()) {
          files.crashed = Optional.of(crashed(world, device));
        }
        OnDisk left = files.crashed.get();
        asCommitted = left.equals(files.live);
        devices.add(new OfDevice(key.memories().get(index), left));
      } else {
        devices.add(new OfDevice(key.memories().get(index), files.live));
      }
    }
    String state = LogicalState.of(world, key.position(), devices);
    // What property 44 forbids is a state of its own, so that a run goes there and reports it.
    return asCommitted ? state : state + " at " + reached.life() + "/" + reached.seam();
  }

  private Known known(Device device, long bytes) {
    Known files = known.get(device);
    if (files == null || files.bytes != bytes) {
      files = new Known(bytes, OnDisk.read(device.observer()));
      known.put(device, files);
    }
    return files;
  }

  private OnDisk crashed(World world, Device device) {
    try {
      DatabaseImage.copy(device.file(), image);
      try (Observer observer = Observer.of(world.app(), image)) {
        return OnDisk.read(observer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw new IllegalStateException("The explorer cannot read what a crash would leave", e);
    }
  }

  private static long fingerprint(Path file) {
    try {
      return DatabaseImage.fingerprint(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
