package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.SyncTable;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.ForeignKey;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
final class SchemaFile {

  private final Connection database;
  private final Path file;

  private SchemaFile(Connection database, Path file) {
    this.database = database;
    this.file = file;
  }

  /**
   * @throws UsageException if the file does not hold annotated tables that can be synced
   */
  static ServerSchema read(Path file, String schemaName) {
    try (Connection database = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = database.createStatement()) {
      String sql = Files.readString(file);
      List<SyncTable> synced = SyncSchema.parse(schemaName, List.of(sql)).tables();
      if (synced.isEmpty()) {
        throw new UsageException(
            file + " marks no table; write -- @@{ enableSync=true } before a CREATE TABLE.");
      }
      statement.executeUpdate(sql);
      SchemaFile inspected = new SchemaFile(database, file);
      List<ServerSchema.Table> tables = new ArrayList<>();
      for (SyncTable table : synced) {
        tables.add(inspected.table(table.name()));
      }
      return new ServerSchema(schemaName.toLowerCase(Locale.ROOT), tables);
    } catch (IOException unreadable) {
      throw new UsageException("The schema " + file + " cannot be read: " + unreadable, unreadable);
    } catch (InvalidConfigurationException | IllegalArgumentException | SQLException wrong) {
      throw new UsageException("The schema " + file + ": " + wrong.getMessage(), wrong);
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
      throw wrong(table, "is not created by this file");
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

  private KeyKind keyKind(String table, Declared key) {
    return switch (kind(table, key, true)) {
      case UUID -> KeyKind.UUID;
      case TEXT -> KeyKind.TEXT;
      default -> throw wrong(table, "needs a key of type TEXT or BLOB, not " + key.type());
    };
  }

  /** SQLite's affinity order, and a BLOB that is a key holds a UUID (spec 6). */
  private ColumnKind kind(String table, Declared column, boolean keyOrReference) {
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

  private UsageException wrong(String table, String what) {
    return new UsageException("The schema " + file + ": table " + table + " " + what + ".");
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
