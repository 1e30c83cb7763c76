package dev.oversqlite4j;

/** What applying a snapshot does with the state it meets (spec 4.6.1). */
public enum RebuildMode {
  /** Nothing frozen is left; everything authoritative is replaced, the source stays. */
  CLEAR_ALL,
  /** The server already committed the frozen bundle; the snapshot contains it, the source stays. */
  PRESERVE_COMMITTED_REMOTE,
  /** The source is replaced; frozen edits are kept for the new one. */
  PRESERVE_SOURCE_RECOVERY,
  /** The first state of an account replaces what was local. */
  REMOTE_REPLACE
}
