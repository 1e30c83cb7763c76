package dev.oversqlite4j;

/** Whether automatic downloads listen to the server. */
public enum WatchMode {
  /** Listen if the server offers it, else poll. */
  AUTO,
  /** Only poll. */
  OFF
}
