package dev.oversqlite4j.spi;

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

  /** Deletes the app row; nothing if absent. */
  void delete(RowKey key);

  /**
   * Whether every foreign key to and from this row holds now. If not, the transaction could not
   * commit: foreign keys are deferred while authoritative rows are written.
   */
  boolean referencesHold(RowKey key);

  /**
   * Deletes all rows and row states of every managed table ever registered that still exists,
   * whatever the case of its name (W-36, W-37). Returns the number of app rows deleted.
   */
  long wipeAll();

  /** True if a row state with {@code deleted=0} exists (authority of spec 1.2). */
  boolean anyLiveAuthority();
}
