package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.SyncTable;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.Invariant;
import dev.oversqlite4j.simulator.RowDraft;
import dev.oversqlite4j.simulator.RowGenerator;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.world.AppTable.KeyForm;
import dev.oversqlite4j.simulator.world.AppTable.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Somebody's own app: tables as its SQL declares them, with a resolver, rows and invariants of its
 * own. All columns of a row together, but for those that a migration adds, tell which write it came
 * from.
 */
public final class UserApp implements SimulatedApp {

  private static final long[] INTEGERS = {0, 1, -1, 7, 1L << 53, Long.MAX_VALUE, Long.MIN_VALUE};
  private static final double[] REALS = {0.25, 1.5, 5e-324, 1e23, Double.MAX_VALUE, -3};

  private final SyncSchema schema;
  private final List<String> ddl;
  private final List<String> migrations;
  private final ServerSchema server;
  private final List<AppTable.Later> laterColumns;
  private final List<AppTable> tables;
  private final Map<String, RowGenerator> rows;
  private final Supplier<Resolver> resolver;
  private final Map<String, Invariant> invariants;

  /**
   * @param ddl creates the tables of the first version
   * @param migrations what each later version does to them
   * @param rows by table
   * @param resolver makes one for every process of a device
   * @param invariants by name
   * @throws InvalidSimulationException if a table cannot be simulated
   */
  public UserApp(
      SyncSchema schema,
      List<String> ddl,
      List<String> migrations,
      Map<String, RowGenerator> rows,
      Supplier<Resolver> resolver,
      Map<String, Invariant> invariants) {
    this.schema = schema;
    this.ddl = List.copyOf(ddl);
    this.migrations = List.copyOf(migrations);
    SchemaInspection.Versions versions = SchemaInspection.versions(schema, ddl, migrations);
    this.server = versions.last();
    this.laterColumns = versions.laterColumns();
    this.tables = parentsFirst(schema, server, laterColumns);
    this.rows = Map.copyOf(rows);
    this.resolver = resolver;
    this.invariants = new LinkedHashMap<>(invariants);
    for (String table : rows.keySet()) {
      if (table(table).isEmpty()) {
        throw new InvalidSimulationException(
            "rows are given for the table "
                + table
                + ", but those that take part in sync are "
                + tables.stream().map(AppTable::name).toList()
                + ".");
      }
    }
  }

