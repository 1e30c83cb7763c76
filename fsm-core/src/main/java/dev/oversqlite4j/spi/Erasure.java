package dev.oversqlite4j.spi;

/** The user's data leaves this database for good (spec 4.7, privacy). */
public interface Erasure {

  /** Runs deletions so that what they delete is overwritten in the pages it was in. */
  void erasing(Runnable deletions);

  /**
   * Deletes what the control tables and our own hold of the user besides app rows, row states,
   * audit and quarantine: intent, the outbox, every stage, what capture noted. The singletons start
   * over from their defaults, the lineage of sources stays.
   */
  void wipeControl();

  /**
   * Folds everything a machine ever did into the last row of its journal; the chain stays whole.
   */
  void foldJournal(String machine);
}
