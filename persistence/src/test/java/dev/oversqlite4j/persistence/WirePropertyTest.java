package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.persistence.GeneratedSchema.Table;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.spi.WireRow;
import dev.oversqlite4j.sync.RequestHash;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Rows of tables of any shape on their way to the server and back. */
class WirePropertyTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the app stores beside the keys of a row. */
  record Values(String text, Long integer, Double real) {}

  /** A row of the file, captured and encoded. */
  private record Sent(DirtyRow row, RowCodec.Encoded encoded) {}

  @Provide
  Arbitrary<GeneratedSchema> schemas() {
    return GeneratedSchema.any();
  }

  @Provide
  Arbitrary<List<AppCommand>> writes() {
    return AppCommand.any().list().ofMinSize(1).ofMaxSize(8);
  }

  @Provide
  Arbitrary<List<Values>> values() {
    return Combinators.combine(
            Arbitraries.strings()
                .withChars('a', '"', '\\', '\n', '\u001f', '\u007f', 'é', '\u2028')
                .ofMaxLength(4)
                .edgeCases(config -> config.add("\ud83d\ude00"))
                .injectNull(0.1),
            Arbitraries.longs().injectNull(0.1),
            Arbitraries.longs()
                .map(Double::longBitsToDouble)
                .filter(Double::isFinite)
                .edgeCases(
                    config -> config.add(5e-324, 1e23, -0.0, Double.MAX_VALUE, -Double.MAX_VALUE))
                .injectNull(0.1))
        .as(Values::new)
        .list()
        .ofSize(4);
  }

  /** Property 54: the same storage classes and bytes, but for the sign of a zero. */
  @Property(seed = "20261126")
  void whatTheServerSendsBackIsWhatWasStored(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> writes,
      @ForAll("values") List<Values> values)
      throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(schema.ddl());
        SqliteStore store = written(db, schema, writes, values)) {
      List<String> before = content(db, schema);
      List<Sent> sent = store.write(tx -> encoded(store.codec(), tx));
      store.<Void>write(
          tx -> {
            tx.rows().authoritative(() -> sent.forEach(row -> putBack(store.codec(), tx, row)));
            return null;
          });
      assertEquals(before, content(db, schema));
    }
  }

  private static void putBack(RowCodec codec, LocalTransaction tx, Sent sent) {
    RowCodec.DecodedRow received = codec.decode(wire(sent, payload(sent)));
    assertEquals(sent.row().key(), received.key());
    tx.rows().upsert(received.key(), received.payload().orElseThrow());
  }

  /** Property 55: each value has one spelling; another one is refused and changes nothing. */
  @Property(seed = "20261127")
  void aValueThatIsSpelledOtherwiseIsRefused(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> writes,
      @ForAll("values") List<Values> values)
      throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(schema.ddl());
        SqliteStore store = written(db, schema, writes, values)) {
      List<String> before = content(db, schema);
      for (Sent sent : store.<List<Sent>>write(tx -> encoded(store.codec(), tx))) {
        Table table =
            schema.tables().stream()
                .filter(t -> t.name().toLowerCase(Locale.ROOT).equals(sent.row().key().table()))
                .findFirst()
                .orElseThrow();
        for (String column : List.of("n", "stamp", "real", table.key().toLowerCase(Locale.ROOT))) {
          for (JsonNode other : otherSpellings(payload(sent).get(column))) {
            ObjectNode changed = payload(sent);
            changed.set(column, other);
            assertThrows(
                RemoteResponseSemanticException.class,
                () -> store.codec().decode(wire(sent, changed)),
                () -> column + " " + other);
          }
        }
      }
      assertEquals(before, content(db, schema));
    }
  }

  private static List<JsonNode> otherSpellings(JsonNode value) {
    if (value.isNull()) {
      return List.of();
    }
    String text = value.asText();
    List<JsonNode> others = new ArrayList<>();
    for (String other : List.of("+" + text, " " + text, text + " ", "0" + text, text + "é")) {
      others.add(JSON.getNodeFactory().textNode(other));
    }
    others.add(JSON.createArrayNode().add(text));
    return others;
  }

  /** Property 56: only what a request says counts, not how it is written down, nor where. */
  @Property(seed = "20261128")
  void theHashOfARequestDoesNotDependOnItsSpelling(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("writes") List<AppCommand> writes,
      @ForAll("values") List<Values> values)
      throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(schema.ddl());
        SqliteStore store = written(db, schema, writes, values)) {
      List<Sent> sent = store.write(tx -> encoded(store.codec(), tx));
      String hash = RequestHash.of(GeneratedSchema.NAME, frozen(sent, WirePropertyTest::asItIs));
      Locale usual = Locale.getDefault();
      try {
        Locale.setDefault(Locale.forLanguageTag("ar-EG"));
        assertEquals(
            hash, RequestHash.of(GeneratedSchema.NAME, frozen(sent, WirePropertyTest::spacedOut)));
      } finally {
        Locale.setDefault(usual);
      }
      if (!sent.isEmpty()) {
        List<FrozenRow> fewer = frozen(sent, WirePropertyTest::asItIs);
        fewer.remove(0);
        assertEquals(false, hash.equals(RequestHash.of(GeneratedSchema.NAME, fewer)));
      }
    }
  }

  private interface Spelling {
    String of(String json);
  }

  private static String asItIs(String json) {
    return json;
  }

  /** The members the other way round, with blanks wherever they may be. */
  private static String spacedOut(String json) {
    ObjectNode object = json(json);
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    Collections.reverse(names);
    return names.stream()
        .map(name -> "\n \"" + escaped(name) + "\"\t: " + object.get(name))
        .collect(Collectors.joining(" ,", "{", " }"));
  }

  private static String escaped(String name) {
    String quoted = JSON.getNodeFactory().textNode(name).toString();
    return quoted.substring(1, quoted.length() - 1);
  }

  private static List<FrozenRow> frozen(List<Sent> sent, Spelling spelling) {
    List<FrozenRow> frozen = new ArrayList<>();
    for (Sent each : sent) {
      frozen.add(
          new FrozenRow(
              frozen.size(),
              each.row().key(),
              spelling.of(each.encoded().wireKeyJson()),
              RowOperation.INSERT,
              0,
              each.row().payload(),
              each.encoded().wirePayload().map(spelling::of)));
    }
    return frozen;
  }

  /** A file into which the app has written while its writes were captured. */
  private static SqliteStore written(
      TestDatabase db, GeneratedSchema schema, List<AppCommand> writes, List<Values> values)
      throws SQLException {
    SqliteStore store = db.claimed(schema.syncSchema());
    store.<Long>write(TestDatabase::install);
    for (AppCommand command : writes) {
      command.run(db, schema);
    }
    for (int i = 0; i < schema.tables().size(); i++) {
      Table table = schema.tables().get(i);
      Values drawn = values.get(i);
      // No constraint minds a single row.
      String key = GeneratedSchema.quote(table.key());
      db.run(
          "UPDATE OR IGNORE "
              + table.quoted()
              + " SET "
              + GeneratedSchema.quote(table.value())
              + " = ?, n = ?, real = ? WHERE "
              + key
              + " = (SELECT min("
              + key
              + ") FROM "
              + table.quoted()
              + ")",
          drawn.text(),
          drawn.integer(),
          drawn.real());
    }
    return store;
  }

  private static List<Sent> encoded(RowCodec codec, LocalTransaction tx) {
    // As a freeze does: a REPLACE may have evicted rows that were captured.
    tx.dirtyRows().judgeTouched();
    tx.dirtyRows().judgeScanned();
    List<Sent> sent = new ArrayList<>();
    for (DirtyRow row : tx.dirtyRows().all()) {
      if (row.payload().isPresent()) {
        sent.add(new Sent(row, (RowCodec.Encoded) codec.encode(row, Optional.empty())));
      }
    }
    return sent;
  }

  private static WireRow wire(Sent sent, ObjectNode payload) {
    return new WireRow(
        GeneratedSchema.NAME,
        sent.row().key().table(),
        json(sent.encoded().wireKeyJson()),
        RowOperation.INSERT,
        1,
        Optional.of(payload));
  }

  private static ObjectNode payload(Sent sent) {
    return json(sent.encoded().wirePayload().orElseThrow());
  }

  private static ObjectNode json(String text) {
    return JsonText.object(text).orElseThrow();
  }

  /** Storage class and bytes of everything; a zero has no sign. */
  private static List<String> content(TestDatabase db, GeneratedSchema schema) throws SQLException {
    List<String> content = new ArrayList<>();
    for (Table table : schema.tables()) {
      String columns =
          table.columns().stream()
              .map(GeneratedSchema::quote)
              .map(c -> "typeof(" + c + "), CASE " + c + " WHEN 0 THEN 0 ELSE quote(" + c + ") END")
              .collect(Collectors.joining(", "));
      content.addAll(
          db.rows(
              "SELECT "
                  + columns
                  + " FROM "
                  + table.quoted()
                  + " ORDER BY "
                  + GeneratedSchema.quote(table.key())));
    }
    return content;
  }
}
