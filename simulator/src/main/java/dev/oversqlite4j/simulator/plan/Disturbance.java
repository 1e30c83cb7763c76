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
  OTHER_CLIENT,
  /** The server is started anew; what it knows it keeps, and every connection to it breaks. */
  RESTART_SERVER,
  /** The same, and the server forgets all sessions that are open. */
  LOSE_SESSIONS,
  /** The lease by which somebody seeds the account of the device's user ends before its time. */
  EXPIRE_LEASE,
  /** The server's clock is set an hour forward. */
  SERVER_CLOCK_FORWARD,
  /** The server's clock is set an hour back. */
  SERVER_CLOCK_BACK,
  /** The device's clock is set a day forward. */
  DEVICE_CLOCK_FORWARD,
  /** The device's clock is set a day back. */
  DEVICE_CLOCK_BACK,
  /**
   * The app starts anew and adds the columns of its last version, which the server has known all
   * along. A device with such a step in its plan has its tables without them until then. An app
   * with migrations of its own does all of those that the device has not seen.
   */
  ADD_COLUMN,
  /** The app starts anew and adds indexes, one of them unique and over an expression. */
  ADD_INDEX,
  /**
   * The app starts anew and copies each of its tables into a new one that takes its place; the
   * capture triggers go with the old ones.
   */
  RECREATE_TABLES,
  /**
   * The app starts anew, has the capture triggers dropped and, unless a transition is pending,
   * inserts and deletes rows before it opens the client.
   */
  DROP_TRIGGERS;

  /** Whether somebody knows less afterwards than was acknowledged, or another source is in use. */
  public boolean losesHistory() {
    return compareTo(OTHER_CLIENT) <= 0;
  }

  /** Whether it leaves the file alone, and so may happen during a call of the device. */
  public boolean onServer() {
    return this != SAVE_FILE && this != RESTORE_FILE && this != OTHER_CLIENT && !changesSchema();
  }

  /** Whether the app changes its own tables, between two processes that use the client. */
  public boolean changesSchema() {
    return compareTo(ADD_COLUMN) >= 0;
  }
}
