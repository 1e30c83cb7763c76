package dev.oversqlite4j.persistence;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The validated managed tables of one database, parents before children. Immutable. */
final class ManagedSchema {

  private final String name;
  private final Map<String, TableShape> tables;

  ManagedSchema(String name, List<TableShape> inDependencyOrder) {
    this.name = name;
    this.tables = new LinkedHashMap<>();
    inDependencyOrder.forEach(table -> tables.put(table.name(), table));
  }

  /** The schema as server and control tables spell it. */
  String name() {
    return name;
  }

  List<TableShape> tables() {
    return List.copyOf(tables.values());
  }

  /** Finds by lower-cased name. */
  Optional<TableShape> find(String table) {
    return Optional.ofNullable(tables.get(table));
  }

  /** A table that a caller got from this schema. */
  TableShape get(String table) {
    return find(table)
        .orElseThrow(() -> new IllegalArgumentException("the row's table is not managed"));
  }
}
