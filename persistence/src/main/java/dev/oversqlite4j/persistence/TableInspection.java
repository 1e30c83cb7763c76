package dev.oversqlite4j.persistence;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What SQLite says of the app's tables. Reads only. */
final class TableInspection {

  private static final String OBJECT =
      "SELECT name, type FROM pragma_table_list"
          + " WHERE schema = 'main' AND name = ? COLLATE NOCASE";

  private static final String COLUMNS =
      "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?, 'main') ORDER BY cid";

  private static final String FOREIGN_KEYS =
      "SELECT seq, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq";

  private final Sql sql;

  TableInspection(Sql sql) {
    this.sql = sql;
  }

  /** Something one can select from; {@code type} is "table", "view", "virtual" or "shadow". */
  record TableObject(String realName, String type) {}

  /** A column as declared; {@code hidden} is 0 for ordinary ones, 2 and 3 for generated ones. */
  record DeclaredColumn(
      String realName, String declaredType, boolean notNull, int keyPosition, int hidden) {

    String name() {
      return lower(realName);
    }
  }

  /**
   * One column of a foreign key; {@code position} above 0 only in composite ones.
   *
   * @param parentColumn empty if the key column is meant without being named
   */
  record ForeignKeyColumn(
      int position, String parent, String column, Optional<String> parentColumn) {}

  Optional<TableObject> find(String name) {
    return sql.first(OBJECT, row -> new TableObject(row.getString(1), row.getString(2)), name);
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
                row.getInt(5)),
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
                Optional.ofNullable(row.getString(4)).map(TableInspection::lower)),
        realName);
  }

  static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
