package dev.oversqlite4j;

/** Why the server no longer accepts this source. */
public enum SourceRecoveryReason {
  /** The history our upload builds on is gone. */
  HISTORY_PRUNED,
  /** The server expects another number of our sequence. */
  SOURCE_SEQUENCE_OUT_OF_ORDER,
  /** The server holds another bundle under our number. */
  SOURCE_SEQUENCE_CHANGED,
  /** The source was replaced. */
  SOURCE_RETIRED
}
