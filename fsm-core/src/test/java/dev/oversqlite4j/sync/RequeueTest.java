package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.Partial;
import dev.oversqlite4j.spi.RowKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Spec 4.4.3 step 5, W-2. */
class RequeueTest {

  private final Map<RowKey, DirtyRow> dirty = new LinkedHashMap<>();

  /** The dirty rows of a list. */
  final class Dirty {
    public Optional<DirtyRow> find(RowKey key) {
      return Optional.ofNullable(dirty.get(key));
    }

    public void put(RowKey key, RowOperation op, long base, Optional<String> payload) {
      long ordinal = find(key).map(DirtyRow::ordinal).orElse(dirty.size() + 1L);
      dirty.put(key, new DirtyRow(key, op, base, payload, ordinal));
    }
  }

  /** Hands out two rows at a time. */
  static final class Frozen {
    private final List<FrozenRow> rows;

    Frozen(List<FrozenRow> rows) {
      this.rows = rows;
    }

    public List<FrozenRow> rows(long from, int max) {
      return rows.stream().skip(from).limit(2).toList();
    }
  }

  private static RowKey key(String id) {
    return new RowKey("t", id);
  }

  private static FrozenRow frozen(
      long ordinal, String id, RowOperation op, long base, String payload) {
    return new FrozenRow(
        ordinal,
        key(id),
        id,
        op,
        base,
        Optional.ofNullable(payload),
        Optional.ofNullable(payload).map(p -> "wire of " + p));
  }

  private static DirtyRow dirty(
      String id, RowOperation op, long base, String payload, long ordinal) {
    return new DirtyRow(key(id), op, base, Optional.ofNullable(payload), ordinal);
  }

  @Test
  void allAreDirtyAgainAndNothingNewerIsTouched() {
    for (DirtyRow newer :
        List.of(
            dirty("edited since", RowOperation.UPDATE, 7, "newer", 1),
            dirty("deleted since", RowOperation.DELETE, 7, null, 2),
            dirty("not frozen", RowOperation.INSERT, 0, "other", 3))) {
      dirty.put(newer.key(), newer);
    }
    LocalTransaction tx =
        Partial.transaction(
            Partial.of(DirtyRows.class, new Dirty()),
            Partial.of(
                Outbox.class,
                new Frozen(
                    List.of(
                        frozen(0, "inserted", RowOperation.INSERT, 0, "a"),
                        frozen(1, "edited since", RowOperation.INSERT, 3, "b"),
                        frozen(2, "deleted since", RowOperation.UPDATE, 4, "c"),
                        frozen(3, "updated", RowOperation.UPDATE, 5, "d"),
                        frozen(4, "deleted", RowOperation.DELETE, 6, null)))));
    Requeue.all(tx);
    assertEquals(
        List.of(
            dirty("edited since", RowOperation.UPDATE, 3, "newer", 1),
            dirty("deleted since", RowOperation.DELETE, 4, null, 2),
            dirty("not frozen", RowOperation.INSERT, 0, "other", 3),
            dirty("inserted", RowOperation.INSERT, 0, "a", 4),
            dirty("updated", RowOperation.UPDATE, 5, "d", 5),
            dirty("deleted", RowOperation.DELETE, 6, null, 6)),
        List.copyOf(dirty.values()));
  }
}
