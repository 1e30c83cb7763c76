package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.spi.LocalStore;
import dev.oversqlite4j.spi.SyncServer;
import javax.sql.DataSource;

/**
 * The parts a simulated device is built from. Tests replace them by decorators with a planted bug;
 * a simulator that does not find it is worthless.
 */
public interface Parts {

  /** The real parts. */
  Parts REAL = new Parts() {};

  /**
   * @param disk what the store works on
   */
  default LocalStore store(LocalStore real, DataSource disk) {
    return real;
  }

  default SyncServer server(SyncServer real) {
    return real;
  }

  /** Who hears what a device does; asked once for each device, in their order. */
  default Trace trace(Trace real) {
    return real;
  }

  /**
   * How commits are synced to the disk; a planted bug syncs them less than is promised.
   *
   * @param promised what the client's options say
   */
  default SynchronousMode sync(SynchronousMode promised) {
    return promised;
  }
}
