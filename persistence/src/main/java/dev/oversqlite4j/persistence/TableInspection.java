package dev.oversqlite4j.persistence;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What SQLite says of the app's tables. Reads only. */
final class TableInspection {

  private static final String OBJECTS =
      "SELECT name, type FROM pragma_table_list WHERE schema = 'main' ORDER BY name";

  private static final String COLUMNS =
      "SELECT name, type, \"notnull\", pk, hidden, dflt_value"
          + " FROM pragma_table_xinfo(?, 'main') ORDER BY cid";

  private static final String FOREIGN_KEYS =
      "SELECT seq, \"table\", \"from\", \"to\", on_update NOT IN ('NO ACTION', 'RESTRICT')"
          + " OR on_delete IN ('SET NULL', 'SET DEFAULT'),"
          + " on_update NOT IN ('NO ACTION', 'RESTRICT')"
          + " FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq";

  /** An index of the key itself evicts another key only if it takes differing ones for equal. */
  private static final String UNIQUE_PARTS =
      "SELECT l.name, CASE WHEN l.partial = 0 THEN x.name END, x.coll"
          + " FROM pragma_index_list(?, 'main') AS l, pragma_index_xinfo(l.name, 'main') AS x"
          + " WHERE l.\"unique\" = 1 AND x.key = 1"
          + " AND NOT (l.origin = 'pk' AND x.coll = 'BINARY') ORDER BY l.name, x.seqno";

  private static final String ACTING_REFERENCES =
      "SELECT m.name, f.\"from\", f.\"to\" FROM sqlite_schema AS m,"
          + " pragma_foreign_key_list(m.name, 'main') AS f WHERE m.type = 'table'"
          + " AND f.\"table\" = ? COLLATE NOCASE AND f.seq = 0"
          + " AND f.on_delete NOT IN ('NO ACTION', 'RESTRICT') ORDER BY m.name, f.id";

  private final Sql sql;

  /** Read once; SQLite always lists at least its own schema table. */
  private List<TableObject> objects = List.of();

  TableInspection(Sql sql) {
    this.sql = sql;
  }

  /** Something one can select from; {@code type} is "table", "view", "virtual" or "shadow". */
  record TableObject(String realName, String type) {}

  /**
   * A column as declared.
   *
   * @param hidden 0 for ordinary ones, 2 and 3 for generated ones
   * @param byDefault the SQL of its default
   */
  record DeclaredColumn(
      String realName,
      String declaredType,
      boolean notNull,
      int keyPosition,
      int hidden,
      Optional<String> byDefault) {

    private static final Predicate<String> LITERAL =
        Pattern.compile(
                "(?i)[+-]?[0-9.]+(e[+-]?[0-9]+)?|[+-]?0x[0-9a-f]+|x?'([^']|'')*'|true|false")
            .asMatchPredicate();

    /** What a REPLACE stores where the statement says NULL. */
    Optional<String> replacement() {
      return byDefault.filter(expression -> notNull && !expression.equalsIgnoreCase("NULL"));
    }

    /** Whether one knows before the statement what it stores in this column. */
    boolean foreseeable() {
      return replacement().map(LITERAL::test).orElse(true);
    }

    String name() {
      return lower(realName);
    }
  }

  /**
   * One column of a foreign key; {@code position} above 0 only in composite ones.
   *
   * @param parentColumn empty if the key column is meant without being named
   * @param changes whether its actions may change the column, rather than delete the row
   * @param follows whether it changes when the parent's column does
   */
  record ForeignKeyColumn(
      int position,
      String parent,
      String column,
      Optional<String> parentColumn,
      boolean changes,
      boolean follows) {}

  /**
   * One part of a UNIQUE index.
   *
   * @param column as the database spells it; empty for an expression and in a partial index
   */
  record UniquePart(String index, Optional<String> column, String collation) {}

  /** A foreign key, or the first column of it, of any table to one that is asked for. */
  record ActingReference(String child, String column, Optional<String> parentColumn) {}

  /** By its lower-cased name; SQLite itself ignores the case of ASCII letters only. */
  Optional<TableObject> find(String name) {
    return objects().stream().filter(object -> lower(object.realName()).equals(name)).findFirst();
  }

  private List<TableObject> objects() {
    if (objects.isEmpty()) {
      objects = sql.list(OBJECTS, row -> new TableObject(row.getString(1), row.getString(2)));
    }
    return objects;
  }

  List<DeclaredColumn> columns(String realName) {
    return sql.list(
        COLUMNS,
        row ->
            new DeclaredColumn(
                row.getString(1),
                row.getString(2),
                row.getInt(3) != 0,
                row.getInt(4),
                row.getInt(5),
                Optional.ofNullable(row.getString(6))),
        realName);
  }

  /** Names lower-cased. */
  List<ForeignKeyColumn> foreignKeys(String realName) {
    return sql.list(
        FOREIGN_KEYS,
        row ->
            new ForeignKeyColumn(
                row.getInt(1),
                lower(row.getString(2)),
                lower(row.getString(3)),
                Optional.ofNullable(row.getString(4)).map(TableInspection::lower),
                row.getBoolean(5),
                row.getBoolean(6)),
        realName);
  }

  List<UniquePart> uniqueParts(String realName) {
    return sql.list(
        UNIQUE_PARTS,
        row ->
            new UniquePart(
                row.getString(1), Optional.ofNullable(row.getString(2)), row.getString(3)),
        realName);
  }

  /** Foreign keys of all tables that change the child when a row of this parent is deleted. */
  List<ActingReference> actingReferences(String parent) {
    return sql.list(
        ACTING_REFERENCES,
        row ->
            new ActingReference(
                row.getString(1), row.getString(2), Optional.ofNullable(row.getString(3))),
        parent);
  }

  static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
