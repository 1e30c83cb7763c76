package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.persistence.GeneratedSchema.Table;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What has to be captured, frozen and replayed (spec 2.4, 4.4.1, 5.1), told from nothing but the
 * app's rows before and after each statement. It knows no trigger, no conflict clause and no
 * foreign key: rows that differ were written, and a statement says which row it wrote for certain.
 */
final class IntentModel {

  private static final String NOTED =
      "SELECT (SELECT count(*) FROM _fsm_touched), (SELECT count(*) FROM _fsm_quarantine)";

  /** A row of the app: its columns in table order, a blob as hex. */
  record Row(List<Object> values) {}

  record Known(long version, boolean live) {}

  record Intent(String op, long base, Row payload, long ordinal) {}

  private final GeneratedSchema schema;
  private final Map<String, Row> rows = new TreeMap<>();
  private final Map<String, Known> known = new TreeMap<>();
  private final Map<String, Intent> dirty = new TreeMap<>();
  private final Map<String, Intent> outbox = new TreeMap<>();

  /** Rows that a REPLACE may have deleted unseen; known for certain at the next freeze. */
  private final Set<String> unseen = new TreeSet<>();

  private final List<String> noOps = new ArrayList<>();

  IntentModel(GeneratedSchema schema) {
    this.schema = schema;
  }

  static String id(Table table, Object key) {
    return table.name().toLowerCase(Locale.ROOT)
        + " "
        + (key instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : key);
  }

  Map<String, Row> rows() {
    return rows;
  }

  Map<String, Intent> outbox() {
    return outbox;
  }

  boolean untouched(String... ids) {
    return Stream.of(ids).noneMatch(dirty::containsKey);
  }

  // What the app did

  /** First capture: every row, none of them known to a server (spec 4.1 step 3c). */
  void captureAll(TestDatabase db) throws SQLException {
    rows.putAll(read(db));
    Map<String, Intent> actual = dirtyOf(db);
    rows.forEach((id, row) -> dirty.put(id, new Intent("INSERT", 0, row, ordinal(actual, id))));
    assertEquals(dirty, actual);
  }

  /**
   * A statement was executed.
   *
   * @param written the row it wrote for certain, even if nothing of it changed; perhaps gone again
   * @param deleted the row it deleted for certain
   */
  void executed(TestDatabase db, AppCommand.Kind kind, Set<String> written, Set<String> deleted)
      throws SQLException {
    Map<String, Row> after = read(db);
    Map<String, Intent> before = new TreeMap<>(dirty);
    Map<String, Intent> actual = dirtyOf(db);
    Set<String> touched = new TreeSet<>(written);
    touched.addAll(deleted);
    touched.addAll(rows.keySet());
    touched.addAll(after.keySet());
    for (String id : touched) {
      Row was = rows.get(id);
      Row is = after.get(id);
      boolean certain = written.contains(id) || deleted.contains(id);
      if (is == null) {
        if (was == null && !certain) {
          continue;
        }
        Intent marker = actual.get(id);
        boolean seen = marker != null && marker.op().equals("DELETE");
        if (kind.replaces() && !certain && !seen) {
          unseen.add(id);
        } else {
          unseen.remove(id);
          intend(id, "DELETE", null, actual);
        }
      } else if (!is.equals(was) || certain) {
        unseen.remove(id);
        written(id, is, actual);
      }
    }
    rows.clear();
    rows.putAll(after);
    check(actual, before);
  }

  private void written(String id, Row row, Map<String, Intent> actual) {
    Known server = known.get(id);
    intend(id, server != null && server.live() ? "UPDATE" : "INSERT", row, actual);
  }

  /** Rules 4 and 6: base and place of the first touch stay. */
  private void intend(String id, String op, Row row, Map<String, Intent> actual) {
    Intent before = dirty.get(id);
    Known server = known.get(id);
    long base = before != null ? before.base() : server != null ? server.version() : 0;
    long ordinal = before != null ? before.ordinal() : ordinal(actual, id);
    dirty.put(id, new Intent(op, base, row, ordinal));
  }

  /** Which of the new rows of one statement came first is SQLite's business. */
  private static long ordinal(Map<String, Intent> actual, String id) {
    Intent found = actual.get(id);
    return found == null ? 0 : found.ordinal();
  }

