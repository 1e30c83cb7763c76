package dev.oversqlite4j.persistence;

import static dev.oversqlite4j.persistence.TableInspection.lower;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.SyncTable;
import dev.oversqlite4j.persistence.TableInspection.DeclaredColumn;
import dev.oversqlite4j.persistence.TableInspection.ForeignKeyColumn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides whether the configured tables can be synced (spec 3, rules V1 to V22), by reads only, so
 * that a refused configuration leaves the file as it was. Rules that merely accept something need
 * no code: V14 cycles, V15 constraints that are not deferrable, V18 tables without rowid, V23
 * cascades, V24 checks.
 */
final class SchemaValidation {

  private final Sql sql;
  private final TableInspection inspection;

  SchemaValidation(Sql sql) {
    this.sql = sql;
    this.inspection = new TableInspection(sql);
  }

  /** Reports the first broken rule, or returns what is to be managed. */
  ManagedSchema validate(SyncSchema schema) {
    String schemaName = schema.name().trim();
    if (schemaName.isEmpty()) {
      throw broken("V1", "the schema has no name; give the name the server knows it by");
    }
    Map<String, SyncTable> configured = new LinkedHashMap<>();
    for (SyncTable table : schema.tables()) {
      String name = checkedName(table);
      if (configured.putIfAbsent(name, table) != null) {
        throw broken("V4", name, "it is registered twice; remove one registration");
      }
    }
    Map<String, TableShape> shapes = new LinkedHashMap<>();
    Map<String, Set<String>> parents = new LinkedHashMap<>();
    configured.forEach(
        (name, table) -> {
          List<ForeignKeyColumn> foreignKeys = new ArrayList<>();
          shapes.put(name, shape(name, table, foreignKeys));
          parents.put(name, checkedParents(name, foreignKeys, configured.keySet()));
          checkTriggerNames(name);
        });
    checkStateOfOtherSchemas(schemaName);
    return new ManagedSchema(
        schemaName, TableOrder.parentsFirst(parents).stream().map(shapes::get).toList());
  }

  private static String checkedName(SyncTable table) {
    String name = lower(table.name().trim());
    if (name.isEmpty()) {
      throw broken("V2", "a registered table has no name; register it by its name");
    }
    if (name.contains(".")) {
      throw broken(
          "V3",
          name,
          "its name contains a dot; register a table of the main database by its bare name");
    }
    if (name.startsWith("_sync_") || name.startsWith("_fsm_") || name.startsWith("sqlite_")) {
      throw broken("V17", name, "names with this prefix are reserved; choose another table");
    }
    if (table.syncKeyColumn().isPresent() && table.syncKeyColumn().get().isBlank()) {
      throw broken("V5", name, "its sync key is blank; name exactly one column");
    }
    return name;
  }

  private TableShape shape(String name, SyncTable table, List<ForeignKeyColumn> foreignKeys) {
    TableInspection.TableObject object =
        inspection
            .find(name)
            .orElseThrow(
                () -> broken("V6", name, "it does not exist; create it before calling open()"));
    if (!object.type().equals("table")) {
      throw broken(
          "V17", name, "it is a view or a virtual table; register an ordinary table instead");
    }
    List<DeclaredColumn> declared = inspection.columns(object.realName());
    foreignKeys.addAll(inspection.foreignKeys(object.realName()));
    Set<String> referring =
        foreignKeys.stream().map(ForeignKeyColumn::column).collect(Collectors.toSet());
    DeclaredColumn keyColumn = checkedKey(name, table, declared);
    List<Column> columns = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (DeclaredColumn column : declared) {
      // SQLite tells apart what differs in the case of letters beyond ASCII.
      if (!names.add(column.name())) {
        throw broken(
            "V21", name, column.name(), "another column differs only in case; rename one of them");
      }
      columns.add(column(name, column, column == keyColumn || referring.contains(column.name())));
    }
    Column key = columns.get(declared.indexOf(keyColumn));
    if (key.kind() != Kind.TEXT && key.kind() != Kind.UUID) {
      throw broken(
          "V9", name, keyColumn.name(), "a sync key holds UUIDs; declare it as TEXT or BLOB");
    }
    if (!keyColumn.notNull()) {
      throw broken(
          "V10",
          name,
          keyColumn.name(),
          "the sync key must be declared NOT NULL; repair or recreate the local database");
    }
    Set<String> changed =
        foreignKeys.stream()
            .filter(ForeignKeyColumn::changes)
            .map(ForeignKeyColumn::column)
            .collect(Collectors.toSet());
    return TableShape.of(
        name,
        object.realName(),
        columns,
        key,
        unique(object.realName(), declared, columns),
        columns.stream().filter(column -> changed.contains(column.name())).toList(),
        foreignKeys.stream().anyMatch(ForeignKeyColumn::follows));
  }

  private UniqueIndexes unique(
      String realName, List<DeclaredColumn> declared, List<Column> columns) {
    Map<String, Integer> places = new LinkedHashMap<>();
    declared.forEach(column -> places.put(column.realName(), places.size()));
    Map<String, List<TableInspection.UniquePart>> indexes = new LinkedHashMap<>();
    for (TableInspection.UniquePart part : inspection.uniqueParts(realName)) {
      indexes.computeIfAbsent(part.index(), index -> new ArrayList<>()).add(part);
    }
    List<List<UniqueIndexes.Part>> plain = new ArrayList<>();
    for (List<TableInspection.UniquePart> parts : indexes.values()) {
      if (parts.stream()
          .allMatch(
              part ->
                  part.column()
                      .filter(column -> declared.get(places.get(column)).foreseeable())
                      .isPresent())) {
        plain.add(
            parts.stream()
                .map(
                    part -> {
                      int place = places.get(part.column().orElseThrow());
                      return new UniqueIndexes.Part(
                          columns.get(place), part.collation(), declared.get(place).replacement());
                    })
                .toList());
      }
    }
    return new UniqueIndexes(plain, indexes.size() - plain.size());
  }

