package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshot sessions and source replacement (spec 2.10 to 2.12). */
class SnapshotTest {
  private static final ServerLimits SMALL =
      ServerLimits.july()
          .withRowsPerChunk(2)
          .withSnapshotBytes(new ServerLimits.Range(900, 1000), 1000);
  private final Rig rig = new Rig(SMALL);
  private final Client a = rig.ready("ann", "a");
  private final Client stranger = rig.ready("bob", "x");

  private void fill() {
    a.push(1, Rig.insertGadget(2, "<Reel>é😀"), Rig.insertGadget(1, "x")).ok();
    a.push(2, Rig.row("INSERT", "parts", Rig.part(1), 0, "holder_id", Rig.gadget(1))).ok();
    a.push(3, Rig.insertGadget(3, "gone"), Rig.row("INSERT", "makers", "m", 0, "phone", null)).ok();
    a.push(4, Rig.row("DELETE", "gadgets", Rig.gadget(3), 3)).ok();
  }

  private static List<String> keys(Answer chunk) {
    return Rig.list(chunk.json().path("rows")).stream()
        .map(row -> row.path("key").elements().next().asText())
        .toList();
  }

  /** The row objects exactly as the body carries them. */
  private static long rowBytes(Answer chunk) {
    String text = chunk.response().text();
    String array = text.substring(text.indexOf("\"rows\":[") + 8, text.indexOf("],\"next_row"));
    int rows = chunk.json().path("rows").size();
    return array.getBytes(StandardCharsets.UTF_8).length - Math.max(0, rows - 1);
  }

  @Test
  void readsAllPagesInTableAndKeyOrder() {
    fill();
    Answer session = a.snapshot().ok();
    assertEquals(4, session.number("snapshot_bundle_seq"));
    assertEquals(4, session.number("row_count"));
    assertEquals("1970-01-01T00:31:40Z", session.text("expires_at"));
    a.push(5, Rig.row("DELETE", "makers", "m", 3)).ok();

    String id = session.text("snapshot_id");
    List<String> keys = new ArrayList<>();
    long bytes = 0;
    long cursor = 0;
    boolean more = true;
    while (more) {
      Answer chunk =
          a.get("snapshot-sessions/" + id + "?max_rows=9&after_row_ordinal=" + cursor).ok();
      assertEquals(chunk.number("byte_count"), rowBytes(chunk));
      assertEquals(cursor + keys(chunk).size(), chunk.number("next_row_ordinal"));
      keys.addAll(keys(chunk));
      bytes += chunk.number("byte_count");
      cursor = chunk.number("next_row_ordinal");
      more = chunk.json().path("has_more").asBoolean();
    }
    assertEquals(List.of(Rig.gadget(1), Rig.gadget(2), "m", Rig.part(1)), keys);
    assertEquals(session.number("byte_count"), bytes);
  }

  /** Spec 6.1: July clients reject any other member. */
  @Test
  void chunksAndRowsHaveExactlyTheKnownMembers() {
    fill();
    JsonNode chunk = a.get("snapshot-sessions/" + a.snapshot().text("snapshot_id")).ok().json();
    assertEquals(
        List.of(
            "snapshot_id",
            "snapshot_bundle_seq",
            "rows",
            "next_row_ordinal",
            "has_more",
            "byte_count"),
        chunk.properties().stream().map(Map.Entry::getKey).toList());
    assertEquals(
        new TreeSet<>(List.of("schema", "table", "key", "row_version", "payload")),
        new TreeSet<>(chunk.at("/rows/0").properties().stream().map(Map.Entry::getKey).toList()));
  }

  /** Spec trap 13: July always sends the byte count, also at 0. */
  @Test
  void anEmptySnapshot() {
    Answer session = a.post("snapshot-sessions", "{}").ok();
    assertEquals(0, session.number("snapshot_bundle_seq"));
    assertTrue(session.json().path("byte_count").isInt());
    assertTrue(session.json().path("row_count").isInt());
    Answer chunk = a.get("snapshot-sessions/" + session.text("snapshot_id")).ok();
    assertEquals(List.of(), keys(chunk));
    assertEquals(0, chunk.json().path("byte_count").asInt(-1));
    assertEquals(0, chunk.number("next_row_ordinal"));
    assertFalse(chunk.json().path("has_more").asBoolean());
  }

