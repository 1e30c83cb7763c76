package dev.oversqlite4j.simulator.seam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TimeZone;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HashTraceTest {

  @Test
  void valuesThatDifferInStorageClassOrSplitHashDifferently() {
    List<Consumer<HashTrace>> different =
        List.of(
            t -> t.statement(1, "S", List.of()),
            t -> t.statement(1, "S", Arrays.asList((Object) null)),
            t -> t.statement(1, "S", List.of(1)),
            t -> t.statement(1, "S", List.of(2)),
            t -> t.statement(1, "S", List.of(1.0)),
            t -> t.statement(1, "S", List.of("1")),
            t -> t.statement(1, "S", List.of(new byte[] {'1'})),
            t -> t.statement(1, "S", List.of("ab", "c")),
            t -> t.statement(1, "S", List.of("a", "bc")),
            t -> t.committed("S"),
            t -> t.request(bytes("S")),
            t -> t.response(bytes("S")),
            t -> t.response(bytes("T")));
    Set<String> hashes = new LinkedHashSet<>();
    different.forEach(record -> hashes.add(hash(record)));
    assertEquals(different.size(), hashes.size());
  }

  @Test
  void theJavaTypeOfAnIntegerDoesNotMatter() {
    assertEquals(
        hash(t -> t.statement(1, "S", List.of(1, true, 2.5f))),
        hash(t -> t.statement(1, "S", List.of(1L, (short) 1, 2.5))));
  }

  @Test
  void nothingDependsOnZoneOrLocale() {
    Consumer<HashTrace> record =
        t -> t.statement(1, "SELECT 'İı'", List.of(new Timestamp(86_400_000), "ü", 1.5));
    String here = hash(record);
    TimeZone zone = TimeZone.getDefault();
    Locale locale = Locale.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
      Locale.setDefault(Locale.forLanguageTag("tr-TR"));
      assertEquals(here, hash(record));
    } finally {
      TimeZone.setDefault(zone);
      Locale.setDefault(locale);
    }
  }

  @Test
  void combiningKeepsTheTracesApartAndLeavesThemUsable() {
    HashTrace one = new HashTrace();
    HashTrace two = new HashTrace();
    one.committed("x");
    String combined = HashTrace.combined(List.of(one, two));
    assertEquals(combined, HashTrace.combined(List.of(one, two)));
    assertNotEquals(combined, HashTrace.combined(List.of(two, one)));
    two.committed("y");
    assertNotEquals(combined, HashTrace.combined(List.of(one, two)));
  }

  private static String hash(Consumer<HashTrace> record) {
    HashTrace trace = new HashTrace();
    record.accept(trace);
    return trace.hex();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
