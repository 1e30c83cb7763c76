package dev.oversqlite4j.simulator.server;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The tables a model server has registered. Immutable.
 *
 * @param name schema name, lower-case; every row on the wire carries it
 * @param tables registered tables; kept in name order, which is the order of snapshots (spec 2.11)
 */
public record ServerSchema(String name, List<Table> tables) {

  /**
   * Checks that names are unique and that foreign keys point at registered tables.
   *
   * @throws IllegalArgumentException naming the offending table
   */
  public ServerSchema {
    Map<String, Table> byName = new TreeMap<>();
    for (Table table : tables) {
      if (byName.put(table.name(), table) != null) {
        throw new IllegalArgumentException("table declared twice: " + table.name());
      }
    }
    for (Table table : tables) {
      for (ForeignKey foreignKey : table.foreignKeys()) {
        if (!byName.containsKey(foreignKey.references())) {
          throw new IllegalArgumentException(
              "foreign key of " + table.name() + " points at an unregistered table");
        }
      }
    }
    tables = List.copyOf(byName.values());
  }

  Optional<Table> table(String tableName) {
    return tables.stream().filter(table -> table.name().equals(tableName)).findFirst();
  }

  Table registered(String tableName) {
    return table(tableName)
        .orElseThrow(() -> new IllegalArgumentException("not a registered table: " + tableName));
  }

  /** PostgreSQL type of a sync key column; nothing else can be registered (spec 4.2). */
  public enum KeyKind {
    UUID,
    TEXT
  }

  /** PostgreSQL type of a column, as far as its wire form differs (spec 4.3). */
  public enum ColumnKind {
    TEXT,
    BIGINT,
    DOUBLE,
    BYTEA,
    BOOLEAN,
    UUID,
    /** {@code numeric(30, 4)}: rounds to its scale and keeps it. */
    NUMERIC,
    /** {@code real}: keeps what a binary32 can. */
    FLOAT4,
    /** In a session whose time zone is UTC. */
    TIMESTAMPTZ
  }

  /** Whether a column takes NULL. */
  public enum Nullability {
    NULLABLE,
    NOT_NULL
  }

  /** What happens to referencing rows when the referenced row is deleted. */
  public enum OnDelete {
    NO_ACTION,
    CASCADE,
    SET_NULL
  }

  /** A column other than the key. */
  public record Column(String name, ColumnKind kind, Nullability nullability) {}

  /**
   * A deferrable foreign key to the key column of another table; NO ACTION is checked at commit.
   *
   * @param column referencing column
   * @param references name of the referenced table
   */
  public record ForeignKey(String column, String references, OnDelete onDelete) {}

  /**
   * A CHECK that refuses one value.
   *
   * @param refused its literal on the wire
   */
  public record Check(String column, String refused) {}

  /**
   * A registered table.
   *
   * @param name lower-case name
   * @param key name of the key column
   * @param columns the other columns
   * @param unique columns that are UNIQUE each on its own; checked per statement, not at commit
   * @param checks checked per statement
   */
  public record Table(
      String name,
      String key,
      KeyKind keyKind,
      List<Column> columns,
      List<ForeignKey> foreignKeys,
      Set<String> unique,
      List<Check> checks) {

    public Table {
      columns = List.copyOf(columns);
      foreignKeys = List.copyOf(foreignKeys);
      unique = Collections.unmodifiableSet(new TreeSet<>(unique));
      checks = List.copyOf(checks);
    }

    /** A table without constraints other than NOT NULL. */
    public Table(String name, String key, KeyKind keyKind, List<Column> columns) {
      this(name, key, keyKind, columns, List.of(), Set.of(), List.of());
    }

    /** A table without CHECKs. */
    public Table(
        String name,
        String key,
        KeyKind keyKind,
        List<Column> columns,
        List<ForeignKey> foreignKeys,
        Set<String> unique) {
      this(name, key, keyKind, columns, foreignKeys, unique, List.of());
    }

    /** The same table with one more foreign key. */
    public Table withForeignKey(String column, String references, OnDelete onDelete) {
      List<ForeignKey> more = new ArrayList<>(foreignKeys);
      more.add(new ForeignKey(column, references, onDelete));
      return new Table(name, key, keyKind, columns, more, unique, checks);
    }

    /** The same table with one more UNIQUE column. */
    public Table withUnique(String column) {
      Set<String> more = new TreeSet<>(unique);
      more.add(column);
      return new Table(name, key, keyKind, columns, foreignKeys, more, checks);
    }

    /** The same table with one more CHECK. */
    public Table withCheck(String column, String refused) {
      List<Check> more = new ArrayList<>(checks);
      more.add(new Check(column, refused));
      return new Table(name, key, keyKind, columns, foreignKeys, unique, more);
    }

    /** All columns by name, the key included, in name order. */
    Map<String, Column> allColumns() {
      Map<String, Column> all = new TreeMap<>();
      ColumnKind kind = keyKind == KeyKind.UUID ? ColumnKind.UUID : ColumnKind.TEXT;
      all.put(key, new Column(key, kind, Nullability.NOT_NULL));
      columns.forEach(column -> all.put(column.name(), column));
      return new LinkedHashMap<>(all);
    }
  }
}
