package dev.oversqlite4j.spi;

/** Control tables, managed-table registry, triggers (spec 4.1 steps 2 and 3). */
public interface Installation {

  /** Whether there is anything of ours, or of another client of this protocol. */
  boolean installed();

  /**
   * Drops the triggers of every table ever managed, our control tables and the journal of {@code
   * machine} (spec 4.9). App rows, journals of other machines and tables that merely share a prefix
   * stay.
   */
  void uninstall(String machine);

  /**
   * Creates what is missing, registers the managed tables, installs or renews the capture triggers,
   * forces apply mode off. Idempotent; changes nothing where everything is in place.
   */
  void install();

  /**
   * Captures every existing row of every configured table as a dirty INSERT with base 0 and
   * ordinals 1..n, in dependency order, rows by key (spec 4.1 step 3c).
   *
   * @throws dev.oversqlite4j.CorruptLocalStateException sync state is present already
   */
  long captureAll();

  /** Creates the journal alone, for a file in which nothing else may be touched. */
  void installJournal();

  /** Whether {@link #install()} found every table registered and every trigger as it should be. */
  boolean foundInPlace();

  /**
   * Brings the tables that {@link #install()} registered for the first time, or whose triggers it
   * found missing or different, into line with their rows: untracked row → dirty INSERT, live
   * row_state without a row → DELETE marker (spec 2.4 rule 8, W-25).
   */
  long captureUntracked();
}
