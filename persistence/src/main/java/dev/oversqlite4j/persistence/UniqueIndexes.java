package dev.oversqlite4j.persistence;

import java.util.List;
import java.util.Optional;

/**
 * What keeps rows of a table apart besides the key: a REPLACE can delete a row through it without
 * any delete trigger (spec 2.4 rule 8).
 *
 * @param plain those over columns of all rows
 * @param opaque how many are partial, over expressions, or over a NOT NULL column whose default is
 *     computed, which a trigger cannot look through
 */
record UniqueIndexes(List<List<Part>> plain, int opaque) {

  static final UniqueIndexes NONE = new UniqueIndexes(List.of(), 0);

  UniqueIndexes {
    plain = plain.stream().map(List::copyOf).toList();
  }

  /**
   * A column of an index; equality is that of the index, which need not be the column's.
   *
   * @param byDefault the literal that a REPLACE stores where the statement says NULL; empty where
   *     NULL stays NULL or is refused
   */
  record Part(Column column, String collation, Optional<String> byDefault) {}
}
