package dev.oversqlite4j.simulator.plan;

/** What happens to the server or to a device's file behind the client's back. */
public enum Disturbance {
  /** The server drops the whole history of the device's user. */
  PRUNE_ALL,
  /** The server drops the history of the device's user but for the latest bundle. */
  PRUNE_BUT_LAST,
  /** The server retires the source of the device and names no successor. */
  RETIRE_SOURCE,
  /** The server retires the source of the device and names a successor. */
  RETIRE_SOURCE_NAMING,
  /** A backup of the server is made; nothing before the accounts are in use. */
  SAVE_SERVER,
  /** The server is restored from its backup. */
  RESTORE_SERVER,
  /** A copy of the device's file is made. */
  SAVE_FILE,
  /** The copy takes the place of the device's file, whichever device it was made of. */
  RESTORE_FILE,
  /** Another client of the protocol takes the device's file over, and hands it back as it is. */
  OTHER_CLIENT;

  /** Whether it only concerns the server, and may happen during a call of the device. */
  public boolean onServer() {
    return this != SAVE_FILE && this != RESTORE_FILE && this != OTHER_CLIENT;
  }
}