  private void check(Map<String, Intent> actual, Map<String, Intent> before) {
    Map<String, Intent> certain = new TreeMap<>(actual);
    Map<String, Intent> expected = new TreeMap<>(dirty);
    certain.keySet().removeAll(unseen);
    expected.keySet().removeAll(unseen);
    assertEquals(expected, certain);
    checkOrdinals(actual, before);
  }

  /** New intents come after those there were, each at a place of its own. */
  private static void checkOrdinals(Map<String, Intent> actual, Map<String, Intent> before) {
    long last = before.values().stream().mapToLong(Intent::ordinal).max().orElse(0);
    Set<Long> places = new TreeSet<>();
    actual.forEach(
        (id, intent) -> {
          assertTrue(places.add(intent.ordinal()), "two intents at one place");
          assertTrue(before.containsKey(id) || intent.ordinal() > last, "a new intent before old");
        });
  }

  long place(String id) {
    return dirty.get(id).ordinal();
  }

  // What the client did

  /**
   * A freeze (spec 4.4.1 step 2, property 8): every intent goes into the outbox or, if the server
   * has nothing to delete, into the audit.
   */
  void freeze() {
    assertTrue(outbox.isEmpty());
    for (String id : unseen) {
      Known server = known.get(id);
      Intent before = dirty.get(id);
      // A row that only this file ever knew, and that left no intent, leaves nothing to say.
      if (before != null || (server != null && server.live())) {
        dirty.put(
            id, new Intent("DELETE", before != null ? before.base() : server.version(), null, 0));
      }
    }
    unseen.clear();
    dirty.forEach(
        (id, intent) -> {
          Known server = known.get(id);
          boolean live = server != null && server.live();
          boolean delete = intent.op().equals("DELETE");
          if (delete && !live) {
            noOps.add(id);
          } else {
            String op = delete ? "DELETE" : live ? "UPDATE" : "INSERT";
            outbox.put(id, new Intent(op, intent.base(), intent.payload(), 0));
          }
        });
    dirty.clear();
  }

  /** The server committed the outbox as it is, and the client replayed it (spec 5.1). */
  void replay(long version) {
    outbox.forEach(
        (id, uploaded) -> {
          Row live = rows.get(id);
          Intent newer = dirty.get(id);
          boolean delete = uploaded.op().equals("DELETE");
          known.put(id, new Known(version, !delete));
          unseen.remove(id);
          if (live == null) {
            preserve(id, delete ? null : "DELETE", version, null);
          } else if (delete) {
            preserve(id, "INSERT", version, live);
          } else {
            boolean same =
                live.equals(uploaded.payload())
                    && (newer == null
                        || (newer.op().equals(uploaded.op()) && live.equals(newer.payload())));
            preserve(id, same ? null : "UPDATE", version, live);
          }
        });
    outbox.clear();
  }

  private void preserve(String id, String op, long base, Row payload) {
    Intent before = dirty.remove(id);
    if (op != null) {
      dirty.put(id, new Intent(op, base, payload, before == null ? 0 : before.ordinal()));
    }
  }

  /** After a call of the client. */
  void compare(TestDatabase db) throws SQLException {
    Map<String, Intent> actual = dirtyOf(db);
    dirty.replaceAll(
        (id, intent) ->
            new Intent(intent.op(), intent.base(), intent.payload(), ordinal(actual, id)));
    assertEquals(rows, read(db), "an echo changes no row");
    assertEquals(outbox, outboxOf(db), "frozen");
    check(actual, actual);
    assertEquals(sorted(noOps), auditOf(db), "audit");
    if (unseen.isEmpty()) {
      assertEquals(List.of("0|0"), db.rows(NOTED));
    }
  }

  /** Property 58: whoever applies the bundles in their order has what is here. */
  void sameAs(EchoServer server) {
    Map<String, Row> there = new TreeMap<>();
    server
        .rows()
        .forEach(
            (key, payload) -> {
              Table table = table(key.substring(0, key.indexOf(" {")));
              there.put(id(table, key.substring(key.indexOf(" {") + 1)), decoded(table, payload));
            });
    assertEquals(
        rows.keySet().stream().map(id -> id.replace("-", "")).toList(),
        there.keySet().stream().map(id -> id.replace("-", "")).toList());
    assertEquals(
        rows.values().stream().map(row -> row.toString().replace("-", "")).toList(),
        there.values().stream().map(row -> row.toString().replace("-", "")).toList());
  }

