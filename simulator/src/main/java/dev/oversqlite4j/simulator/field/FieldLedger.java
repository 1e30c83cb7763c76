package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one device's app was promised. A row may show the write that was acknowledged last, or one
 * that was begun after that and of which nobody knows whether its commit happened.
 */
final class FieldLedger {

  private final Map<RowId, Optional<String>> acknowledged = new TreeMap<>();
  private final Map<RowId, Set<Optional<String>>> unknown = new TreeMap<>();
  private List<FieldWrite> open = List.of();
  private long transactions;

  /** One line of the worker. */
  void heard(String line) {
    if (line.startsWith("writing ")) {
      open = FieldWrite.parse(line.substring("writing ".length()));
    } else if (line.equals("wrote")) {
      for (FieldWrite write : open) {
        acknowledged.put(write.id(), write.tag());
        unknown.remove(write.id());
      }
      open = List.of();
      transactions++;
    }
  }

  /** The worker is dead; a transaction it had begun happened or it did not. */
  void died() {
    // Only the last write of a row shows.
    Map<RowId, Optional<String>> last = new TreeMap<>();
    open.forEach(write -> last.put(write.id(), write.tag()));
    last.forEach((row, tag) -> unknown.computeIfAbsent(row, absent -> new HashSet<>()).add(tag));
    open = List.of();
  }

  /** How many transactions were acknowledged. */
  long transactions() {
    return transactions;
  }

  /**
   * @param rows tag by row of what is there now
   * @throws FieldFailureException naming the first row that shows neither
   */
  void requireKept(Map<RowId, String> rows, String where) {
    acknowledged.forEach(
        (row, tag) -> {
          Optional<String> shown = Optional.ofNullable(rows.get(row));
          if (!shown.equals(tag) && !unknown.getOrDefault(row, Set.of()).contains(shown)) {
            throw new FieldFailureException(
                "an acknowledged write is lost: "
                    + row
                    + " should show "
                    + tag.orElse("nothing")
                    + " and shows "
                    + shown.orElse("nothing")
                    + " "
                    + where);
          }
        });
  }
}