  @Test
  void theByteBudgetCutsPagesAndCanBeTooSmall() {
    fill();
    String target = "snapshot-sessions/" + a.snapshot().text("snapshot_id") + "?max_rows=2";
    Answer both = a.get(target).ok();
    long two = both.number("byte_count");
    Answer one = a.get(target + "&max_bytes=" + (two - 1)).ok();
    assertEquals(1, keys(one).size());
    long first = one.number("byte_count");
    assertEquals(1, keys(a.get(target + "&max_bytes=" + first).ok()).size());
    Answer refused = a.get(target + "&max_bytes=" + (first - 1));
    refused.refused("400 snapshot_chunk_too_small");
    assertEquals(first, refused.number("required_byte_count"));
    assertEquals(2, keys(a.get(target + "&max_bytes=99999").ok()).size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "after_row_ordinal=-1",
        "after_row_ordinal=x",
        "max_rows=0",
        "max_rows=x",
        "max_bytes=0"
      })
  void chunkChecksItsQueryFirst(String query) {
    a.get("snapshot-sessions/nonsense?" + query).refused("400 snapshot_chunk_invalid");
  }

  @Test
  void sessionErrorsInOrder() {
    fill();
    String id = a.snapshot().text("snapshot_id");
    a.get("snapshot-sessions/").refused("400 snapshot_chunk_invalid");
    a.get("snapshot-sessions/nonsense").refused("500 snapshot_chunk_failed");
    a.get("snapshot-sessions/" + Rig.NO_SUCH_ID).refused("404 snapshot_session_not_found");
    rig.now += 899_999;
    a.get("snapshot-sessions/" + id).ok();
    rig.now += 1;
    stranger.get("snapshot-sessions/" + id).refused("403 snapshot_session_forbidden");
    a.get("snapshot-sessions/" + id + "?max_bytes=1").refused("410 snapshot_session_expired");
    a.delete("snapshot-sessions/").refused("400 snapshot_chunk_invalid");
    a.delete("snapshot-sessions/nonsense").refused("500 snapshot_session_delete_failed");
    stranger.delete("snapshot-sessions/" + id).refused("403 snapshot_session_forbidden");
    assertEquals(204, a.delete("snapshot-sessions/" + id).response().status());
    a.delete("snapshot-sessions/" + id).refused("404 snapshot_session_not_found");
  }

  @Test
  void anyCreatePurgesExpiredSessions() {
    String id = a.snapshot().text("snapshot_id");
    rig.now += 900_000;
    a.get("snapshot-sessions/" + id).refused("410 snapshot_session_expired");
    stranger.snapshot().ok();
    a.get("snapshot-sessions/" + id).refused("404 snapshot_session_not_found");
  }

  @ParameterizedTest
  @CsvSource({
    "1,0,1000,row_count,4,1",
    "0,859,1000,byte_count,860,859",
    "0,0,200,row_byte_count,-1,200"
  })
  void limits(long rows, long bytes, long rowBytes, String dimension, long actual, long limit) {
    fill();
    Rig tight =
        new Rig(
            SMALL
                .withSnapshotSession(rows, bytes)
                .withSnapshotBytes(new ServerLimits.Range(900, 1000), rowBytes));
    tight.server.restore(rig.server.state());
    Client client = tight.client("ann", "a");
    Answer answer = client.replace("a", "a2");
    answer.refused("409 snapshot_session_limit_exceeded");
    assertEquals(dimension, answer.text("dimension"));
    assertEquals(limit, answer.number("limit"));
    assertTrue(answer.number("actual") > limit);
    if (actual > 0) {
      assertEquals(actual, answer.number("actual"));
    }
    // Same transaction: the replacement did not happen either.
    assertEquals(rig.server.sources("ann"), tight.server.sources("ann"));
  }

