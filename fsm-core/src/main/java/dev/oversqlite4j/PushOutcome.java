package dev.oversqlite4j;

/** What a push did. */
public enum PushOutcome {
  /** There was nothing to upload. */
  NO_CHANGE,
  /** The server committed our edits. */
  COMMITTED
}
