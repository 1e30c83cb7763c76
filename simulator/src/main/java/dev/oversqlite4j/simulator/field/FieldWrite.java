package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a worker's transaction does to one row.
 *
 * @param tag what the row shows afterwards; empty if it is deleted
 */
record FieldWrite(String table, int row, Optional<String> tag) {

  private static final String DELETED = "-";

  static FieldWrite upsert(String table, int row, int value) {
    return new FieldWrite(table, row, Optional.of(Business.tag(value)));
  }

  static FieldWrite delete(String table, int row) {
    return new FieldWrite(table, row, Optional.empty());
  }

  RowId id() {
    return new RowId(table, Business.APP.table(table).orElseThrow().wireKey(row));
  }

  /** A transaction as the worker reports it. */
  static String line(List<FieldWrite> writes) {
    return writes.stream()
        .map(w -> w.table + " " + w.row + " " + w.tag.orElse(DELETED))
        .collect(Collectors.joining(";"));
  }

  static List<FieldWrite> parse(String line) {
    return Arrays.stream(line.split(";"))
        .map(write -> write.split(" "))
        .map(
            w ->
                new FieldWrite(
                    w[0],
                    Integer.parseInt(w[1]),
                    Optional.of(w[2]).filter(tag -> !tag.equals(DELETED))))
        .toList();
  }
}
