package dev.oversqlite4j;

/** What {@code uninstallSync} does with edits that were never uploaded. */
public enum UninstallMode {
  /** Refuse, and change nothing. */
  REFUSE_IF_PENDING,
  /** Forget them; the rows of the app stay as they are. */
  DISCARD_PENDING
}
