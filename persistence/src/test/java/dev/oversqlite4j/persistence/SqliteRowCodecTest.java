package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.KeyPolicy;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.WireRow;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteRowCodecTest {

  private static final String ID = "00000000-0000-4000-8000-0000000000aa";

  private static final ManagedSchema SCHEMA =
      new ManagedSchema(
          "business",
          List.of(
              table(
                  "t",
                  new Column("id", "Id", Kind.TEXT, Column.Nullability.NOT_NULL),
                  new Column("txt", "txt", Kind.TEXT, Column.Nullability.NULLABLE),
                  new Column("num", "Num", Kind.INTEGER, Column.Nullability.NOT_NULL),
                  new Column("flag", "flag", Kind.BOOLEAN, Column.Nullability.NULLABLE),
                  new Column("dec", "dec", Kind.REAL, Column.Nullability.NULLABLE),
                  new Column("bin", "bin", Kind.BLOB, Column.Nullability.NULLABLE),
                  new Column("ref", "ref", Kind.UUID, Column.Nullability.NULLABLE)),
              table("b", new Column("id", "id", Kind.UUID, Column.Nullability.NOT_NULL))));

  private static TestDatabase storedIn;
  private static SqliteStore storedBy;

  @BeforeContainer
  static void oneFileForAllTries() {
    storedIn =
        TestDatabase.temporary(
            "CREATE TABLE b (id BLOB PRIMARY KEY NOT NULL);"
                + "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, txt TEXT, num INTEGER, flag BOOL,"
                + " dec REAL, bin BLOB, ref BLOB REFERENCES b(id))");
    storedBy = storedIn.claimed(SyncSchema.of("business").table("t").table("b").build());
    storedBy.write(TestDatabase::install);
  }

  @AfterContainer
  static void closeIt() {
    storedBy.close();
    storedIn.close();
  }

  private final RowCodec codec = new SqliteRowCodec(SCHEMA, KeyPolicy.UUID);

  private static TableShape table(String name, Column... columns) {
    return TableShape.of(
        name, name, List.of(columns), columns[0], UniqueIndexes.NONE, List.of(), false);
  }

  private static ObjectNode json(String text) {
    return JsonText.object(text).orElseThrow();
  }

  /** A payload of table t with one column replaced; the others are NULL. */
  private static String payload(String column, String value) {
    StringBuilder text = new StringBuilder("{\"id\":\"" + ID + "\"");
    for (String name : List.of("txt", "num", "flag", "dec", "bin", "ref")) {
      text.append(",\"").append(name).append("\":").append(name.equals(column) ? value : "null");
    }
    return text.append("}").toString();
  }

  private static WireRow wire(String table, String key, String payload) {
    return new WireRow(
        "business", table, json(key), RowOperation.UPDATE, 3, Optional.of(json(payload)));
  }

  private static WireRow wire(String payload) {
    return wire("t", "{\"id\":\"" + ID + "\"}", payload);
  }

  private static DirtyRow dirty(String key, String payload) {
    return new DirtyRow(
        new RowKey("t", "{\"id\":" + key + "}"), RowOperation.INSERT, 0, Optional.of(payload), 1);
  }

  private Object decoded(String column, String value) {
    int index = List.of("id", "txt", "num", "flag", "dec", "bin", "ref").indexOf(column);
    return codec.decode(wire(payload(column, value))).payload().orElseThrow().values().get(index);
  }

  private String encoded(String column, String value) {
    RowCodec.Encoding encoding =
        codec.encode(dirty('"' + ID + '"', payload(column, value)), Optional.empty());
    return json(((RowCodec.Encoded) encoding).wirePayload().orElseThrow()).get(column).toString();
  }

  private RowCodec.Encoding encode(String column, String value) {
    return codec.encode(dirty('"' + ID + '"', payload(column, value)), Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ' ',
      value = {
        "txt \"12.300\" \"12.300\"",
        "num \"-9223372036854775808\" \"-9223372036854775808\"",
        "num \"9223372036854775807\" \"9223372036854775807\"",
        "flag \"1\" \"1\"",
        "dec \"4.9406564584124654e-324\" \"5e-324\"",
        "dec \"1.0e+23\" \"1e+23\"",
        "dec \"9.999999999999999e22\" \"1e+23\"",
        "dec \"-0.0\" \"0\"",
        "dec \"3.0\" \"3\"",
        "dec \"-1.7976931348623157e+308\" \"-1.7976931348623157e+308\"",
        "bin \"\" \"\"",
        "bin \"00ff10\" \"AP8Q\"",
        "ref \"000102030405060708090a0b0c0d0eff\" \"00010203-0405-0607-0809-0a0b0c0d0eff\"",
        "txt null null"
      })
  void localBecomesWire(String column, String local, String wire) {
    assertEquals(wire, encoded(column, local));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ' ',
      value = {
        "txt \"a\\u0000b\" NUL_IN_TEXT",
        "txt [\"blob\",\"41\"] VALUE_NOT_ENCODABLE",
        "num \"abc\" VALUE_NOT_ENCODABLE",
        "num \"1.5\" VALUE_NOT_ENCODABLE",
        "num \"9.2233720368547758e+18\" VALUE_NOT_ENCODABLE",
        "num [\"blob\",\"31\"] VALUE_NOT_ENCODABLE",
        "flag \"2\" VALUE_NOT_ENCODABLE",
        "flag \"true\" VALUE_NOT_ENCODABLE",
        "dec \"Inf\" VALUE_NOT_ENCODABLE",
        "dec \"-Inf\" VALUE_NOT_ENCODABLE",
        "dec \"abc\" VALUE_NOT_ENCODABLE",
        "bin [\"text\",\"abc\"] VALUE_NOT_ENCODABLE",
        "ref \"00\" VALUE_NOT_ENCODABLE",
        "ref [\"integer\",\"1\"] VALUE_NOT_ENCODABLE"
      })
  void whatCannotBeSentIsNamed(String column, String local, QuarantineCause cause) {
    assertEquals(new RowCodec.Unsendable(cause), encode(column, local));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ' ',
      value = {
        "txt 1",
        "txt true",
        "txt {}",
        "txt \"a\\u0000b\"",
        "txt \"\\ud800\"",
        "num 1",
        "num \"01\"",
        "num \"+1\"",
        "num \"-0\"",
        "num \"1.0\"",
        "num \"1e3\"",
        "num \"\"",
        "num \"9223372036854775808\"",
        "num \"-9223372036854775809\"",
        "num \"99999999999999999999\"",
        "flag \"2\"",
        "flag \"true\"",
        "dec 1.5",
        "dec true",
        "dec \"1.0\"",
        "dec \"-0\"",
        "dec \"1E+23\"",
        "dec \"1e23\"",
        "dec \"100000000000000000000000\"",
        "dec \"0.10\"",
        "dec \".5\"",
        "dec \"NaN\"",
        "dec \"Infinity\"",
        "dec \"1e999\"",
        "dec \"0x1p3\"",
        "dec \"1d\"",
        "bin \"AP8\"",
        "bin \"AP9=\"",
        "bin \"AP8Q\\n\"",
        "bin \"AP-_\"",
        "bin true",
        "ref \"00010203-0405-0607-0809-0A0B0C0D0EFF\"",
        "ref \"000102030405060708090a0b0c0d0eff\"",
        "ref \"\""
      })
  void whatIsNotCanonicalIsRefused(String column, String value) {
    RemoteResponseSemanticException refused =
        assertThrows(RemoteResponseSemanticException.class, () -> decoded(column, value));
    assertTrue(refused.getMessage().contains("column " + column + " of table t"));
  }

  @Test
  void canonicalValuesAreDecoded() {
    assertEquals(Long.MIN_VALUE, decoded("num", "\"-9223372036854775808\""));
    assertEquals(1L, decoded("num", "true"));
    assertEquals(0L, decoded("flag", "false"));
    assertEquals(1L, decoded("flag", "\"1\""));
    assertEquals(Double.MIN_VALUE, decoded("dec", "\"5e-324\""));
    assertEquals(1e23, decoded("dec", "\"1e+23\""));
    assertEquals(0.0, decoded("dec", "\"0\""));
    assertArrayEquals(new byte[0], (byte[]) decoded("bin", "\"\""));
    assertEquals(16, ((byte[]) decoded("ref", '"' + ID + '"')).length);
    assertEquals("\ud83d\ude00", decoded("txt", "\"\ud83d\ude00\""));
    assertEquals(null, decoded("txt", "null"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"" + ID + "\"}",
        "{\"id\":\""
            + ID
            + "\",\"ID\":\""
            + ID
            + "\",\"txt\":null,\"num\":null,\"flag\":null,"
            + "\"dec\":null,\"bin\":null,\"ref\":null}",
        "{\"id\":\""
            + ID
            + "\",\"txt\":null,\"num\":null,\"flag\":null,\"dec\":null,\"bin\":null,"
            + "\"ref\":null,\"_sync_scope_id\":\"x\"}",
        "{\"id\":\"other\",\"txt\":null,\"num\":null,\"flag\":null,\"dec\":null,\"bin\":null,"
            + "\"ref\":null}",
        "{\"id\":null,\"txt\":null,\"num\":null,\"flag\":null,\"dec\":null,\"bin\":null,"
            + "\"ref\":null}"
      })
  void aWrongColumnSetOrKeyIsRefused(String payload) {
    assertThrows(RemoteResponseSemanticException.class, () -> codec.decode(wire(payload)));
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> codec.decodeStaged(new RowKey("t", "{\"id\":\"" + ID + "\"}"), payload));
  }

  /** Spec 4.9a: bundles that are older than a nullable column can still be pulled. */
  @Test
  void aNullableColumnMayBeMissingOutsideSnapshots() {
    WireRow older = wire(payload("txt", "\"kept\"").replace(",\"bin\":null,\"ref\":null", ""));
    assertEquals(
        codec.decode(wire(payload("txt", "\"kept\""))).payload().orElseThrow().values(),
        codec.decode(older).payload().orElseThrow().values());
    assertThrows(RemoteResponseSemanticException.class, () -> codec.snapshotKey(older));
    assertEquals(
        new RowKey("t", "{\"id\":\"" + ID + "\"}"),
        codec.snapshotKey(wire(payload("txt", "\"kept\""))));
  }

  @Test
  void columnNamesAreReadInAnyCase() {
    assertEquals(
        7,
        codec
            .decode(wire(payload("num", "\"1\"").replace("\"num\"", "\"NUM\"")))
            .payload()
            .orElseThrow()
            .values()
            .size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"id\":\" \"}",
        "{\"id\":1}",
        "{\"other\":\"x\"}",
        "{\"id\":\"x\",\"b\":\"y\"}"
      })
  void aMalformedKeyIsRefused(String key) {
    assertThrows(RemoteResponseSemanticException.class, () -> codec.localKey("t", json(key)));
  }

  @Test
  void rowsOfElsewhereAreRefused() {
    ObjectNode key = json("{\"id\":\"" + ID + "\"}");
    Optional<ObjectNode> payload = Optional.of(json(payload("txt", "null")));
    for (WireRow row :
        List.of(
            new WireRow("other", "t", key, RowOperation.UPDATE, 1, payload),
            new WireRow("business", "unknown", key, RowOperation.UPDATE, 1, payload),
            new WireRow("business", "t", key, RowOperation.UPDATE, 0, payload),
            new WireRow("business", "t", key, RowOperation.UPDATE, 1, Optional.empty()),
            new WireRow("business", "t", key, RowOperation.DELETE, 1, payload))) {
      assertThrows(RemoteResponseSemanticException.class, () -> codec.decode(row));
    }
    assertEquals(
        new RowCodec.DecodedRow(
            new RowKey("t", "{\"id\":\"" + ID + "\"}"), RowOperation.DELETE, 1, Optional.empty()),
        codec.decode(new WireRow("business", "T", key, RowOperation.DELETE, 1, Optional.empty())));
  }

  @Test
  void keysOfBlobTablesAreDashedOnTheWireOnly() {
    RowKey key = codec.localKey("B", json("{\"ID\":\"" + ID + "\"}"));
    assertEquals(new RowKey("b", "{\"id\":\"000000000000400080000000000000aa\"}"), key);
    DirtyRow delete = new DirtyRow(key, RowOperation.DELETE, 1, Optional.empty(), 1);
    assertEquals(
        new RowCodec.Encoded("{\"id\":\"" + ID + "\"}", Optional.empty()),
        codec.encode(delete, Optional.empty()));
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> codec.localKey("b", json("{\"id\":\"" + ID.toUpperCase(Locale.ROOT) + "\"}")));
  }

  @Test
  void theKeyPolicyIsForKeysTheServerNeverSaw() {
    DirtyRow row =
        new DirtyRow(
            new RowKey("t", "{\"id\":\"k-1\"}"), RowOperation.DELETE, 1, Optional.empty(), 1);
    RowCodec.Unsendable policy = new RowCodec.Unsendable(QuarantineCause.KEY_POLICY);
    RowCodec.Encoded sent = new RowCodec.Encoded("{\"id\":\"k-1\"}", Optional.empty());
    assertEquals(policy, codec.encode(row, Optional.empty()));
    for (RowAuthority.Liveness liveness : RowAuthority.Liveness.values()) {
      assertEquals(sent, codec.encode(row, Optional.of(new RowAuthority(1, liveness))));
    }
    RowCodec anyText = new SqliteRowCodec(SCHEMA, KeyPolicy.ANY_TEXT);
    assertEquals(sent, anyText.encode(row, Optional.empty()));
    DirtyRow blank =
        new DirtyRow(
            new RowKey("t", "{\"id\":\" \"}"), RowOperation.DELETE, 1, Optional.empty(), 1);
    assertEquals(policy, anyText.encode(blank, Optional.empty()));
    DirtyRow shortBlob =
        new DirtyRow(
            new RowKey("b", "{\"id\":\"00\"}"), RowOperation.DELETE, 1, Optional.empty(), 1);
    assertEquals(policy, anyText.encode(shortBlob, Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ' ',
      value = {
        "dec \"3.0\" \"3\" true",
        "dec \"-0.0\" \"0.0\" true",
        "dec \"0.1\" \"0.10000000000000001\" true",
        "dec \"0.1\" \"0.1000000000000001\" false",
        "num \"9007199254740993\" \"9007199254740992\" false",
        "num \"1\" null false",
        "num null null true",
        "txt \"1\" \"1.0\" false",
        "txt \"2026-03-24T18:42:11Z\" \"2026-03-24T18:42:11+00:00\" false",
        "bin \"00ff\" \"00ff\" true",
        "bin \"00ff\" \"00fe\" false",
        "bin \"\" null false",
        "txt \"a\\u0062\" \"ab\" true"
      })
  void equivalenceIsByKind(String column, String one, String other, boolean equivalent) {
    assertEquals(equivalent, codec.equivalent("t", payload(column, one), payload(column, other)));
    assertEquals(equivalent, codec.equivalent("t", payload(column, other), payload(column, one)));
  }

  /** W-18: what binary64 cannot tell apart are two edits all the same. */
  @Test
  void w18IntegersBeyondBinary64AreTwoEdits() {
    for (long n : new long[] {1L << 53, -(1L << 53) - 1, Long.MAX_VALUE - 1}) {
      String one = payload("num", "\"" + n + "\"");
      String next = payload("num", "\"" + (n + 1) + "\"");
      assertTrue(codec.equivalent("t", one, one));
      assertFalse(codec.equivalent("t", one, next), one);
    }
  }

  @Test
  void mergedPayloadsAreCheckedAndNormalised() {
    RowKey key = new RowKey("t", "{\"id\":\"" + ID + "\"}");
    assertEquals(
        Optional.of(payload("dec", "\"0.1\"")),
        codec.normaliseLocal(key, json(payload("dec", "\"0.10000000000000001\""))));
    for (String refused :
        List.of(
            payload("num", "1"),
            payload("num", "\"x\""),
            payload("dec", "\"Inf\""),
            payload("bin", "\"0F\""),
            payload("flag", "true"),
            "{\"id\":\"" + ID + "\"}",
            payload("txt", "null").replace(ID, "other"))) {
      assertEquals(Optional.empty(), codec.normaliseLocal(key, json(refused)), refused);
    }
    assertFalse(codec.normaliseLocal(key, json(payload("txt", "\"ok\""))).isEmpty());
  }

  /** A row as an app may store it; the storage class follows from the Java type. */
  record Stored(
      String text, Long number, Boolean flag, Double real, byte[] bytes, byte[] reference) {}

  @Provide
  Arbitrary<Stored> stored() {
    return Combinators.combine(
            Arbitraries.strings()
                .withChars('a', '"', '\\', '\n', '\u001f', '\u007f', 'é', '\u2028')
                .ofMaxLength(4)
                .edgeCases(config -> config.add("\ud83d\ude00", "12.3000"))
                .injectNull(0.1),
            Arbitraries.longs().injectNull(0.1),
            Arbitraries.of(true, false).injectNull(0.1),
            Arbitraries.longs()
                .map(Double::longBitsToDouble)
                .filter(Double::isFinite)
                .edgeCases(
                    config ->
                        config.add(5e-324, 1e23, -0.0, Double.MAX_VALUE, -Double.MAX_VALUE, 0.1))
                .injectNull(0.1),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(4).injectNull(0.1),
            Arbitraries.bytes().array(byte[].class).ofSize(16).injectNull(0.1))
        .as(Stored::new);
  }

  @Provide
  Arbitrary<String> almostCanonical() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("+-0123456789.eE ").ofMaxLength(6),
        Arbitraries.longs().map(String::valueOf),
        Arbitraries.doubles().map(String::valueOf),
        Arbitraries.doubles().map(number -> Numbers.canonical(number)),
        Arbitraries.strings().withChars("AQgw+/=-_ ").ofMaxLength(9),
        Arbitraries.strings().withChars("0aAfF").ofLength(4).map(hex -> ID.substring(4) + hex),
        Arbitraries.strings().withChars("0aAfF").ofLength(4).map(hex -> hex + ID.substring(4)));
  }

  /** Property 55: a value has one spelling on the wire; whatever is accepted is that. */
  @Property(seed = "55", tries = 1000)
  void whatIsAcceptedIsCanonical(@ForAll("almostCanonical") String text) {
    for (String column : List.of("txt", "num", "flag", "dec", "bin", "ref")) {
      RowCodec.DecodedRow row;
      try {
        row = codec.decode(wire(payload(column, JsonText.quoted(text))));
      } catch (RemoteResponseSemanticException refused) {
        assertThrows(
            RemoteResponseSemanticException.class,
            () ->
                codec.decodeStaged(
                    new RowKey("t", "{\"id\":\"" + ID + "\"}"),
                    payload(column, JsonText.quoted(text))));
        continue;
      }
      int index = List.of("id", "txt", "num", "flag", "dec", "bin", "ref").indexOf(column);
      Object value = row.payload().orElseThrow().values().get(index);
      String local = value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : "" + value;
      assertEquals(JsonText.quoted(text), encoded(column, JsonText.quoted(local)), column);
    }
  }

  /**
   * Stored, captured, sent, received, applied: the same storage classes and bytes (property 54).
   */
  @Property(seed = "54", tries = 1000)
  void theWayToTheServerAndBackKeepsEveryValue(@ForAll("stored") Stored row) throws SQLException {
    TestDatabase db = storedIn;
    SqliteStore store = storedBy;
    db.run("DELETE FROM t");
    db.run("DELETE FROM b");
    db.run("DELETE FROM _sync_dirty_rows");
    if (row.reference() != null) {
      db.run("INSERT INTO b VALUES (?)", (Object) row.reference());
    }
    db.run(
        "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)",
        ID,
        row.text(),
        row.number(),
        row.flag(),
        row.real(),
        row.bytes(),
        row.reference());
    String all =
        "SELECT quote(id), quote(txt), quote(num), quote(flag), typeof(dec), dec + 0.0 = ?1"
            + " OR dec IS ?1, quote(bin), quote(ref), (SELECT group_concat(quote(id)) FROM b) FROM t";
    List<String> before = db.rows(all, row.real());
    store.write(
        tx -> {
          List<DirtyRow> dirty = tx.dirtyRows().all();
          assertEquals(row.reference() == null ? 1 : 2, dirty.size());
          for (DirtyRow each : dirty) {
            RowCodec.Encoded sent = (RowCodec.Encoded) store.codec().encode(each, Optional.empty());
            RowCodec.DecodedRow received =
                store
                    .codec()
                    .decode(
                        wire(
                            each.key().table(),
                            sent.wireKeyJson(),
                            sent.wirePayload().orElseThrow()));
            assertEquals(each.key(), received.key());
            String captured = tx.rows().live(each.key()).orElseThrow();
            assertEquals(each.payload().orElseThrow(), captured);
            tx.rows()
                .authoritative(
                    () -> {
                      tx.rows().delete(each.key());
                      tx.rows().upsert(each.key(), received.payload().orElseThrow());
                    });
            String applied = tx.rows().live(each.key()).orElseThrow();
            assertTrue(store.codec().equivalent(each.key().table(), captured, applied));
          }
          return null;
        });
    assertEquals(before, db.rows(all, row.real()));
  }

  /** Keys of triggers and keys of the codec meet as primary keys: SQLite decides the spelling. */
  @Test
  void keysAreSpelledAsSqliteSpellsThem() throws SQLException {
    StringBuilder every = new StringBuilder();
    for (char c = 1; c < 0x100; c++) {
      every.append(c);
    }
    every.append("\u2028\ufeff\ud83d\ude00");
    try (TestDatabase db = TestDatabase.temporary("")) {
      assertEquals(
          db.rows("SELECT json_object('i''d', ?)", every.toString()),
          List.of(JsonText.member("i'd", every.toString())));
    }
  }
}
