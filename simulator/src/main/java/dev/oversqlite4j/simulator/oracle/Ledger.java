package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.RowWrite.Kind;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the app of one device was told: the last acknowledged write of each key that is not
 * accounted for yet. A write is accounted for once the server has it, or the audit of discarded
 * intents names it.
 */
final class Ledger {

  /** The last write of a key; the tag is empty for a deletion. */
  record Acknowledged(Optional<String> tag) {
    @Override
    public String toString() {
      return tag.map(t -> "the write of " + t).orElse("a deletion");
    }
  }

  private final Map<RowId, Acknowledged> open = new TreeMap<>();
  private List<RowWrite> inFlight = List.of();

  /** What a file that was put in place holds that is not at the server yet. */
  static Ledger of(DeviceTables tables) {
    Ledger ledger = new Ledger();
    tables.outbox().forEach((row, intent) -> ledger.open.put(row, new Acknowledged(intent.tag())));
    tables.dirty().forEach((row, intent) -> ledger.open.put(row, new Acknowledged(intent.tag())));
    return ledger;
  }

  void begin(List<RowWrite> rows) {
    inFlight = List.copyOf(rows);
  }

  void acknowledge(List<RowWrite> rows) {
    inFlight = List.of();
    for (RowWrite row : rows) {
      open.put(id(row), acknowledged(row));
    }
  }

  /**
   * The process died with a transaction in flight: whether it is there is for the file to say. A
   * tag that shows, or a row that is gone, says yes.
   */
  void resolveUnknown(Map<RowId, String> rows) {
    for (RowWrite row : inFlight) {
      Acknowledged write = acknowledged(row);
      boolean there =
          write.tag().isPresent()
              ? write.tag().equals(Optional.ofNullable(rows.get(id(row))))
              : open.containsKey(id(row)) && !rows.containsKey(id(row));
      if (there) {
        open.put(id(row), write);
      }
    }
    inFlight = List.of();
  }

  Map<RowId, Acknowledged> open() {
    return new LinkedHashMap<>(open);
  }

  /** Sync begins here: what was deleted before never concerned it. */
  void forgetDeletions() {
    open.values().removeIf(write -> write.tag().isEmpty());
  }

  boolean unknown(RowId row) {
    return inFlight.stream().anyMatch(write -> id(write).equals(row));
  }

  void settled(RowId row) {
    open.remove(row);
  }

  static RowId id(RowWrite row) {
    return new RowId(row.table(), Business.wireKey(row.table(), row.row()));
  }

  private static Acknowledged acknowledged(RowWrite row) {
    return new Acknowledged(
        row.kind() == Kind.DELETE ? Optional.empty() : Optional.of(Business.tag(row.value())));
  }
}