  @Test
  void capacityAnswersComeBeforeTheSessionIsLookedUp() {
    rig.server.refuseSnapshotBuilds(2, OptionalInt.of(7));
    Answer refused = a.snapshot();
    refused.refused("429 snapshot_build_capacity");
    assertEquals("7", refused.response().headers().get("Retry-After"));
    rig.client("nobody", "n").snapshot().refused("429 snapshot_build_capacity");
    String id = a.snapshot().ok().text("snapshot_id");
    rig.server.refuseSnapshotChunks(1, OptionalInt.empty());
    Answer busy = a.get("snapshot-sessions/" + id);
    busy.refused("429 snapshot_chunk_capacity");
    assertFalse(busy.response().headers().containsKey("Retry-After"));
    a.get("snapshot-sessions/" + id).ok();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[]",
        "{\"canonical_request_hash\":\"x\"}",
        "{\"source_replacement\":7}",
        "{\"source_replacement\":{}}",
        "{\"source_replacement\":{\"previous_source_id\":\"b\",\"new_source_id\":\"c\",\"reason\":\"source_retired\"}}",
        "{\"source_replacement\":{\"previous_source_id\":\"a\",\"new_source_id\":\"a\",\"reason\":\"source_retired\"}}",
        "{\"source_replacement\":{\"previous_source_id\":\"a\",\"new_source_id\":\" \",\"reason\":\"source_retired\"}}",
        "{\"source_replacement\":{\"previous_source_id\":\"a\",\"new_source_id\":\"c\",\"reason\":\"bored\"}}",
        "{\"source_replacement\":{\"previous_source_id\":\"a\",\"new_source_id\":\"c\",\"reason\":\"source_retired\",\"x\":1}}"
      })
  void createIsStrict(String body) {
    a.post("snapshot-sessions", body).refused("400 snapshot_session_invalid");
  }

  @Test
  void theScopeIsCheckedBeforeTheReplacement() {
    Client nobody = rig.client("nobody", "n");
    nobody.replace("other", "n2").refused("409 scope_uninitialized");
    nobody.post("snapshot-sessions", "{\"x\":1}").refused("400 snapshot_session_invalid");
  }

  /** The table of spec 2.10. */
  @ParameterizedTest
  @CsvSource({
    "unknown,unknown,200,true",
    "active,unknown,200,true",
    "reserved,unknown,200,true",
    "active,active,409 source_replacement_invalid,false",
    "unknown,reserved,409 source_replacement_invalid,false",
    "reserved,retired,409 source_replacement_invalid,false",
    "retired-same,unknown,200,true",
    "retired-same,reserved,200,false",
    "retired-same,active,200,false",
    "retired-same,retired,409 source_replacement_invalid,false",
    "retired-other,unknown,409 source_retired,false",
    "retired-other,active,409 source_retired,false"
  })
  void replacementTable(String previous, String next, String outcome, boolean changes) {
    State state = rig.server.state();
    put(state, "a", previous);
    put(state, "new", next);
    rig.server.restore(state);
    Answer answer = a.replace("a", "new");
    if (outcome.equals("200")) {
      answer.ok();
      SourceState old = rig.server.sources("ann").get("a");
      assertTrue(old.isRetired());
      assertEquals("new", old.replacedBy().orElse(""));
      assertFalse(rig.server.sources("ann").get("new").isRetired());
    } else {
      answer.refused(outcome);
    }
    if (outcome.endsWith("source_retired")) {
      assertEquals("a", answer.text("source_id"));
      assertEquals("someone", answer.text("replaced_by_source_id"));
    }
    if (changes) {
      assertEquals(SourceState.reserved(), rig.server.sources("ann").get("new"));
    } else {
      assertEquals(state.users.get("ann").sources, rig.server.sources("ann"));
    }
  }

  private static void put(State state, String id, String kind) {
    SourceState active = SourceState.unknown().committed(3);
    switch (kind) {
      case "active" -> state.user("ann").sources.put(id, active);
      case "reserved" -> state.user("ann").sources.put(id, SourceState.reserved());
      case "retired", "retired-other" ->
          state
              .user("ann")
              .sources
              .put(id, active.retired(java.util.Optional.of("someone"), "source_retired"));
      case "retired-same" ->
          state
              .user("ann")
              .sources
              .put(id, active.retired(java.util.Optional.of("new"), "source_retired"));
      default -> assertEquals("unknown", kind);
    }
  }

  /** Spec trap 29: a lost answer is repeated with the same new id, and only with it. */
  @Test
  void aLostReplacementAnswerIsRepeatable() {
    a.replace("a", "a2").ok();
    Answer again = a.replace("a", "a2").ok();
    assertNotEquals("", again.text("snapshot_id"));
    Answer diverged = a.replace("a", "a3");
    diverged.refused("409 source_retired");
    assertEquals("a2", diverged.text("replaced_by_source_id"));
    assertEquals(2, rig.server.sources("ann").size());
    a.snapshot().ok();
    a.connect("true").ok();
    rig.client("ann", "a2").push(1, Rig.insertGadget(1, "x")).ok();
    assertEquals(SourceState.Phase.ACTIVE, rig.server.sources("ann").get("a2").phase());
    a.replace("a", "a2").ok();
  }
}
