package dev.oversqlite4j;

/** SQLite's {@code synchronous} setting for our connections. */
public enum SynchronousMode {
  /** What a call acknowledged survives power loss. */
  FULL,
  /** After power loss the database is a consistent earlier state; the server may be ahead of it. */
  NORMAL
}
