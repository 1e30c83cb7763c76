package dev.oversqlite4j.simulator.oracle;

import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToIntBiFunction;

/**
 * What the app of one device was told: the last acknowledged write of each key that is not
 * accounted for yet. A write is accounted for once the server has it, or the audit of discarded
 * intents names it.
 */
final class Ledger {

  /**
   * The last write of a key.
   *
   * @param tag empty for a deletion
   * @param property the one that promises to keep it: which one depends on what went on meanwhile
   */
  record Acknowledged(Optional<String> tag, int property) {
    Acknowledged(Optional<String> tag) {
      this(tag, ANY_TIME);
    }

    @Override
    public String toString() {
      return tag.map(t -> "the write of " + t).orElse("a deletion");
    }
  }

  private static final int ANY_TIME = 1;

  private final Map<RowId, Acknowledged> open = new TreeMap<>();
  // Of each thread that writes: one may still be about to hear of its commit when the next begins.
  private final Map<Thread, Map<RowId, Acknowledged>> inFlight = new HashMap<>();

  /** What a file that was put in place holds that is not at the server yet. */
  static Ledger of(DeviceTables tables) {
    Ledger ledger = new Ledger();
    tables.outbox().forEach((row, intent) -> ledger.open.put(row, new Acknowledged(intent.tag())));
    tables.dirty().forEach((row, intent) -> ledger.open.put(row, new Acknowledged(intent.tag())));
    return ledger;
  }

  /**
   * @param property which promise each write is under
   */
  void begin(
      Map<RowId, Optional<String>> changes, ToIntBiFunction<RowId, Optional<String>> property) {
    // Whoever writes a row has the lock: what others wrote there is committed and written over.
    inFlight.values().forEach(earlier -> earlier.keySet().removeAll(changes.keySet()));
    Map<RowId, Acknowledged> mine = new TreeMap<>();
    changes.forEach(
        (row, tag) -> mine.put(row, new Acknowledged(tag, property.applyAsInt(row, tag))));
    inFlight.put(Thread.currentThread(), mine);
  }

  void acknowledge() {
    Map<RowId, Acknowledged> mine = inFlight.remove(Thread.currentThread());
    if (mine != null) {
      open.putAll(mine);
    }
  }

  /** The transaction in flight failed, and nothing of it is there. */
  void giveUp() {
    inFlight.remove(Thread.currentThread());
  }

  /** The process died with a transaction in flight: whether it is there is for the file to say. */
  void resolveUnknown(Map<RowId, String> rows) {
    open.putAll(found(rows));
    inFlight.clear();
  }

  private Map<RowId, Acknowledged> found(Map<RowId, String> rows) {
    Map<RowId, Acknowledged> found = new TreeMap<>();
    inFlight.values().forEach(found::putAll);
    found.entrySet().removeIf(e -> !e.getValue().tag().equals(tag(rows, e.getKey())));
    return found;
  }

  private static Optional<String> tag(Map<RowId, String> rows, RowId row) {
    return Optional.ofNullable(rows.get(row));
  }

  /** What would be open if a commit that left these rows were the last one. */
  Map<RowId, Acknowledged> openAfter(Map<RowId, String> rows) {
    Map<RowId, Acknowledged> after = open();
    after.putAll(found(rows));
    return after;
  }

  /**
   * A power loss took every later commit. Nobody had been told of those, not even by a process that
   * found them in the file after another one had died.
   */
  void goBackTo(Map<RowId, Acknowledged> earlier) {
    open.clear();
    open.putAll(earlier);
  }

  Map<RowId, Acknowledged> open() {
    return new LinkedHashMap<>(open);
  }

  /** Sync begins here: what was deleted before never concerned it. */
  void forgetDeletions() {
    open.values().removeIf(write -> write.tag().isEmpty());
  }

  /** What became of the last write of a row, if that is still open. */
  void replace(RowId row, String tag) {
    open.computeIfPresent(
        row, (same, write) -> new Acknowledged(Optional.of(tag), write.property()));
  }

  boolean unknown(RowId row) {
    return inFlight.values().stream().anyMatch(write -> write.containsKey(row));
  }

  void settled(RowId row) {
    open.remove(row);
  }
}
