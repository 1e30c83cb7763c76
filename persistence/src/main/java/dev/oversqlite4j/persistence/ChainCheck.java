package dev.oversqlite4j.persistence;

/**
 * Whether the journal still is what was written. Rows cut off at the end of a machine's journal
 * leave an intact, shorter chain; only a comparison with what the rows led to can tell.
 */
public sealed interface ChainCheck {

  /** Every row matches its chain. */
  record Intact(long rows) implements ChainCheck {}

  /**
   * The first row, by machine and sequence, that was changed or follows a gap; nothing of this
   * machine from there on can be trusted.
   */
  record Broken(String machine, long seq, String reason) implements ChainCheck {}
}
