package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.PushSession.PushRow;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ForeignKey;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.server.ServerSchema.Table;
import dev.oversqlite4j.simulator.server.StoredValues.DataException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The database transaction of one commit: conflict check, row effects with cascades, capture,
 * deferred constraints (spec 3.4, 3.5). Works on an overlay; the user's state changes only in
 * {@link #store}.
 */
final class CommitTransaction {
  private final ServerSchema schema;
  private final Revision revision;
  private final UserState base;
  private final long seq;
  private final Map<RowId, Optional<Map<String, Optional<String>>>> overlay = new LinkedHashMap<>();
  private final Map<RowId, Effect> effects = new LinkedHashMap<>();

  private record RowId(String table, String key) {}

  /** Captured events of one key, folded as they come. */
  private record Effect(Op first, Op last, Optional<Map<String, Optional<String>>> image) {

    boolean isNothing() {
      return first == Op.INSERT && last == Op.DELETE;
    }

    Op folded() {
      if (last == Op.DELETE) {
        return Op.DELETE;
      }
      return first == Op.INSERT ? Op.INSERT : Op.UPDATE;
    }
  }

  CommitTransaction(ServerSchema schema, Revision revision, UserState base) {
    this.schema = schema;
    this.revision = revision;
    this.base = base;
    this.seq = base.latestSeq + 1;
  }

  /**
   * Checks all rows before any is applied, first failure wins (spec 3.4).
   *
   * @throws ServerError {@code push_conflict}
   */
  void checkConflicts(List<PushRow> rows) {
    for (PushRow row : rows) {
      Optional<StoredRow> known = base.row(row.table().name(), row.key());
      long version = known.map(StoredRow::version).orElse(0L);
      boolean live = known.map(StoredRow::isLive).orElse(false);
      boolean fits = row.op() == Op.INSERT ? !live : live;
      if (!fits || row.baseVersion() != version) {
        throw conflict(row, known);
      }
    }
  }

  private ServerError conflict(PushRow row, Optional<StoredRow> known) {
    ObjectNode conflict =
        Json.object().put("schema", schema.name()).put("table", row.table().name());
    conflict.putObject("key").put(row.table().key(), row.key());
    conflict.put("op", row.op().name());
    conflict.put("base_row_version", row.baseVersion());
    conflict.put("server_row_version", known.map(StoredRow::version).orElse(0L));
    conflict.put("server_row_deleted", known.isPresent() && !known.get().isLive());
    Optional<ObjectNode> image =
        known
            .flatMap(StoredRow::image)
            .map(live -> revision.payload(row.table(), live, Revision.Rendering.ROW));
    if (image.isPresent()) {
      conflict.set("server_row", image.get());
    } else {
      conflict.putNull("server_row");
    }
    return new ServerError(409, "push_conflict", "a row changed since it was read")
        .with("conflict", conflict);
  }

  /** Applies the rows in push order, then checks what is deferred to the end. */
  void apply(List<PushRow> rows) throws DataException {
    for (PushRow row : rows) {
      switch (row.op()) {
        case INSERT -> insert(row);
        case UPDATE -> update(row);
        case DELETE -> delete(new RowId(row.table().name(), row.key()));
      }
    }
    checkForeignKeys();
  }

  /** The bundle's rows in order of first capture; empty if everything cancelled out. */
  List<BundleRow> bundleRows() {
    List<BundleRow> rows = new ArrayList<>();
    effects.forEach(
        (id, effect) -> {
          if (!effect.isNothing()) {
            Op op = effect.folded();
            Optional<String> payload =
                op == Op.DELETE
                    ? Optional.empty()
                    : effect
                        .image()
                        .map(
                            image ->
                                revision.payload(
                                    schema.registered(id.table()),
                                    image,
                                    Revision.Rendering.BUNDLE))
                        .map(revision::canonical);
            rows.add(new BundleRow(id.table(), id.key(), op, payload, seq));
          }
        });
    return rows;
  }

  /** Writes the effects into the user's rows. */
  void store() {
    effects.forEach(
        (id, effect) -> {
          if (!effect.isNothing()) {
            base.table(id.table()).put(id.key(), new StoredRow(seq, overlay.get(id)));
          }
        });
  }

  private void insert(PushRow row) throws DataException {
    RowId id = new RowId(row.table().name(), row.key());
    if (image(id).isPresent()) {
      throw new DataException("duplicate key");
    }
    Map<String, Optional<String>> image = new TreeMap<>();
    row.table().allColumns().keySet().forEach(column -> image.put(column, Optional.empty()));
    write(id, row, image, Op.INSERT);
  }

  private void update(PushRow row) throws DataException {
    RowId id = new RowId(row.table().name(), row.key());
    Optional<Map<String, Optional<String>>> before = image(id);
    if (before.isPresent()) {
      write(id, row, new TreeMap<>(before.get()), Op.UPDATE);
    }
  }

  private void write(RowId id, PushRow row, Map<String, Optional<String>> image, Op op)
      throws DataException {
    Map<String, Column> columns = row.table().allColumns();
    ObjectNode payload = row.payload().orElseThrow();
    for (Map.Entry<String, JsonNode> member : payload.properties()) {
      String name = member.getKey().toLowerCase(Locale.ROOT);
      Column column = columns.get(name);
      if (column == null) {
        throw new DataException("unknown column");
      }
      // Listed by its lower-case name, filled only from the exact name (spec 4.1, trap 5).
      JsonNode value = payload.get(name);
      image.put(name, value == null ? Optional.empty() : StoredValues.store(column.kind(), value));
    }
    image.put(row.table().key(), Optional.of(row.key()));
    set(id, row.table(), image, op);
  }

  private void set(RowId id, Table table, Map<String, Optional<String>> image, Op op)
      throws DataException {
    for (Column column : table.columns()) {
      if (column.nullability() == Nullability.NOT_NULL && image.get(column.name()).isEmpty()) {
        throw new DataException("NULL in a NOT NULL column");
      }
    }
    for (ServerSchema.Check check : table.checks()) {
      if (image
          .getOrDefault(check.column(), Optional.empty())
          .equals(Optional.of(check.refused()))) {
        throw new DataException("a value breaks a CHECK");
      }
    }
    for (String column : table.unique()) {
      Optional<String> value = image.get(column);
      if (value.isPresent()
          && referencing(table.name(), column, value.get()).stream()
              .anyMatch(other -> !other.equals(id))) {
        throw new DataException("duplicate value in a UNIQUE column");
      }
    }
    capture(id, op, Optional.of(image));
  }

  /** The parent's DELETE is captured before its children's (measured, spec 3.5). */
  private void delete(RowId target) throws DataException {
    Deque<RowId> pending = new ArrayDeque<>(List.of(target));
    while (!pending.isEmpty()) {
      RowId id = pending.remove();
      if (image(id).isEmpty()) {
        continue;
      }
      capture(id, Op.DELETE, Optional.empty());
      for (Table child : schema.tables()) {
        for (ForeignKey foreignKey : child.foreignKeys()) {
          if (foreignKey.references().equals(id.table())
              && foreignKey.onDelete() != OnDelete.NO_ACTION) {
            for (RowId row : referencing(child.name(), foreignKey.column(), id.key())) {
              if (foreignKey.onDelete() == OnDelete.CASCADE) {
                pending.add(row);
              } else {
                Map<String, Optional<String>> image = new TreeMap<>(image(row).orElseThrow());
                image.put(foreignKey.column(), Optional.empty());
                set(row, child, image, Op.UPDATE);
              }
            }
          }
        }
      }
    }
  }

  private void capture(RowId id, Op op, Optional<Map<String, Optional<String>>> image) {
    overlay.put(id, image);
    Effect before = effects.get(id);
    effects.put(id, new Effect(before == null ? op : before.first(), op, image));
  }

  private Optional<Map<String, Optional<String>>> image(RowId id) {
    Optional<Map<String, Optional<String>>> changed = overlay.get(id);
    return changed != null ? changed : base.row(id.table(), id.key()).flatMap(StoredRow::image);
  }

  private Collection<RowId> referencing(String table, String column, String value) {
    Map<String, RowId> found = new TreeMap<>(UserState.KEY_ORDER);
    Optional<String> wanted = Optional.of(value);
    base.rows(table)
        .forEach(
            (key, row) -> {
              RowId id = new RowId(table, key);
              if (!overlay.containsKey(id)
                  && row.image().filter(image -> image.get(column).equals(wanted)).isPresent()) {
                found.put(key, id);
              }
            });
    overlay.forEach(
        (id, image) -> {
          if (id.table().equals(table)
              && image.filter(values -> values.get(column).equals(wanted)).isPresent()) {
            found.put(id.key(), id);
          }
        });
    return found.values();
  }

  private void checkForeignKeys() throws DataException {
    for (Map.Entry<RowId, Optional<Map<String, Optional<String>>>> changed : overlay.entrySet()) {
      RowId id = changed.getKey();
      if (changed.getValue().isPresent()) {
        for (ForeignKey foreignKey : schema.registered(id.table()).foreignKeys()) {
          Optional<String> parent = changed.getValue().get().get(foreignKey.column());
          if (parent.isPresent()
              && image(new RowId(foreignKey.references(), parent.get())).isEmpty()) {
            throw new DataException("foreign key points at no row");
          }
        }
      } else {
        for (Table child : schema.tables()) {
          for (ForeignKey foreignKey : child.foreignKeys()) {
            if (foreignKey.references().equals(id.table())
                && foreignKey.onDelete() == OnDelete.NO_ACTION
                && !referencing(child.name(), foreignKey.column(), id.key()).isEmpty()) {
              throw new DataException("row is still referenced");
            }
          }
        }
      }
    }
  }
}
