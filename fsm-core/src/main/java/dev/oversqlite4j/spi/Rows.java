package dev.oversqlite4j.spi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * App rows and their authoritative versions. Methods that write app rows are legal only inside
 * {@link #authoritative}.
 */
public interface Rows {

  /**
   * Runs {@code writes} with capture silenced and foreign keys deferred (spec 4.0.3, V15). Rows
   * that pass UNIQUE values on to each other may be written in any order (V24): a row that does not
   * fit yet is written at the end.
   */
  void authoritative(Runnable writes);

  /** The live app row in the trigger's encoding. */
  Optional<String> live(RowKey key);

  Optional<RowAuthority> authority(RowKey key);

  void setAuthority(RowKey key, RowAuthority authority);

  /** Removes what is known of the server's row. */
  void forgetAuthority(RowKey key);

  /** Inserts or replaces the app row from a decoded server row. */
  void upsert(RowKey key, DecodedPayload payload);

  /** Inserts or replaces the app row from a payload in local encodings. */
  void upsertLocal(RowKey key, String localPayload);

  /**
   * Gives every row the content that local intent wants for it, empty for none.
   *
   * @return the rows left as they were, because a unique value, a foreign key or another constraint
   *     stands against it
   */
  Set<RowKey> reexecute(Map<RowKey, Optional<String>> localPayloads);

  /** Deletes the app row. Returns whether there was one. */
  boolean delete(RowKey key);

  /**
   * Writes the row, or deletes it, if the transaction could commit then: if no other row holds a
   * value of it that has to be unique, and every foreign key to and from it holds. Otherwise leaves
   * everything as it was.
   *
   * @param payload empty to delete the row
   * @return whether it was written
   */
  boolean writeIfItFits(RowKey key, Optional<DecodedPayload> payload);

  /**
   * The rows that went, or changed, with the authoritative writes of this transaction without being
   * one of them, by the actions of foreign keys or triggers of the app (W-38). To be asked after
   * {@link #authoritative}; each is named once.
   */
  List<RowKey> takenAlong();

  /**
   * Deletes all rows and row states of every managed table ever registered that still exists,
   * whatever the case of its name (W-36, W-37). Returns the number of app rows deleted.
   */
  long wipeAll();

  /** True if a row state with {@code deleted=0} exists (authority of spec 1.2). */
  boolean anyLiveAuthority();
}
