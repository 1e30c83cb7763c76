package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.SyncTable;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.ForeignKey;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Derives the server's side of a schema from the SQL of an app: SQLite itself reads it. */
public final class SchemaInspection {

  private final Connection database;

  private SchemaInspection(Connection database) {
    this.database = database;
  }

  /**
   * The server's side of the tables that take part in sync.
   *
   * @param ddl SQL texts of any number of statements that create them, in order
   * @throws InvalidSimulationException if they cannot be created or cannot be synced
   */
  public static ServerSchema read(SyncSchema schema, List<String> ddl) {
    try (Connection database = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = database.createStatement()) {
      if (schema.tables().isEmpty()) {
        throw new InvalidSimulationException(
            "no table is marked; write -- @@{ enableSync=true } before a CREATE TABLE.");
      }
      for (String sql : ddl) {
        statement.executeUpdate(sql);
      }
      SchemaInspection inspected = new SchemaInspection(database);
      List<ServerSchema.Table> tables = new ArrayList<>();
      for (SyncTable table : schema.tables()) {
        tables.add(inspected.table(table.name()));
      }
      return new ServerSchema(schema.name().toLowerCase(Locale.ROOT), tables);
    } catch (IllegalArgumentException | SQLException wrong) {
      throw new InvalidSimulationException(wrong.getMessage(), wrong);
    }
  }

  /**
   * An app with its migrations.
   *
   * @param last the server's side once all of them are done
   * @param laterColumns those that they add
   */
  record Versions(ServerSchema last, List<AppTable.Later> laterColumns) {}

  /**
   * Both ends of an app's migrations.
   *
   * @throws InvalidSimulationException if they do something that cannot be simulated
   */
  static Versions versions(SyncSchema schema, List<String> ddl, List<String> migrations) {
    List<String> all = new ArrayList<>(ddl);
    all.addAll(migrations);
    ServerSchema first = read(schema, ddl);
    ServerSchema last = read(schema, all);
    List<AppTable.Later> later = new ArrayList<>();
    for (int i = 0; i < first.tables().size(); i++) {
      ServerSchema.Table before = first.tables().get(i);
      ServerSchema.Table after = last.tables().get(i);
      if (!before.key().equals(after.key()) || !after.columns().containsAll(before.columns())) {
        throw wrong(
            after.name(),
            "loses or changes a column in a migration; the simulated server knows the columns of"
                + " the last version only, so that migrations may add some and nothing else");
      }
      for (Column column : after.columns()) {
        if (!before.columns().contains(column)) {
          if (column.nullability() == Nullability.NOT_NULL) {
            throw wrong(
                after.name(),
                "gets the column "
                    + column.name()
                    + " in a migration, which must be nullable: older devices push rows without it");
          }
          if (hasDefault(all, after.name(), column.name())) {
            throw wrong(
                after.name(),
                "gets the column "
                    + column.name()
                    + " in a migration, which must have no default: devices would disagree about"
                    + " rows that were there before");
          }
          later.add(new AppTable.Later(after.name(), column.name()));
        }
      }
    }
    return new Versions(last, later);
  }

  private static boolean hasDefault(List<String> ddl, String table, String column) {
    try (Connection database = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = database.createStatement()) {
      for (String sql : ddl) {
        statement.executeUpdate(sql);
      }
      try (PreparedStatement declared =
          database.prepareStatement(
              "SELECT dflt_value FROM pragma_table_info(?) WHERE lower(name) = ?")) {
        declared.setString(1, table);
        declared.setString(2, column);
        try (ResultSet row = declared.executeQuery()) {
          return row.next() && row.getString(1) != null;
        }
      }
    } catch (SQLException wrong) {
      throw new InvalidSimulationException(wrong.getMessage(), wrong);
    }
  }

  private record Declared(String name, String type, boolean notNull, boolean key) {}

