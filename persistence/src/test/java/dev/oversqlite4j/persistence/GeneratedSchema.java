package dev.oversqlite4j.persistence;

import dev.oversqlite4j.SyncSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** An app's schema of one to four tables, with whatever a user may bring. */
record GeneratedSchema(List<Table> tables) {

  static final String NAME = "o'schema";

  private static final List<String> NAMES =
      List.of("plain", "MixedCase", "order", "two words", "qu\"ote", "o'clock");
  private static final List<String> KEYS = List.of("id", "Id", "primary", "the key", "k\"ey");
  private static final List<String> VALUES = List.of("val", "Val", "select", "a value", "o'val");

  enum Unique {
    NONE,
    COLUMN,
    COMPOSITE,
    COLLATED,
    PARTIAL,
    EXPRESSION
  }

  enum Action {
    DEFERRED(" DEFERRABLE INITIALLY DEFERRED"),
    CASCADE(" ON DELETE CASCADE ON UPDATE CASCADE"),
    SET_NULL(" ON DELETE SET NULL ON UPDATE CASCADE"),
    RESTRICT(" ON DELETE RESTRICT");

    private final String sql;

    Action(String sql) {
      this.sql = sql;
    }
  }

  /** What the app's own trigger on a table does; the other table is the next one. */
  enum AppTrigger {
    NONE,
    STAMPS_ITSELF,
    DELETES_ITSELF,
    COUNTS_IN_OTHER,
    PRUNES_OTHER
  }

  /** A table as it was drawn; {@code parent} is taken modulo the number of tables. */
  record Traits(
      int name,
      int key,
      int value,
      boolean blobKey,
      boolean withoutRowid,
      boolean keyLast,
      Unique unique,
      Optional<Integer> parent,
      Action action,
      AppTrigger trigger) {}

  /** A table with its real names. */
  record Table(
      String name,
      String key,
      String value,
      Traits traits,
      Optional<Integer> parent,
      Optional<Integer> other) {

    String quoted() {
      return quote(name);
    }

    /** All columns in table order, as the database spells them. */
    List<String> columns() {
      List<String> columns = new ArrayList<>();
      if (!traits.keyLast()) {
        columns.add(key);
      }
      columns.addAll(List.of(value, "N", "stamp", "Real"));
      if (parent.isPresent()) {
        columns.add("ref");
      }
      if (traits.keyLast()) {
        columns.add(key);
      }
      return columns;
    }
  }

  static Arbitrary<GeneratedSchema> any() {
    Arbitrary<Traits> names =
        Combinators.combine(
                Arbitraries.integers().between(0, NAMES.size() - 1),
                Arbitraries.integers().between(0, KEYS.size() - 1),
                Arbitraries.integers().between(0, VALUES.size() - 1),
                Arbitraries.of(false, true),
                Arbitraries.of(false, true),
                Arbitraries.of(false, true))
            .as(
                (name, key, value, blob, rowid, last) ->
                    new Traits(
                        name,
                        key,
                        value,
                        blob,
                        rowid,
                        last,
                        Unique.NONE,
                        Optional.empty(),
                        Action.DEFERRED,
                        AppTrigger.NONE));
    return Combinators.combine(
            names,
            Arbitraries.of(Unique.class),
            Arbitraries.integers().between(0, 3).optional(0.6),
            Arbitraries.of(Action.class),
            Arbitraries.of(AppTrigger.class))
        .as(
            (t, unique, parent, action, trigger) ->
                new Traits(
                    t.name(),
                    t.key(),
                    t.value(),
                    t.blobKey(),
                    t.withoutRowid(),
                    t.keyLast(),
                    unique,
                    parent,
                    action,
                    trigger))
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(GeneratedSchema::of);
  }

  static GeneratedSchema of(List<Traits> drawn) {
    List<Table> tables = new ArrayList<>();
    for (int i = 0; i < drawn.size(); i++) {
      Traits t = drawn.get(i);
      tables.add(
          new Table(
              NAMES.get(t.name()) + (i + 1),
              KEYS.get(t.key()),
              VALUES.get(t.value()),
              t,
              t.parent().map(parent -> parent % drawn.size()),
              i + 1 < drawn.size() ? Optional.of(i + 1) : Optional.empty()));
    }
    return new GeneratedSchema(List.copyOf(tables));
  }

