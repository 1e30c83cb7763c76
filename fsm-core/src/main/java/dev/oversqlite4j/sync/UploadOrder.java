package dev.oversqlite4j.sync;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The order of rows in a bundle (spec 3, table order): upserts parent before child, then deletes
 * child before parent, ties by first touch. The server applies rows in this order.
 */
final class UploadOrder {

  private UploadOrder() {}

  /** A row to upload: what was captured, and the operation it amounts to now. */
  record Upload(DirtyRow captured, RowOperation op) {}

  /**
   * @param tables managed tables, parents before children
   */
  static List<Upload> sorted(List<Upload> rows, List<String> tables) {
    List<Upload> sorted = new ArrayList<>(rows);
    sorted.sort(
        Comparator.comparing((Upload row) -> row.op() == RowOperation.DELETE)
            .thenComparing(
                row -> {
                  int position = tables.indexOf(row.captured().key().table());
                  return row.op() == RowOperation.DELETE ? -position : position;
                })
            .thenComparing(row -> row.captured().ordinal()));
    return List.copyOf(sorted);
  }
}