  private ServerSchema.Table table(String table) throws SQLException {
    List<Declared> declared = columns(table);
    List<Declared> keys = declared.stream().filter(Declared::key).toList();
    if (keys.size() != 1) {
      throw wrong(table, "needs a primary key of exactly one column");
    }
    Declared key = keys.get(0);
    List<ForeignKey> references = foreignKeys(table);
    List<Column> columns = new ArrayList<>();
    for (Declared column : declared) {
      if (!column.key()) {
        boolean refers = references.stream().anyMatch(r -> r.column().equals(column.name()));
        columns.add(
            new Column(
                column.name(),
                kind(table, column, refers),
                column.notNull() ? Nullability.NOT_NULL : Nullability.NULLABLE));
      }
    }
    Set<String> unique = unique(table);
    unique.remove(key.name());
    return new ServerSchema.Table(
        lower(table), key.name(), keyKind(table, key), columns, references, unique);
  }

  private List<Declared> columns(String table) throws SQLException {
    List<Declared> columns = new ArrayList<>();
    try (PreparedStatement statement =
        database.prepareStatement(
            "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (rows.getInt(5) != 0) {
            throw wrong(table, "has the generated column " + rows.getString(1));
          }
          columns.add(
              new Declared(
                  lower(rows.getString(1)),
                  rows.getString(2),
                  rows.getBoolean(3),
                  rows.getInt(4) > 0));
        }
      }
    }
    if (columns.isEmpty()) {
      throw wrong(table, "is not created by this SQL");
    }
    return columns;
  }

  private List<ForeignKey> foreignKeys(String table) throws SQLException {
    List<ForeignKey> keys = new ArrayList<>();
    try (PreparedStatement statement =
        database.prepareStatement(
            "SELECT \"from\", \"table\", on_delete FROM pragma_foreign_key_list(?) ORDER BY id DESC")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          OnDelete onDelete =
              switch (rows.getString(3)) {
                case "CASCADE" -> OnDelete.CASCADE;
                case "SET NULL" -> OnDelete.SET_NULL;
                default -> OnDelete.NO_ACTION;
              };
          keys.add(new ForeignKey(lower(rows.getString(1)), lower(rows.getString(2)), onDelete));
        }
      }
    }
    return keys;
  }

  private Set<String> unique(String table) throws SQLException {
    Set<String> columns = new TreeSet<>();
    try (PreparedStatement statement =
        database.prepareStatement(
            """
            SELECT max(c.name) FROM pragma_index_list(?) i, pragma_index_info(i.name) c
            WHERE i."unique" AND i.partial = 0 GROUP BY i.name
            HAVING count(*) = 1 AND max(c.name) IS NOT NULL""")) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.add(lower(rows.getString(1)));
        }
      }
    }
    return columns;
  }

  private static KeyKind keyKind(String table, Declared key) {
    return switch (kind(table, key, true)) {
      case UUID -> KeyKind.UUID;
      case TEXT -> KeyKind.TEXT;
      default -> throw wrong(table, "needs a key of type TEXT or BLOB, not " + key.type());
    };
  }

  /** SQLite's affinity order, and a BLOB that is a key holds a UUID (spec 6). */
  private static ColumnKind kind(String table, Declared column, boolean keyOrReference) {
    String type = column.type().toUpperCase(Locale.ROOT);
    if (type.contains("INT")) {
      return ColumnKind.BIGINT;
    }
    if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
      return ColumnKind.TEXT;
    }
    if (type.contains("BLOB") || type.isBlank()) {
      return keyOrReference ? ColumnKind.UUID : ColumnKind.BYTEA;
    }
    if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
      return ColumnKind.DOUBLE;
    }
    if (type.startsWith("BOOL")) {
      return ColumnKind.BOOLEAN;
    }
    throw wrong(
        table,
        "has the column "
            + column.name()
            + " of type "
            + column.type()
            + "; use TEXT, INTEGER, REAL, BLOB or BOOLEAN");
  }

  private static InvalidSimulationException wrong(String table, String what) {
    return new InvalidSimulationException("table " + table + " " + what + ".");
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
