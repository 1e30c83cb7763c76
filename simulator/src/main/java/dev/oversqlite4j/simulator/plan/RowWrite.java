package dev.oversqlite4j.simulator.plan;

import java.util.Objects;

/**
 * One statement of an app transaction.
 *
 * @param kind which statement
 * @param table the name of the table it writes
 * @param row which key, 0 to {@value #MAX_ROW}; the same number is the same key on every device
 * @param value a tag of the written content, not negative; unique in a generated plan, so that
 *     content found later names the write it came from. A {@link Kind#DELETE} writes none of it.
 */
public record RowWrite(Kind kind, String table, int row, int value) {

  /** The largest row number. */
  public static final int MAX_ROW = 9_999;

  /** The number of the measure that the server of the built-in app never accepts. */
  public static final int REFUSED_ROW = 13;

  /** The statement of one write. */
  public enum Kind {
    /** A plain insert. */
    INSERT,
    /** An update by key. */
    UPDATE,
    /** A delete by key. */
    DELETE,
    /** An insert that updates the row it meets. */
    UPSERT,
    /**
     * An update that gives the row the next number's key, too; nothing if there is such a row, or
     * if other tables refer to this one.
     */
    REKEY
  }

  /** The row number whose key a {@link Kind#REKEY} gives. */
  public int nextRow() {
    return row == MAX_ROW ? 0 : row + 1;
  }

  /**
   * Checks the ranges.
   *
   * @throws InvalidPlanException if a number is out of range or the table is blank
   */
  public RowWrite {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(table, "table");
    if (table.isBlank()) {
      throw new InvalidPlanException("A write must name a table.");
    }
    Range.check("row", row, 0, MAX_ROW);
    Range.check("value", value, 0, Integer.MAX_VALUE);
  }
}
