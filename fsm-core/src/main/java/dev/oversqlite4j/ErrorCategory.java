package dev.oversqlite4j;

/** Stable label of an error, for telemetry and for deciding whom to tell. */
public enum ErrorCategory {
  /** The client or its database is in a state that does not allow it. */
  STATE,
  /** Client and server do not understand each other. */
  PROTOCOL,
  /** The network or the server failed. */
  NETWORK,
  /** The server does not accept the credentials. */
  AUTH,
  /** Edits of several devices collide. */
  CONFLICT,
  /** SQLite or the disk failed. */
  STORAGE,
  /** The app stopped the operation. */
  CANCELLED
}
