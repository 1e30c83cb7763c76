package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.RowKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RequestHashTest {

  private static final String INSERTED = "7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44";
  private static final String DELETED = "0b5e6a2d-9f31-4c77-a1c8-6e2d4f7a9b10";

  private static FrozenRow row(
      long ordinal, String table, String id, RowOperation op, long base, String payload) {
    String key = "{\"id\":\"" + id + "\"}";
    return new FrozenRow(
        ordinal,
        new RowKey(table, key),
        key,
        op,
        base,
        Optional.ofNullable(payload),
        Optional.ofNullable(payload));
  }

  /** Spec 6. */
  @Test
  void theVectorOfTheNumericContract() {
    String payload =
        "{\"id\":\"n-1\",\"small_count\":\"-32768\",\"count\":\"2147483647\","
            + "\"large_count\":\"9007199254740993\",\"ratio\":\"1.2345678901234567\","
            + "\"score\":\"5e-324\",\"amount\":\"1234567890.123456789\",\"enabled\":\"1\"}";
    assertEquals(
        "ce9f4105cdda62a7705ef32476ebb3b3737fb44866a4bf4eedfeaaa571eb443a",
        RequestHash.of(
            "business", List.of(row(0, "numeric_values", "n-1", RowOperation.INSERT, 0, payload))));
  }

  /** Wire-protocol 5.4. */
  @Test
  void theWorkedExample() {
    String payload =
        "{\"id\":\""
            + INSERTED
            + "\",\"title\":\"Tape & Reel\",\"qty\":\"3\",\"ratio\":\"0.25\",\"active\":\"1\","
            + "\"made_at\":\"2026-05-02T08:15:30Z\",\"blob\":\"AP8Q\",\"memo\":null}";
    assertEquals(
        "86ee7a77790094864d3165c7cf2df5ebc740bac050133a5c68c8421b69aabd7d",
        RequestHash.of(
            "shop",
            List.of(
                row(0, "gadgets", INSERTED, RowOperation.INSERT, 0, payload),
                row(1, "gadgets", DELETED, RowOperation.DELETE, 7, null))));
  }

  /** SHA-256 of two brackets. */
  @Test
  void noRowsAreAnEmptyArray() {
    assertEquals(
        "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
        RequestHash.of("s", List.of()));
  }

  @Provide
  Arbitrary<Map<String, String>> payloads() {
    Arbitrary<String> texts =
        Arbitraries.strings()
            .withChars('a', 'B', '"', '\\', '<', '&', '\n', '\u001f', '\u007f', 'é', '\u2028')
            .withCharRange('0', '9')
            .ofMaxLength(6);
    return Arbitraries.maps(texts, texts.injectNull(0.1)).ofMaxSize(6);
  }

  /** Property 56: neither the order of members nor spaces nor the locale make another hash. */
  @Property(seed = "56", tries = 1000)
  void onlyContentCounts(
      @ForAll("payloads") Map<String, String> payload,
      @ForAll long order,
      @ForAll("locales") String locale) {
    List<String> members = new ArrayList<>(members(payload, ":"));
    String hash = hash("{" + String.join(",", members) + "}");
    Collections.shuffle(members, new Random(order));
    List<String> spaced = new ArrayList<>(members(payload, " : \n"));
    Collections.shuffle(spaced, new Random(order + 1));
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag(locale));
    try {
      assertEquals(hash, hash("{" + String.join(",", members) + "}"));
      assertEquals(hash, hash("{ " + String.join(" ,\t", spaced) + " }"));
    } finally {
      Locale.setDefault(before);
    }
    members.add("\"one more\":null");
    assertNotEquals(hash, hash("{" + String.join(",", members) + "}"));
  }

  @Provide
  Arbitrary<String> locales() {
    return Arbitraries.of("en-US", "tr-TR", "ar-EG", "de-DE");
  }

  private static List<String> members(Map<String, String> payload, String colon) {
    return payload.entrySet().stream()
        .map(
            e ->
                TextNode.valueOf(e.getKey())
                    + colon
                    + (e.getValue() == null ? "null" : TextNode.valueOf(e.getValue())))
        .collect(Collectors.toList());
  }

  private static String hash(String payload) {
    return RequestHash.of("s", List.of(row(0, "t", "k", RowOperation.INSERT, 1, payload)));
  }
}