  private static List<AppTable> parentsFirst(
      SyncSchema schema, ServerSchema server, List<AppTable.Later> later) {
    List<AppTable> left = new ArrayList<>();
    for (SyncTable table : schema.tables()) {
      server.tables().stream()
          .filter(known -> known.name().equalsIgnoreCase(table.name()))
          .map(known -> appTable(known, later))
          .forEach(left::add);
    }
    List<AppTable> sorted = new ArrayList<>();
    while (!left.isEmpty()) {
      AppTable next =
          left.stream()
              .filter(table -> left.stream().noneMatch(table::refersTo))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InvalidSimulationException(
                          "the tables "
                              + left.stream().map(AppTable::name).toList()
                              + " refer to each other or to themselves, which generated plans"
                              + " cannot fill; leave such a table out."));
      left.remove(next);
      sorted.add(next);
    }
    return List.copyOf(sorted);
  }

  private static AppTable appTable(ServerSchema.Table table, List<AppTable.Later> later) {
    KeyForm form = table.keyKind() == KeyKind.UUID ? KeyForm.BLOB : KeyForm.TEXT;
    List<AppTable.Column> columns = new ArrayList<>();
    for (ServerSchema.Column column : table.columns()) {
      Optional<String> references =
          table.foreignKeys().stream()
              .filter(key -> key.column().equals(column.name()))
              .map(ServerSchema.ForeignKey::references)
              .findFirst();
      columns.add(
          new AppTable.Column(
              column.name(),
              kind(table.name(), column),
              references,
              column.nullability(),
              table.unique().contains(column.name())));
    }
    // On a device of an older version, a write can be told by what is there alone.
    List<String> marks =
        columns.stream()
            .map(AppTable.Column::name)
            .filter(column -> !later.contains(new AppTable.Later(table.name(), column)))
            .toList();
    if (marks.isEmpty()) {
      throw new InvalidSimulationException(
          "table " + table.name() + " has nothing but a key; nothing could be written to it.");
    }
    return new AppTable(table.name(), table.key(), form, columns, marks);
  }

  private static Kind kind(String table, ServerSchema.Column column) {
    return switch (column.kind()) {
      case TEXT -> Kind.TEXT;
      case BIGINT -> Kind.INTEGER;
      case DOUBLE -> Kind.REAL;
      case BYTEA -> Kind.BLOB;
      case UUID -> Kind.UUID_BLOB;
      case BOOLEAN, NUMERIC, FLOAT4, TIMESTAMPTZ ->
          throw new InvalidSimulationException(
              "table "
                  + table
                  + " has the column "
                  + column.name()
                  + " of type "
                  + column.kind()
                  + ", which the simulator cannot tell from its SQLite type; declare it"
                  + " INTEGER, REAL or TEXT.");
    };
  }

  @Override
  public List<String> ddl() {
    return ddl;
  }

  @Override
  public List<String> migrations() {
    return migrations;
  }

  @Override
  public List<AppTable.Later> laterColumns() {
    return laterColumns;
  }

  @Override
  public SyncSchema syncSchema() {
    return schema;
  }

  @Override
  public ServerSchema serverSchema() {
    return server;
  }

  @Override
  public List<AppTable> tables() {
    return tables;
  }

  @Override
  public Optional<Resolver> newResolver() {
    return Optional.of(resolver.get());
  }

  @Override
  public Map<String, Invariant> invariants() {
    return invariants;
  }

  @Override
  public List<Assignment> assignments(AppTable table, int row, int value) {
    RowDraft draft = new RowDraft(31L * table.name().hashCode() + value, value);
    RowGenerator generator = rows.get(table.name());
    if (generator != null) {
      generator.fill(draft);
    }
    for (String column : draft.columns().keySet()) {
      if (table.columns().stream().noneMatch(known -> known.name().equals(column))) {
        throw wrong(table, column, "is not a column besides the key");
      }
    }
    List<Assignment> assignments = new ArrayList<>();
    for (AppTable.Column column : table.columns()) {
      if (draft.columns().containsKey(column.name())) {
        Object content = draft.columns().get(column.name());
        if (!fits(column, content)) {
          throw wrong(table, column.name(), "does not take a " + type(content));
        }
        assignments.add(new Assignment(column.name(), "?", content));
      } else {
        assignments.add(drawn(column, value, draft));
      }
    }
    return assignments;
  }

  private static InvalidSimulationException wrong(AppTable table, String column, String what) {
    return new InvalidSimulationException(
        "the rows for table " + table.name() + " set " + column + ", which " + what + ".");
  }

  private static String type(Object content) {
    return content == null ? "null" : content.getClass().getSimpleName();
  }

  private static boolean fits(AppTable.Column column, Object content) {
    if (content == null) {
      return column.nullability() == Nullability.NULLABLE;
    }
    return switch (column.kind()) {
      case TEXT -> content instanceof String;
      case INTEGER -> content instanceof Integer || content instanceof Long;
      case REAL -> content instanceof Double || content instanceof Float;
      case BLOB, UUID_BLOB -> content instanceof byte[];
    };
  }

  private Assignment drawn(AppTable.Column column, int value, RowDraft draft) {
    if (column.references().isPresent()) {
      AppTable parent = table(column.references().get()).orElseThrow();
      return new Assignment(
          column.name(),
          "(SELECT "
              + parent.key()
              + " FROM "
              + parent.name()
              + " ORDER BY "
              + parent.key()
              + " LIMIT 1 OFFSET "
              + (column.nullability() == Nullability.NULLABLE
                  ? "?)"
                  : "? % max(1, (SELECT count(*) FROM " + parent.name() + ")))"),
          (long) (value % 4));
    }
    return new Assignment(column.name(), "?", content(column, value, draft));
  }

  private static Object content(AppTable.Column column, int value, RowDraft draft) {
    if (column.nullability() == Nullability.NULLABLE && draft.chance(20)) {
      return null;
    }
    return switch (column.kind()) {
      case TEXT -> "w" + value + (draft.chance(20) ? " ü \"𝄞\"" : "");
      case INTEGER ->
          column.unique() || draft.chance(50)
              ? (long) value
              : INTEGERS[(int) draft.number(0, INTEGERS.length - 1)];
      case REAL ->
          column.unique() || draft.chance(50)
              ? (Object) (value + 0.5)
              : REALS[(int) draft.number(0, REALS.length - 1)];
      case BLOB -> ("b" + value).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      case UUID_BLOB -> throw new IllegalStateException("only keys and references are UUIDs");
    };
  }
}
