package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * The schema of the simulated app, on both sides, and what its writes put into a row.
 *
 * <p>Every write carries a tag that occurs once in a plan, in the table's tag column; the other
 * columns follow from it and cover the column kinds and their edges.
 */
public final class Business {

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

  private static final long DOUBLES_EXACT_MAX = 1L << 53;
  private static final long[] INTEGERS = {
    0, 1, -1, 9_007_199_254_740_993L, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final double[] REALS = {0.25, -0.0, 5e-324, 1e23, Double.MAX_VALUE, 1.0};

  private Business() {}

  /** The client's view. */
  public static SyncSchema syncSchema() {
    return SyncSchema.parse(NAME, DDL);
  }

  /** The server's view. */
  public static ServerSchema serverSchema() {
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
                    optional("raw", ColumnKind.BYTEA)))));
  }

  private static Column required(String name) {
    return new Column(name, ColumnKind.TEXT, Nullability.NOT_NULL);
  }

  private static Column optional(String name, ColumnKind kind) {
    return new Column(name, kind, Nullability.NULLABLE);
  }

  /** The table's name in SQL. */
  public static String sqlName(Table table) {
    return table.name().toLowerCase(Locale.ROOT);
  }

  /** The column that holds the tag of the last write. */
  public static String tagColumn(Table table) {
    return switch (table) {
      case PERSON -> "first_name";
      case NOTE -> "title";
      case MEASURE -> "label";
    };
  }

  /** The columns that say nothing about which write they came from, without the key. */
  static List<String> columnsBesidesTag(Table table) {
    return assignments(table, 0).stream()
        .map(Assignment::column)
        .filter(column -> !column.equals(tagColumn(table)))
        .toList();
  }

  /** The wire key of a row number: the same on every device, so that devices collide. */
  public static String wireKey(Table table, int row) {
    return UUID.nameUUIDFromBytes((sqlName(table) + "#" + row).getBytes(StandardCharsets.UTF_8))
        .toString();
  }

  /** The key as the table stores it: text, or 16 bytes for notes. */
  public static Object sqlKey(Table table, int row) {
    UUID uuid = UUID.fromString(wireKey(table, row));
    return table == Table.NOTE
        ? ByteBuffer.allocate(16)
            .putLong(uuid.getMostSignificantBits())
            .putLong(uuid.getLeastSignificantBits())
            .array()
        : uuid.toString();
  }

  /** The wire key of a local {@code key_json} value. */
  public static String wireKeyOfLocal(Table table, String localKey) {
    if (table != Table.NOTE) {
      return localKey;
    }
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(localKey));
    return new UUID(bytes.getLong(), bytes.getLong()).toString();
  }

  /** The tag a write leaves in the row. */
  public static String tag(int value) {
    return "w" + value;
  }

  /** Column assignments of a write, without the key; {@code person_id} is chosen by SQL. */
  static List<Assignment> assignments(Table table, int value) {
    return switch (table) {
      case PERSON ->
          List.of(
              new Assignment("first_name", "?", tag(value)),
              new Assignment("last_name", "?", "Łovelace \"𝄞\" & <" + value + ">"),
              new Assignment("email", "?", value % 3 == 0 ? null : value + "@example.org"));
      case NOTE ->
          List.of(
              new Assignment(
                  "person_id",
                  "(SELECT id FROM person ORDER BY id LIMIT 1 OFFSET ?)",
                  (long) (value % 4)),
              new Assignment("title", "?", tag(value)),
              new Assignment("content", "?", value % 2 == 0 ? null : "line\nü\u0001" + value));
      case MEASURE ->
          List.of(
              new Assignment("label", "?", tag(value)),
              new Assignment("count", "?", value % 7 == 6 ? null : (Object) INTEGERS[value % 6]),
              new Assignment("ratio", "?", value % 5 == 4 ? null : (Object) REALS[value % 6]),
              new Assignment("raw", "?", value % 4 == 3 ? null : (Object) new byte[value % 4 * 2]));
    };
  }

  /** One column, the SQL expression it gets and the value bound into that. */
  record Assignment(String column, String expression, Object bind) {

    /**
     * What an app keeps to that speaks to this revision: integers of June go through a double
     * (wire-protocol 4.4), so those beyond 2^53 come back as others, or not at all.
     */
    Object bind(Revision revision) {
      return revision == Revision.JUNE_2026 && bind instanceof Long integer
          ? (Object) Math.max(-DOUBLES_EXACT_MAX, Math.min(DOUBLES_EXACT_MAX, integer))
          : bind;
    }
  }
}
