package dev.oversqlite4j;

/** How {@code attach} connected. */
public enum AttachOutcome {
  /** The same user was attached already; no network was used. */
  RESUMED_ATTACHED_STATE,
  /** The account had data; it replaced what was local. */
  USED_REMOTE_STATE,
  /** The account was empty; the first push will seed it with the local rows. */
  SEEDED_FROM_LOCAL,
  /** Account and database were both empty. */
  STARTED_EMPTY
}
