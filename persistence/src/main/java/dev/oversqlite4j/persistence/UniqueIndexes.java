package dev.oversqlite4j.persistence;

import java.util.List;

/**
 * What keeps rows of a table apart besides the key: a REPLACE can delete a row through it without
 * any delete trigger (spec 2.4 rule 8).
 *
 * @param plain those over columns of all rows
 * @param opaque how many are partial or over expressions, which a trigger cannot look through
 */
record UniqueIndexes(List<List<Part>> plain, int opaque) {

  static final UniqueIndexes NONE = new UniqueIndexes(List.of(), 0);

  UniqueIndexes {
    plain = plain.stream().map(List::copyOf).toList();
  }

  /** A column of an index; equality is that of the index, which need not be the column's. */
  record Part(Column column, String collation) {}
}
