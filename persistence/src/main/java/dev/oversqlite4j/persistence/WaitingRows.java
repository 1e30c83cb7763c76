package dev.oversqlite4j.persistence;

import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.spi.DecodedPayload;
import dev.oversqlite4j.spi.RowKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteErrorCode;

/**
 * Authoritative rows that could not be written yet because another row holds a value that has to be
 * unique (V24): SQLite checks uniqueness per statement, so that rows that pass values on to each
 * other only apply in one order, and rows that swap them in none. What waits is tried again when
 * everything else is written, and rows that wait for each other are deleted first.
 */
final class WaitingRows {

  private final Sql sql;
  private final TouchedTable touched;
  private final Map<RowKey, Waiting> waiting = new LinkedHashMap<>();

  WaitingRows(Sql sql, TouchedTable touched) {
    this.sql = sql;
    this.touched = touched;
  }

  private record Waiting(TableShape table, RowKey key, DecodedPayload payload) {}

  /** Writes the row, or keeps it for {@link #settle()}. */
  void upsert(TableShape table, RowKey key, DecodedPayload payload) {
    Waiting row = new Waiting(table, key, payload);
    forget(key);
    if (refusal(row).isPresent()) {
      waiting.put(key, row);
    }
  }

  /** Something else became of the row. */
  void forget(RowKey key) {
    waiting.remove(key);
  }

  /** Whether the row has not been written yet. */
  boolean holds(RowKey key) {
    return waiting.containsKey(key);
  }

  void forgetAll() {
    waiting.clear();
  }

  /**
   * Writes what still waits.
   *
   * @throws LocalWriteFailedException a row outside of those written holds the value, or a row to
   *     be deleted for a moment is one that others would be deleted or changed with
   */
  void settle() {
    Optional<LocalWriteFailedException> refusal = retry();
    if (refusal.isEmpty()) {
      return;
    }
    for (Map.Entry<RowKey, Waiting> row : waiting.entrySet()) {
      TableShape table = row.getValue().table();
      Object key = LocalForm.key(table, row.getKey());
      if (takesOthersAlong(table, key)) {
        throw refusal.get();
      }
      sql.update(table.sql().delete(), key);
    }
    for (Waiting row : waiting.values()) {
      refusal(row)
          .ifPresent(
              failed -> {
                throw failed;
              });
    }
    waiting.clear();
  }

  /** Writes what still waits and fits; returns the others, which do not wait any longer. */
  Set<RowKey> unsettled() {
    if (retry().isEmpty()) {
      return Set.of();
    }
    for (Map.Entry<RowKey, Waiting> row : waiting.entrySet()) {
      TableShape table = row.getValue().table();
      Object key = LocalForm.key(table, row.getKey());
      if (!takesOthersAlong(table, key)) {
        sql.update(table.sql().delete(), key);
      }
    }
    retry();
    Set<RowKey> unsettled = new LinkedHashSet<>(waiting.keySet());
    waiting.clear();
    return unsettled;
  }

  /** Backwards, since who came last waits for none before it; until nothing moves any more. */
  private Optional<LocalWriteFailedException> retry() {
    Optional<LocalWriteFailedException> last = Optional.empty();
    boolean moved = true;
    while (moved && !waiting.isEmpty()) {
      moved = false;
      List<RowKey> keys = new ArrayList<>(waiting.keySet());
      Collections.reverse(keys);
      for (RowKey key : keys) {
        Optional<LocalWriteFailedException> refusal = refusal(waiting.get(key));
        if (refusal.isEmpty()) {
          waiting.remove(key);
          moved = true;
        } else {
          last = refusal;
        }
      }
    }
    return waiting.isEmpty() ? Optional.empty() : last;
  }

  /** Writes the row, or says which unique value refused it. */
  private Optional<LocalWriteFailedException> refusal(Waiting row) {
    try {
      sql.update(row.table().sql().upsert(), row.payload().values().toArray());
      if (!row.table().changedByParents().isEmpty()) {
        // Its own statement noted it, or an action of a foreign key that it has just made good.
        touched.forget(row.key());
      }
      return Optional.empty();
    } catch (LocalWriteFailedException failed) {
      if (failed.sqliteCode() == SQLiteErrorCode.SQLITE_CONSTRAINT_UNIQUE.code
          && transactionSurvived()) {
        return Optional.of(failed);
      }
      throw failed;
    }
  }

  /** A constraint declared ON CONFLICT ROLLBACK took the transaction, and apply mode, with it. */
  private boolean transactionSurvived() {
    return sql.exists("SELECT 1 FROM _sync_apply_state WHERE apply_mode = 1");
  }

  /** Deferring foreign keys does not defer their actions. */
  private boolean takesOthersAlong(TableShape table, Object key) {
    return new TableInspection(sql)
        .actingReferences(table.name()).stream()
            .anyMatch(
                reference ->
                    sql.exists(
                        "SELECT 1 FROM "
                            + SqlText.identifier(reference.child())
                            + " AS child JOIN "
                            + table.quoted()
                            + " AS parent ON child."
                            + SqlText.identifier(reference.column())
                            + " = parent."
                            + reference
                                .parentColumn()
                                .map(SqlText::identifier)
                                .orElse(table.key().quoted())
                            + " WHERE parent."
                            + table.key().quoted()
                            + " = ?",
                        key));
  }
}
