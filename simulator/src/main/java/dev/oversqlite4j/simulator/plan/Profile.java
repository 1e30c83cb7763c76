package dev.oversqlite4j.simulator.plan;

/** What may go wrong in a generated plan. */
public enum Profile {
  /** Everything: crashes, power losses, faults of network, server and disk, and disturbances. */
  DEFAULT,
  /** The same, with three devices in every plan. */
  THREE_DEVICES,
  /** The same in plans of 60 to 100 steps: what takes a long past to happen. */
  LONG_LIVES,
  /**
   * The same, with commits that are not synced one by one: a power loss takes some that were
   * acknowledged.
   */
  SYNCHRONOUS_NORMAL,
  /** Crashes, on a network that loses nothing. */
  CRASHES_ONLY,
  /** Nothing goes wrong; only the schedule varies. */
  CALM;

  boolean losesMessages() {
    return this != CRASHES_ONLY && this != CALM;
  }

  /** Whether network, server, disk and power supply do everything they can do to a device. */
  public boolean isHostile() {
    return losesMessages();
  }
}