  SyncSchema syncSchema() {
    SyncSchema.Builder schema = SyncSchema.of(NAME);
    tables.forEach(table -> schema.table(table.name()));
    return schema.build();
  }

  /** In the form {@link TestDatabase} takes. */
  String ddl() {
    return tables.stream().map(this::create).collect(Collectors.joining(";\n"));
  }

  private String create(Table table) {
    Traits traits = table.traits();
    List<String> columns = new ArrayList<>();
    for (String column : table.columns()) {
      if (column.equals(table.key())) {
        columns.add(
            quote(column) + (traits.blobKey() ? " BLOB" : " TEXT") + " PRIMARY KEY NOT NULL");
      } else if (column.equals(table.value())) {
        columns.add(quote(column) + " TEXT");
      } else if (column.equals("ref")) {
        Table parent = tables.get(table.parent().orElseThrow());
        columns.add(
            "ref"
                + (parent.traits().blobKey() ? " BLOB" : " TEXT")
                + " REFERENCES "
                + parent.quoted()
                + "("
                + quote(parent.key())
                + ")"
                + traits.action().sql);
      } else {
        columns.add(quote(column) + (column.equals("Real") ? " REAL" : " INTEGER"));
      }
    }
    if (traits.unique() == Unique.COMPOSITE) {
      columns.add("UNIQUE (" + quote(table.value()) + ", N)");
    }
    String index = "CREATE UNIQUE INDEX " + quote("i of " + table.name()) + " ON " + table.quoted();
    String value = quote(table.value());
    return "CREATE TABLE "
        + table.quoted()
        + " ("
        + String.join(", ", columns)
        + ")"
        + (traits.withoutRowid() ? " WITHOUT ROWID" : "")
        + switch (traits.unique()) {
          case NONE, COMPOSITE -> "";
          case COLUMN -> ";" + index + " (n)";
          case COLLATED -> ";" + index + " (" + value + " COLLATE NOCASE)";
          case PARTIAL -> ";" + index + " (n) WHERE n > 1";
          case EXPRESSION -> ";" + index + " (lower(" + value + "))";
        };
  }

  /** The app's own triggers; they need the control tables. */
  List<String> triggers() {
    List<String> triggers = new ArrayList<>();
    for (Table table : tables) {
      String own = " WHERE " + quote(table.key()) + " = NEW." + quote(table.key());
      String stamp = "UPDATE " + table.quoted() + " SET stamp = coalesce(stamp, 0) + 1" + own;
      Optional<String> other = table.other().map(next -> tables.get(next).quoted());
      switch (table.traits().trigger()) {
        case NONE -> {}
        case STAMPS_ITSELF -> {
          triggers.add(trigger(table, "INSERT", "true", stamp));
          triggers.add(trigger(table, "UPDATE", "NEW.stamp IS OLD.stamp", stamp));
        }
        case DELETES_ITSELF ->
            triggers.add(
                trigger(table, "INSERT", "NEW.n = 3", "DELETE FROM " + table.quoted() + own));
        case COUNTS_IN_OTHER ->
            other.ifPresent(
                name ->
                    triggers.add(
                        trigger(
                            table,
                            "INSERT",
                            "true",
                            "UPDATE " + name + " SET n = coalesce(n, 0) + 1")));
        case PRUNES_OTHER ->
            other.ifPresent(
                name ->
                    triggers.add(
                        trigger(
                            table, "DELETE", "true", "DELETE FROM " + name + " WHERE n = OLD.n")));
      }
    }
    return triggers;
  }

  /** What the server decides must not be changed again, so the app's triggers leave it alone. */
  private static String trigger(Table table, String event, String when, String statement) {
    return "CREATE TRIGGER "
        + quote("app " + event + " of " + table.name())
        + " AFTER "
        + event
        + " ON "
        + table.quoted()
        + " WHEN "
        + when
        + " AND (SELECT apply_mode FROM _sync_apply_state) = 0 BEGIN "
        + statement
        + "; END";
  }

  static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
