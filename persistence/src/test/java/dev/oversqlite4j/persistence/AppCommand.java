package dev.oversqlite4j.persistence;

import dev.oversqlite4j.persistence.GeneratedSchema.Table;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** One thing an app does with generated tables; numbers are taken modulo what there is. */
record AppCommand(
    Kind kind, int table, int key, int other, String value, Long n, Double real, boolean linked) {

  enum Kind {
    INSERT("INSERT"),
    INSERT_OR_IGNORE("INSERT OR IGNORE"),
    INSERT_OR_REPLACE("INSERT OR REPLACE"),
    UPSERT("INSERT"),
    UPDATE("UPDATE"),
    UPDATE_OR_REPLACE("UPDATE OR REPLACE"),
    UPDATE_OR_IGNORE("UPDATE OR IGNORE"),
    UPDATE_TO_THE_SAME("UPDATE"),
    REKEY("UPDATE"),
    REKEY_OR_REPLACE("UPDATE OR REPLACE"),
    LINK("UPDATE"),
    BUMP_ALL("UPDATE"),
    DELETE("DELETE"),
    DELETE_MANY("DELETE"),
    ROLLED_BACK("INSERT OR REPLACE");

    private final String verb;

    Kind(String verb) {
      this.verb = verb;
    }

    /** Whether rows may vanish without a delete trigger. */
    boolean replaces() {
      return verb.endsWith("OR REPLACE");
    }
  }

  static Arbitrary<AppCommand> any() {
    return Combinators.combine(
            Arbitraries.of(Kind.class),
            Arbitraries.integers().between(0, 3),
            Arbitraries.integers().between(0, 3),
            Arbitraries.integers().between(0, 3),
            Arbitraries.of("a", "A", "b", "").injectNull(0.2),
            Arbitraries.of(1L, 2L, 3L, Long.MIN_VALUE).injectNull(0.2),
            Arbitraries.of(0.5, -0.0, 1e23, 5e-324).injectNull(0.4),
            Arbitraries.of(false, true))
        .as(AppCommand::new);
  }

  Table on(GeneratedSchema schema) {
    return schema.tables().get(table % schema.tables().size());
  }

  static Object key(Table table, int number) {
    byte[] bytes = new byte[16];
    Arrays.fill(bytes, (byte) (0xa0 + number));
    return table.traits().blobKey()
        ? bytes
        : String.format(Locale.ROOT, "00000000-0000-4000-8000-%012d", number);
  }

  /** Returns how many rows the statement itself changed; empty if a constraint refused it. */
  Optional<Integer> run(TestDatabase db, GeneratedSchema schema) throws SQLException {
    if (kind == Kind.ROLLED_BACK) {
      db.run("BEGIN");
    }
    try {
      return Optional.of(perform(db, schema, on(schema)));
    } catch (SQLException refused) {
      if ((refused.getErrorCode() & 0xff) != 19) {
        throw refused;
      }
      return Optional.empty();
    } finally {
      if (kind == Kind.ROLLED_BACK) {
        db.run("ROLLBACK");
      }
    }
  }

  private int perform(TestDatabase db, GeneratedSchema schema, Table t) throws SQLException {
    String name = t.quoted();
    String keyColumn = GeneratedSchema.quote(t.key());
    String valueColumn = GeneratedSchema.quote(t.value());
    Object key = key(t, key());
    return switch (kind) {
      case INSERT, INSERT_OR_IGNORE, INSERT_OR_REPLACE, ROLLED_BACK, UPSERT -> {
        String sql =
            kind.verb
                + " INTO "
                + name
                + " ("
                + String.join(", ", List.of(keyColumn, valueColumn, "n", "real"))
                + (t.parent().isPresent() ? ", ref" : "")
                + ") VALUES (?1, ?2, ?3, ?4"
                + (t.parent().isPresent() ? ", (" + parent(schema, t) + ")" : "")
                + ")"
                + (kind == Kind.UPSERT
                    ? " ON CONFLICT (" + keyColumn + ") DO UPDATE SET n = excluded.n"
                    : "");
        yield t.parent().isPresent()
            ? db.run(sql, key, value, n, real, parentKey(schema, t))
            : db.run(sql, key, value, n, real);
      }
      case UPDATE, UPDATE_OR_REPLACE, UPDATE_OR_IGNORE ->
          db.run(
              kind.verb
                  + " "
                  + name
                  + " SET "
                  + valueColumn
                  + " = ?, n = ? WHERE "
                  + keyColumn
                  + " = ?",
              value,
              n,
              key);
      case UPDATE_TO_THE_SAME ->
          db.run("UPDATE " + name + " SET stamp = stamp WHERE " + keyColumn + " = ?", key);
      case REKEY, REKEY_OR_REPLACE ->
          db.run(
              kind.verb + " " + name + " SET " + keyColumn + " = ? WHERE " + keyColumn + " = ?",
              key(t, other),
              key);
      case LINK ->
          t.parent().isEmpty()
              ? 0
              : db.run(
                  "UPDATE "
                      + name
                      + " SET ref = ("
                      + parent(schema, t).replace("?5", "?2")
                      + ") WHERE "
                      + keyColumn
                      + " = ?1",
                  key,
                  parentKey(schema, t));
      case BUMP_ALL -> db.run("UPDATE " + name + " SET n = n + 1 WHERE n < 9");
      case DELETE -> db.run("DELETE FROM " + name + " WHERE " + keyColumn + " = ?", key);
      case DELETE_MANY -> db.run("DELETE FROM " + name + " WHERE n IS ?", n);
    };
  }

  private static String parent(GeneratedSchema schema, Table t) {
    Table parent = schema.tables().get(t.parent().orElseThrow());
    return "SELECT "
        + GeneratedSchema.quote(parent.key())
        + " FROM "
        + parent.quoted()
        + " WHERE "
        + GeneratedSchema.quote(parent.key())
        + " = ?5";
  }

  private Object parentKey(GeneratedSchema schema, Table t) {
    return linked ? key(schema.tables().get(t.parent().orElseThrow()), other) : null;
  }
}
