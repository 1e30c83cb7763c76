package dev.oversqlite4j.persistence;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A managed table as the database has it, and the SQL over its rows that follows from that alone.
 *
 * @param name lower-cased, as control tables and the wire spell it
 * @param realName as the database spells it
 * @param columns all of them, in table order
 * @param changedByParents columns that the actions of foreign keys may change
 * @param changedByItsKeys whether a foreign key of the table changes its rows when the key of
 *     another row changes; of its own row, where the two refer to each other
 */
record TableShape(
    String name,
    String realName,
    List<Column> columns,
    Column key,
    UniqueIndexes unique,
    List<Column> changedByParents,
    boolean changedByItsKeys,
    Sql sql) {

  /** Statements over app rows, each with the key as its last or only parameter. */
  record Sql(String live, String delete, String upsert) {}

  static TableShape of(
      String name,
      String realName,
      List<Column> columns,
      Column key,
      UniqueIndexes unique,
      List<Column> changedByParents,
      boolean changedByItsKeys) {
    List<Column> fixed = List.copyOf(columns);
    String table = SqlText.identifier(realName);
    String byKey = " WHERE " + key.quoted() + " = ?";
    return new TableShape(
        name,
        realName,
        fixed,
        key,
        unique,
        List.copyOf(changedByParents),
        changedByItsKeys,
        new Sql(
            "SELECT " + RowJson.payload(fixed, "") + " FROM " + table + byKey,
            "DELETE FROM " + table + byKey,
            upsert(table, fixed, key)));
  }

  /** The key is left alone on conflict: setting it would make SQLite look for referring rows. */
  private static String upsert(String table, List<Column> columns, Column key) {
    String set =
        columns.stream()
            .filter(column -> !column.equals(key))
            .map(column -> column.quoted() + " = excluded." + column.quoted())
            .collect(Collectors.joining(", "));
    return "INSERT INTO "
        + table
        + " ("
        + columns.stream().map(Column::quoted).collect(Collectors.joining(", "))
        + ") VALUES ("
        + columns.stream().map(column -> "?").collect(Collectors.joining(", "))
        + ") ON CONFLICT ("
        + key.quoted()
        + ") DO "
        + (set.isEmpty() ? "NOTHING" : "UPDATE SET " + set);
  }

  String quoted() {
    return SqlText.identifier(realName);
  }
}