  private static DeclaredColumn checkedKey(
      String name, SyncTable table, List<DeclaredColumn> declared) {
    Optional<String> wanted = table.syncKeyColumn().map(key -> lower(key.trim()));
    if (wanted.isPresent() && declared.stream().noneMatch(c -> c.name().equals(wanted.get()))) {
      throw broken(
          "V6",
          name,
          wanted.get(),
          "the table has no such column to be the sync key; name its primary key");
    }
    List<DeclaredColumn> primary = declared.stream().filter(c -> c.keyPosition() > 0).toList();
    if (primary.size() != 1) {
      throw broken(
          "V7",
          name,
          "it has "
              + (primary.isEmpty() ? "no" : "a composite")
              + " primary key; exactly one column must be PRIMARY KEY");
    }
    DeclaredColumn key = primary.get(0);
    if (wanted.isPresent() && !key.name().equals(wanted.get())) {
      throw broken(
          "V8",
          name,
          wanted.get(),
          "the sync key is not the primary key; name that column instead");
    }
    return key;
  }

  private static Column column(String table, DeclaredColumn declared, boolean reference) {
    String name = declared.name();
    if (name.equals("_sync_scope_id")) {
      throw broken("V11", table, name, "this name is reserved by the protocol; rename the column");
    }
    if (declared.hidden() != 0) {
      throw broken("V19", table, name, "generated columns cannot sync; make it an ordinary one");
    }
    boolean key = declared.keyPosition() > 0;
    Kind kind =
        Kind.ofDeclaredType(declared.declaredType())
            .orElseThrow(
                () ->
                    broken(
                        key ? "V9" : "V20",
                        table,
                        name,
                        "its declared type has NUMERIC affinity, which does not survive the way"
                            + " to the server and back; declare it as TEXT, INTEGER, REAL or BLOB"));
    return new Column(
        name,
        declared.realName(),
        kind == Kind.BLOB && reference ? Kind.UUID : kind,
        declared.notNull() ? Column.Nullability.NOT_NULL : Column.Nullability.NULLABLE);
  }

  private static Set<String> checkedParents(
      String name, List<ForeignKeyColumn> foreignKeys, Set<String> managed) {
    Set<String> parents = new LinkedHashSet<>();
    for (ForeignKeyColumn foreignKey : foreignKeys) {
      if (foreignKey.position() > 0) {
        throw broken(
            "V13", name, foreignKey.column(), "composite foreign keys cannot sync; use one column");
      }
    }
    for (ForeignKeyColumn foreignKey : foreignKeys) {
      if (!managed.contains(foreignKey.parent())) {
        throw broken(
            "V12",
            name,
            foreignKey.column(),
            "it refers to a table that is not registered; register that table too");
      }
      parents.add(foreignKey.parent());
    }
    return parents;
  }

  /** Ours all mention the control tables; anything else of that name is the app's (V22). */
  private void checkTriggerNames(String table) {
    List<String> names = CaptureTriggers.names(table);
    boolean foreign =
        sql.exists(
            "SELECT 1 FROM sqlite_schema WHERE name COLLATE NOCASE IN ("
                + String.join(", ", Collections.nCopies(names.size(), "?"))
                + ") AND NOT (type = 'trigger' AND instr(coalesce(sql, ''), '_sync_') > 0)",
            names.toArray());
    if (foreign) {
      throw broken(
          "V22", table, "an object of the app has the name of a capture trigger; rename it");
    }
  }

  /**
   * One database holds one schema (V16). The first and the last entry of an index that begins with
   * the schema's name tell; without such an index any one row does, for its table never holds rows
   * of two schemas.
   */
  private void checkStateOfOtherSchemas(String schemaName) {
    for (String table : List.of("_sync_row_state", "_sync_dirty_rows")) {
      requireOwn(schemaName, table, "SELECT min(schema_name) FROM " + table);
      requireOwn(schemaName, table, "SELECT max(schema_name) FROM " + table);
    }
    for (String table :
        List.of(
            "_sync_attachment_state",
            "_sync_snapshot_stage",
            "_sync_outbox_rows",
            "_sync_push_stage")) {
      requireOwn(schemaName, table, "SELECT schema_name FROM " + table + " LIMIT 1");
    }
  }

  private void requireOwn(String schemaName, String table, String probe) {
    if (inspection.find(table).isEmpty()) {
      return;
    }
    Optional<String> found =
        sql.first(probe, row -> Optional.ofNullable(row.getString(1))).flatMap(name -> name);
    if (found.isPresent() && !found.get().isBlank() && !found.get().equals(schemaName)) {
      throw broken(
          "V16",
          table,
          "the database holds sync state of another schema; open it with that schema's name");
    }
  }

  private static InvalidConfigurationException broken(String rule, String message) {
    return new InvalidConfigurationException(rule, Optional.empty(), Optional.empty(), message);
  }

  private static InvalidConfigurationException broken(String rule, String table, String message) {
    return new InvalidConfigurationException(rule, Optional.of(table), Optional.empty(), message);
  }

  private static InvalidConfigurationException broken(
      String rule, String table, String column, String message) {
    return new InvalidConfigurationException(
        rule, Optional.of(table), Optional.of(column), message);
  }
}
