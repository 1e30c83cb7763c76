package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.world.AppTable.KeyForm;
import dev.oversqlite4j.simulator.world.AppTable.Kind;
import java.util.List;
import java.util.Optional;

/**
 * The schema of the simulated app, on both sides, and what its writes put into a row.
 *
 * <p>Every write carries a tag that occurs once in a plan, in the table's tag column; the other
 * columns follow from it and cover the column kinds and their edges.
 */
public final class Business implements SimulatedApp {

  /** The only one. */
  public static final Business APP = new Business();

  /** The synced schema's name. */
  public static final String NAME = "business";

  /** What the app creates before it ever opens the client. */
  public static final List<String> DDL =
      List.of(
          """
          -- @@{ enableSync=true }
          CREATE TABLE person (
            id TEXT PRIMARY KEY NOT NULL,
            first_name TEXT NOT NULL,
            last_name TEXT NOT NULL,
            email TEXT UNIQUE
          )""",
          """
          -- @@{ enableSync=true }
          CREATE TABLE note (
            id BLOB PRIMARY KEY NOT NULL DEFAULT (randomblob(16)),
            person_id TEXT REFERENCES person(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            title TEXT NOT NULL,
            content TEXT
          )""",
          """
          -- @@{ enableSync=true }
          CREATE TABLE measure (
            id TEXT PRIMARY KEY NOT NULL,
            label TEXT NOT NULL,
            count INTEGER,
            ratio REAL,
            raw BLOB
          )""");

  private static final long[] INTEGERS = {
    0, 1, -1, 9_007_199_254_740_993L, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final long UNLUCKY = 13;
  private static final double[] REALS = {0.25, -0.0, 5e-324, 1e23, Double.MAX_VALUE, 1.0};

  private static final List<AppTable> TABLES =
      List.of(
          new AppTable(
              Table.PERSON,
              "id",
              KeyForm.TEXT,
              List.of(text("first_name"), text("last_name"), text("email")),
              List.of("first_name")),
          new AppTable(
              Table.NOTE,
              "id",
              KeyForm.BLOB,
              List.of(
                  new AppTable.Column("person_id", Kind.TEXT, Optional.of(Table.PERSON)),
                  text("title"),
                  text("content")),
              List.of("title")),
          new AppTable(
              Table.MEASURE,
              "id",
              KeyForm.TEXT,
              List.of(
                  text("label"),
                  new AppTable.Column("count", Kind.INTEGER),
                  new AppTable.Column("ratio", Kind.REAL),
                  new AppTable.Column("raw", Kind.BLOB)),
              List.of("label")));

  private Business() {}

  private static AppTable.Column text(String name) {
    return new AppTable.Column(name, Kind.TEXT);
  }

  @Override
  public List<String> ddl() {
    return DDL;
  }

  @Override
  public List<AppTable> tables() {
    return TABLES;
  }

  @Override
  public List<AppTable.Later> laterColumns() {
    return List.of(
        new AppTable.Later(Table.NOTE, "content"), new AppTable.Later(Table.MEASURE, "raw"));
  }

  @Override
  public SyncSchema syncSchema() {
    return SyncSchema.parse(NAME, DDL);
  }

  @Override
  public ServerSchema serverSchema() {
    return new ServerSchema(
        NAME,
        List.of(
            new ServerSchema.Table(
                "person",
                "id",
                KeyKind.UUID,
                List.of(
                    required("first_name"),
                    required("last_name"),
                    optional("email", ColumnKind.TEXT))),
            new ServerSchema.Table(
                    "note",
                    "id",
                    KeyKind.UUID,
                    List.of(
                        optional("person_id", ColumnKind.UUID),
                        required("title"),
                        optional("content", ColumnKind.TEXT)))
                .withForeignKey("person_id", "person", OnDelete.CASCADE),
            new ServerSchema.Table(
                    "measure",
                    "id",
                    KeyKind.UUID,
                    List.of(
                        required("label"),
                        optional("count", ColumnKind.BIGINT),
                        optional("ratio", ColumnKind.DOUBLE),
                        optional("raw", ColumnKind.BYTEA)))
                // Nothing on the device forbids it: such a row is one that is never accepted.
                .withCheck("count", Long.toString(UNLUCKY))));
  }

  private static Column required(String name) {
    return new Column(name, ColumnKind.TEXT, Nullability.NOT_NULL);
  }

  private static Column optional(String name, ColumnKind kind) {
    return new Column(name, kind, Nullability.NULLABLE);
  }

  /** The column that holds the tag of the last write. */
  public static String tagColumn(String table) {
    return Business.APP.table(table).orElseThrow().marks().get(0);
  }

  /** The tag a write leaves in the row. */
  public static String tag(int value) {
    return "w" + value;
  }

  private static Long count(int row, int value) {
    if (row == RowWrite.REFUSED_ROW) {
      return UNLUCKY;
    }
    return value % 7 == 6 ? null : (Long) INTEGERS[value % 6];
  }

  /** {@code person_id} is chosen by SQL. */
  @Override
  public List<Assignment> assignments(AppTable table, int row, int value) {
    return switch (table.name()) {
      case Table.PERSON ->
          List.of(
              new Assignment("first_name", "?", tag(value)),
              new Assignment("last_name", "?", "Łovelace \"𝄞\" & <" + value + ">"),
              new Assignment("email", "?", value % 3 == 0 ? null : value + "@example.org"));
      case Table.NOTE ->
          List.of(
              new Assignment(
                  "person_id",
                  "(SELECT id FROM person ORDER BY id LIMIT 1 OFFSET ?)",
                  (long) (value % 4)),
              new Assignment("title", "?", tag(value)),
              new Assignment("content", "?", value % 2 == 0 ? null : "line\nü\u0001" + value));
      case Table.MEASURE ->
          List.of(
              new Assignment("label", "?", tag(value)),
              new Assignment("count", "?", count(row, value)),
              new Assignment("ratio", "?", value % 5 == 4 ? null : (Object) REALS[value % 6]),
              new Assignment("raw", "?", value % 4 == 3 ? null : (Object) new byte[value % 4 * 2]));
      default -> throw new IllegalArgumentException("The app has no table " + table.name());
    };
  }
}
