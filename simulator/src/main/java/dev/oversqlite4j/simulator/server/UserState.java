package dev.oversqlite4j.simulator.server;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Everything the server keeps for one user (spec 3.1). Mutable, guarded by the server's lock. */
final class UserState {
  /** UTF-8 byte order, which for UUID text is also the order of the 16 bytes (spec 2.11). */
  static final Comparator<String> KEY_ORDER =
      (a, b) -> {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
          if (a.charAt(i) != b.charAt(i)) {
            // Code points, because a surrogate pair sorts after U+FFFF in UTF-8 only.
            return Integer.compare(weight(a.charAt(i)), weight(b.charAt(i)));
          }
        }
        return Integer.compare(a.length(), b.length());
      };

  private static final long PRUNED_PER_COMMIT_MAX = 1000;

  Scope scope = new Scope.Uninitialized();
  long latestSeq;
  long floor;
  final Map<String, SourceState> sources = new LinkedHashMap<>();
  final NavigableMap<Long, CommittedBundle> bundles = new TreeMap<>();
  final NavigableMap<String, NavigableMap<String, StoredRow>> tables = new TreeMap<>();

  /** Observation for oracles, not state: accepted chunks by source and source bundle id. */
  final NavigableMap<String, NavigableMap<Long, Long>> acceptedChunks = new TreeMap<>();

  private static int weight(char c) {
    return Character.isSurrogate(c) ? 0x10000 + c : c;
  }

  UserState copy() {
    UserState copy = new UserState();
    copy.scope = scope;
    copy.latestSeq = latestSeq;
    copy.floor = floor;
    copy.sources.putAll(sources);
    copy.bundles.putAll(bundles);
    tables.forEach((name, rows) -> copy.table(name).putAll(rows));
    acceptedChunks.forEach(
        (source, counts) -> copy.acceptedChunks.put(source, new TreeMap<>(counts)));
    return copy;
  }

  NavigableMap<String, StoredRow> table(String name) {
    return tables.computeIfAbsent(name, absent -> new TreeMap<>(KEY_ORDER));
  }

  /** The rows for reading; a table never written to stays absent, so that equality holds. */
  NavigableMap<String, StoredRow> rows(String table) {
    return tables.getOrDefault(table, Collections.emptyNavigableMap());
  }

  Optional<StoredRow> row(String table, String key) {
    return Optional.ofNullable(rows(table).get(key));
  }

  /** The scope with an expired lease counted as lost; nothing is stored (spec 3.2). */
  Scope scopeAt(long now) {
    return scope instanceof Scope.Initializing lease && lease.leaseExpiresAt() <= now
        ? new Scope.Uninitialized()
        : scope;
  }

  SourceState source(String id) {
    return sources.getOrDefault(id, SourceState.unknown());
  }

  boolean isPruned(long seq) {
    return 0 < seq && seq <= floor;
  }

  Optional<CommittedBundle> retained(String sourceId, long sourceBundleId) {
    if (sourceBundleId > source(sourceId).maxCommitted()) {
      return Optional.empty();
    }
    return bundles.descendingMap().values().stream()
        .filter(
            bundle ->
                bundle.sourceBundleId() == sourceBundleId && bundle.sourceId().equals(sourceId))
        .findFirst();
  }

  /** Drops old bundles after a commit, a bounded number at a time; tombstones stay (spec 3.6). */
  void retain(long newest) {
    floor = Math.max(floor, Math.min(latestSeq - newest, floor + PRUNED_PER_COMMIT_MAX));
    bundles.headMap(floor, true).clear();
  }

  void countChunk(String sourceId, long sourceBundleId) {
    acceptedChunks
        .computeIfAbsent(sourceId, absent -> new TreeMap<>())
        .merge(sourceBundleId, 1L, Long::sum);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UserState that
        && scope.equals(that.scope)
        && latestSeq == that.latestSeq
        && floor == that.floor
        && sources.equals(that.sources)
        && bundles.equals(that.bundles)
        && tables.equals(that.tables);
  }

  @Override
  public int hashCode() {
    return Objects.hash(scope, latestSeq, floor, sources, bundles.keySet(), tables);
  }
}
