package dev.oversqlite4j;

/** The public states of a client. Finer durable states show in the journal and the diagram. */
public enum LifecycleState {
  /** Before {@code open()} and after {@code close()}. */
  UNOPENED,
  /** Opened, and this process has not attached a user, whatever is stored. */
  OPENED,
  /** A user is attached in this process. */
  ATTACHED,
  /** A user is attached, and the state must be rebuilt from the server. */
  REBUILD_REQUIRED,
  /** A detach was completed; until the next attach or restart. */
  DETACHED
}