  /** Properties 2 and 60; what a REPLACE deleted unseen is found out at the next freeze. */
  void nothingIsOrphaned() {
    known.forEach(
        (id, server) -> {
          boolean said = dirty.containsKey(id) || outbox.containsKey(id) || unseen.contains(id);
          assertTrue(
              said || !server.live() || rows.containsKey(id), "known, gone, and nobody says so");
        });
    rows.forEach(
        (id, row) -> {
          Known server = known.get(id);
          assertTrue(
              dirty.containsKey(id) || outbox.containsKey(id) || (server != null && server.live()),
              "a row nobody tracks");
        });
  }

  // What is there

  Map<String, Row> read(TestDatabase db) throws SQLException {
    Map<String, Row> found = new TreeMap<>();
    for (Table table : schema.tables()) {
      try (Statement statement = db.app.createStatement();
          ResultSet row = statement.executeQuery("SELECT * FROM " + table.quoted())) {
        int width = row.getMetaData().getColumnCount();
        while (row.next()) {
          List<Object> values = new ArrayList<>();
          Object key = null;
          for (int i = 1; i <= width; i++) {
            Object value = row.getObject(i);
            String column = row.getMetaData().getColumnName(i);
            if (column.equals(table.key())) {
              key = value;
            }
            values.add(plain(value));
          }
          found.put(id(table, key), new Row(values));
        }
      }
    }
    return found;
  }

  private static Object plain(Object value) {
    if (value instanceof byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    }
    if (value instanceof Number number && !(value instanceof Double)) {
      return number.longValue();
    }
    // Zero has no sign on the wire.
    return value instanceof Double real ? (Object) (real + 0.0) : value;
  }

  private Map<String, Intent> dirtyOf(TestDatabase db) throws SQLException {
    return intents(
        db,
        "SELECT schema_name, table_name, key_json, op, base_row_version, payload, dirty_ordinal"
            + " FROM _sync_dirty_rows");
  }

  private Map<String, Intent> outboxOf(TestDatabase db) throws SQLException {
    return intents(
        db,
        "SELECT schema_name, table_name, key_json, op, base_row_version, local_payload, 0"
            + " FROM _sync_outbox_rows");
  }

  private Map<String, Intent> intents(TestDatabase db, String sql) throws SQLException {
    Map<String, Intent> found = new TreeMap<>();
    try (Statement statement = db.app.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        assertEquals(GeneratedSchema.NAME, row.getString(1));
        Table table = table(row.getString(2));
        String payload = row.getString(6);
        assertNull(
            found.put(
                id(table, row.getString(3)),
                new Intent(
                    row.getString(4),
                    row.getLong(5),
                    payload == null ? null : decoded(table, payload),
                    row.getLong(7))));
      }
    }
    return found;
  }

  private Table table(String name) {
    return schema.tables().stream()
        .filter(table -> table.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow();
  }

  private String id(Table table, String keyJson) {
    ObjectNode key = JsonText.object(keyJson).orElseThrow();
    assertEquals(1, key.size());
    return id(table, (Object) key.get(table.key().toLowerCase(Locale.ROOT)).textValue());
  }

  private List<String> auditOf(TestDatabase db) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Statement statement = db.app.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT table_name, key_json, cause FROM _fsm_discarded_intent")) {
      while (row.next()) {
        assertEquals("NO_OP_DELETE", row.getString(3));
        found.add(id(table(row.getString(1)), row.getString(2)));
      }
    }
    return sorted(found);
  }

  private static List<String> sorted(List<String> texts) {
    return texts.stream().sorted().toList();
  }

  /** Spec 6, column by column: every column under its lower-cased name, in table order. */
  private static Row decoded(Table table, String payload) {
    Map<String, JsonNode> members = new LinkedHashMap<>();
    JsonText.object(payload)
        .orElseThrow()
        .properties()
        .forEach(member -> members.put(member.getKey(), member.getValue()));
    assertEquals(
        table.columns().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList(),
        List.copyOf(members.keySet()));
    List<Object> values = new ArrayList<>();
    for (String column : table.columns()) {
      JsonNode value = members.get(column.toLowerCase(Locale.ROOT));
      boolean text = column.equals(table.value()) || column.equals(table.key());
      if (value.isNull()) {
        values.add(null);
      } else if (column.equals("Real")) {
        values.add(Double.parseDouble(value.textValue()) + 0.0);
      } else if (text || column.equals("ref")) {
        values.add(value.textValue());
      } else {
        values.add(Long.parseLong(value.textValue()));
      }
    }
    return new Row(values);
  }
}
