package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Push sessions (spec 2.4 to 2.7, 3.4, 3.5). */
class PushTest {
  private final Rig rig = new Rig(ServerLimits.july().withRowsPerChunk(3));
  private final Client a = rig.ready("ann", "a");
  private final Client b = rig.client("ann", "b");
  private final Client stranger = rig.ready("bob", "x");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"source_bundle_id\":0,\"planned_row_count\":1,\"canonical_request_hash\":\"H\"}",
        "{\"source_bundle_id\":1,\"planned_row_count\":0,\"canonical_request_hash\":\"H\"}",
        "{\"source_bundle_id\":1,\"planned_row_count\":1}",
        "{\"source_bundle_id\":1,\"planned_row_count\":1,\"canonical_request_hash\":\"0A\"}",
        "{\"source_bundle_id\":1,\"planned_row_count\":1,\"canonical_request_hash\":\"H\","
            + "\"initialization_id\":\"i\"}"
      })
  void createChecksItsFields(String body) {
    a.post("push-sessions", body.replace("H", Rig.ANY_HASH)).refused("400 push_session_invalid");
  }

  @Test
  void createRefusesWrongTypes() {
    a.post("push-sessions", "{\"source_bundle_id\":\"1\"}").refused("400 invalid_request");
    a.post("push-sessions", "{\"source_bundle_id\":1.0}").refused("400 invalid_request");
  }

  /** Spec trap 13: the ordinal disappears at 0. */
  @Test
  void stagingOmitsTheZeroOrdinal() {
    Answer answer = a.create(1, 2, Rig.ANY_HASH).ok();
    assertEquals("staging", answer.text("status"));
    assertEquals(2, answer.number("planned_row_count"));
    assertEquals(Rig.ANY_HASH, answer.text("canonical_request_hash"));
    assertFalse(answer.json().has("next_expected_row_ordinal"));
  }

  @Test
  void createFollowsTheSourceSequence() {
    a.create(2, 1, Rig.ANY_HASH).refused("409 source_sequence_out_of_order");
    Answer committed = a.push(1, Rig.insertGadget(1, "x")).ok();
    a.create(3, 1, Rig.ANY_HASH).refused("409 source_sequence_out_of_order");
    Answer replay = a.create(1, 9, Rig.ANY_HASH).ok();
    assertEquals("already_committed", replay.text("status"));
    assertEquals(committed.text("bundle_hash"), replay.text("bundle_hash"));
    assertEquals("a", replay.text("source_id"));
    rig.server.prune("ann", 1);
    a.create(1, 1, Rig.ANY_HASH).refused("409 history_pruned");
    a.create(2, 1, Rig.ANY_HASH).ok();
  }

  @Test
  void alreadyCommittedWinsOverRetirementWhichWinsOverTheSequence() {
    a.push(1, Rig.insertGadget(1, "x")).ok();
    a.replace("a", "a2").ok();
    assertEquals("already_committed", a.create(1, 1, Rig.ANY_HASH).ok().text("status"));
    Answer retired = a.create(9, 1, Rig.ANY_HASH);
    retired.refused("409 source_retired");
    assertEquals("a", retired.text("source_id"));
    assertEquals("a2", retired.text("replaced_by_source_id"));
    rig.server.prune("ann", 1);
    a.create(1, 1, Rig.ANY_HASH).refused("409 source_retired");
  }

  @Test
  void createAgainRestartsTheSession() {
    ObjectNode row = Rig.insertGadget(1, "x");
    String first = a.stage(1, row);
    String second = a.stage(1, row);
    a.commit(first).refused("404 push_session_not_found");
    a.commit(second).ok();
    assertEquals(2, rig.server.acceptedChunks("ann", "a", 1));
    a.commit(second).refused("404 push_session_not_found");
  }

  @Test
  void chunkChecksStandInOrder() {
    List<ObjectNode> good = List.of(Rig.insertGadget(1, "x"));
    List<ObjectNode> bad = List.of(Rig.row("NOPE", "gadgets", Rig.gadget(1), 0));
    List<ObjectNode> four = IntStream.range(0, 4).mapToObj(i -> Rig.insertGadget(i, "x")).toList();
    // Row checks come before the session is even looked up.
    a.chunk("nonsense", -1, good).refused("400 push_chunk_invalid");
    a.chunk("nonsense", 0, List.of()).refused("400 push_chunk_invalid");
    a.chunk("nonsense", 0, four).refused("400 push_chunk_invalid");
    a.chunk("nonsense", 0, bad).refused("400 push_chunk_invalid");
    a.chunk("nonsense", 0, good).refused("404 push_session_not_found");
    a.chunk(Rig.NO_SUCH_ID, 0, good).refused("404 push_session_not_found");

    String pushId = a.create(1, 2, Rig.ANY_HASH).ok().text("push_id");
    rig.now += 899_999;
    stranger.chunk(pushId, 7, good).refused("403 push_session_forbidden");
    a.chunk(pushId, 7, good).refused("409 push_chunk_out_of_order");
    a.chunk(pushId, 0, four.subList(0, 3)).refused("400 push_chunk_invalid");
    Answer accepted = a.chunk(pushId, 0, good).ok();
    assertEquals(pushId, accepted.text("push_id"));
    assertEquals(1, accepted.number("next_expected_row_ordinal"));
    a.chunk(pushId, 0, good).refused("409 push_chunk_out_of_order");
    rig.now += 899_999;
    // Any source of the user may drive the session; the chunk before renewed it.
    b.chunk(pushId, 1, List.of(Rig.insertGadget(2, "y"))).ok();
    rig.now += 900_000;
    stranger.chunk(pushId, 2, good).refused("403 push_session_forbidden");
    a.chunk(pushId, 7, good).refused("410 push_session_expired");
    a.commit(pushId).refused("410 push_session_expired");
    a.delete("push-sessions/" + pushId).refused("410 push_session_expired");
    stranger.create(1, 1, Rig.ANY_HASH).ok();
    a.commit(pushId).refused("404 push_session_not_found");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{`op`:`UPSERT`}",
        "{`schema`:``}",
        "{`schema`:`other`}",
        "{`table`:`unknown`}",
        "{`table`:`bad-name`}",
        "{`key`:{}}",
        "{`key`:{`ID`:`0000006a-0000-4000-8000-000000000001`}}",
        "{`key`:{`id`:7}}",
        "{`key`:{`id`:`0000006A-0000-4000-8000-000000000001`}}",
        "{`payload`:null}",
        "{`payload`:[]}",
        "{`payload`:{`_sync_scope_id`:`x`}}",
        "{`payload`:{`bad-name`:`x`}}",
        "{`payload`:{`id`:`0000006a-0000-4000-8000-000000000002`}}",
        "{`payload`:{`id`:null}}",
        "{`payload`:{`blob`:`AP8`}}",
        "{`payload`:{`blob`:`AP8Q\\n`}}",
        "{`payload`:{`blob`:true}}",
        "{`payload`:{`qty`:3}}",
        "{`payload`:{`title`:`\\ud800`}}",
        "{`op`:`DELETE`,`payload`:null}",
        "{`op`:`DELETE`,`payload`:{}}"
      })
  void invalidRows(String overlay) {
    ObjectNode row = Rig.insertGadget(1, "x");
    row.setAll((ObjectNode) Json.parse(overlay.replace('`', '"')));
    String pushId = a.create(1, 1, Rig.ANY_HASH).ok().text("push_id");
    // Text and not a tree, so that a lone surrogate stays an escape.
    String body = "{\"start_row_ordinal\":0,\"rows\":[" + escaped(row) + "]}";
    a.post("push-sessions/" + pushId + "/chunks", body).refused("400 push_chunk_invalid");
  }

  private static String escaped(ObjectNode row) {
    return row.toString().replace("\ud800", "\\ud800");
  }

  @Test
  void namesAndOpAreNormalised() {
    ObjectNode row = Rig.row("insert ", "gadgets", Rig.gadget(1), 0, "title", "x");
    row.put("schema", " Shop").put("table", "GADGETS ");
    a.push(1, row).ok();
    assertEquals(1, rig.server.liveRows("ann", "gadgets").size());
  }

  @Test
  void oneRowTwice() {
    ObjectNode row = Rig.insertGadget(1, "x");
    String pushId = a.create(1, 2, Rig.hash(List.of(row, row))).ok().text("push_id");
    a.chunk(pushId, 0, List.of(row, row)).refused("400 push_chunk_invalid");
    a.chunk(pushId, 0, List.of(row)).ok();
    a.commit(pushId).refused("400 push_commit_invalid");
    a.chunk(pushId, 1, List.of(row)).ok();
    a.commit(pushId).refused("400 push_commit_invalid");
  }

  @Test
  void commitChecksTheAnnouncedHash() {
    String pushId = a.create(1, 1, Rig.ANY_HASH).ok().text("push_id");
    a.chunk(pushId, 0, List.of(Rig.insertGadget(1, "x"))).ok();
    a.commit(pushId).refused("400 push_commit_invalid");
  }

  @Test
  void commitChecksTheSourceSequenceAgain() {
    String pushId = a.stage(1, Rig.insertGadget(1, "x"));
    State raced = rig.server.state();
    raced.user("ann").sources.put("a", SourceState.unknown().committed(1));
    rig.server.restore(raced);
    a.commit(pushId).refused("409 source_sequence_changed");
  }

  @Test
  void retirementIsNotSeenByChunksButByCommit() {
    ObjectNode row = Rig.insertGadget(1, "x");
    String pushId = a.create(1, 1, Rig.hash(List.of(row))).ok().text("push_id");
    a.replace("a", "a2").ok();
    a.chunk(pushId, 0, List.of(row)).ok();
    Answer retired = a.commit(pushId);
    retired.refused("409 source_retired");
    assertEquals("a2", retired.text("replaced_by_source_id"));
    stranger.commit(pushId).refused("403 push_session_forbidden");
    a.delete("push-sessions/" + pushId);
    a.delete("push-sessions/" + pushId).refused("404 push_session_not_found");
  }

  @Test
  void deleteAnswers() {
    String pushId = a.create(1, 1, Rig.ANY_HASH).ok().text("push_id");
    a.delete("push-sessions/").refused("400 push_chunk_invalid");
    a.delete("push-sessions/nonsense").refused("404 push_session_not_found");
    stranger.delete("push-sessions/" + pushId).refused("403 push_session_forbidden");
    WireResponse gone = b.delete("push-sessions/" + pushId).response();
    assertEquals(204, gone.status());
    assertEquals(0, gone.body().length);
  }

  /** Spec 3.4: row 1 is live at 1, row 2 a tombstone at 2, row 3 missing. */
  @ParameterizedTest
  @CsvSource({
    "INSERT,1,0,conflict", "INSERT,1,1,conflict", "INSERT,2,0,conflict", "INSERT,2,2,ok",
    "INSERT,3,0,ok", "INSERT,3,1,conflict", "UPDATE,1,1,ok", "UPDATE,1,0,conflict",
    "UPDATE,2,2,conflict", "UPDATE,3,0,conflict", "DELETE,1,1,ok", "DELETE,1,2,conflict",
    "DELETE,2,2,conflict", "DELETE,3,0,conflict"
  })
  void conflictRule(String op, int row, long base, String outcome) {
    a.push(1, Rig.insertGadget(1, "one"), Rig.insertGadget(2, "two")).ok();
    a.push(2, Rig.row("DELETE", "gadgets", Rig.gadget(2), 1)).ok();
    ObjectNode pushed =
        op.equals("DELETE")
            ? Rig.row(op, "gadgets", Rig.gadget(row), base)
            : Rig.row(op, "gadgets", Rig.gadget(row), base, "title", "new");
    Answer answer = a.push(3, pushed);
    if (outcome.equals("ok")) {
      assertEquals(3, answer.ok().number("bundle_seq"));
      return;
    }
    answer.refused("409 push_conflict");
    JsonNode conflict = answer.json().path("conflict");
    assertEquals(op, conflict.path("op").asText());
    assertEquals(base, conflict.path("base_row_version").asLong());
    assertEquals(Rig.gadget(row), conflict.at("/key/id").asText());
    assertEquals(List.of(1L, 2L, 0L).get(row - 1), conflict.path("server_row_version").asLong());
    assertEquals(row == 2, conflict.path("server_row_deleted").asBoolean());
    assertTrue(conflict.has("server_row"));
    assertEquals(row == 1 ? "one" : "", conflict.at("/server_row/title").asText());
    assertEquals(2, rig.server.latestBundleSeq("ann"));
    // Nothing was consumed: the session is still there.
    assertEquals(1, rig.server.state().pushSessions.size());
  }

  @Test
  void firstConflictInPushOrderWins() {
    a.push(1, Rig.insertGadget(1, "x"), Rig.insertGadget(2, "x")).ok();
    Answer answer =
        a.push(2, Rig.insertGadget(3, "y"), Rig.insertGadget(2, "y"), Rig.insertGadget(1, "y"));
    assertEquals(Rig.gadget(2), answer.json().at("/conflict/key/id").asText());
    assertEquals(2, rig.server.liveRows("ann", "gadgets").size());
  }

  /** Spec 2.6, trap 3: every data error is a 500 and changes nothing. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gadgets|INSERT|memo=x",
        "gadgets|INSERT|title=x,nosuch=y",
        "gadgets|INSERT|title=x,qty=1.5",
        "gadgets|INSERT|title=x,qty=9223372036854775808",
        "gadgets|INSERT|title=x,ratio=fast",
        "gadgets|INSERT|title=x,active=2",
        "parts|INSERT|gadget_id=nope",
        "parts|INSERT|gadget_id=0000006a-0000-4000-8000-00000000ffff",
        "parts|INSERT|maker=nobody"
      })
  void dataErrors(String table, String op, String members) {
    a.push(1, Rig.insertGadget(1, "before")).ok();
    List<String> flat =
        List.of(members.split(",")).stream().flatMap(m -> List.of(m.split("=")).stream()).toList();
    String key = table.equals("parts") ? Rig.part(1) : Rig.gadget(9);
    String pushId =
        a.stage(
            2,
            Rig.insertGadget(8, "first"),
            Rig.row(op, table, key, 0, flat.toArray(String[]::new)));
    State before = rig.server.state();
    a.commit(pushId).refused("500 push_session_commit_failed");
    assertEquals(before, rig.server.state());
    assertEquals(before.toString(), rig.server.state().toString());
  }

  @Test
  void uniqueColumnsAreCheckedPerStatement() {
    a.push(1, maker("m1", 0, "1"), maker("m2", 0, null), maker("m3", 0, null)).ok();
    a.push(2, maker("m4", 0, "1")).refused("500 push_session_commit_failed");
    a.push(2, Rig.row("DELETE", "makers", "m1", 1), maker("m4", 0, "1")).ok();
    a.push(3, Rig.row("UPDATE", "makers", "m4", 2, "phone", "1")).ok();
  }

  private static ObjectNode maker(String code, long base, String phone) {
    return Rig.row("INSERT", "makers", code, base, "phone", phone);
  }

  @Test
  void foreignKeysAreCheckedAtTheEnd() {
    a.push(
            1,
            Rig.row("INSERT", "parts", Rig.part(1), 0, "holder_id", Rig.gadget(1)),
            Rig.insertGadget(1, "late"))
        .ok();
    a.push(2, Rig.row("DELETE", "gadgets", Rig.gadget(1), 1))
        .refused("500 push_session_commit_failed");
    a.push(
            2,
            Rig.row("DELETE", "gadgets", Rig.gadget(1), 1),
            Rig.row("DELETE", "parts", Rig.part(1), 1))
        .ok();
  }

  @Test
  void cascadesAreCapturedAfterTheirParent() {
    a.push(1, Rig.insertGadget(1, "x"), maker("m1", 0, null)).ok();
    a.push(
            2,
            Rig.row("INSERT", "parts", Rig.part(1), 0, "gadget_id", Rig.gadget(1), "maker", "m1"),
            Rig.row("INSERT", "parts", Rig.part(2), 0, "maker", "m1"))
        .ok();
    Answer answer =
        a.push(
                3,
                Rig.row("DELETE", "gadgets", Rig.gadget(1), 1),
                Rig.row("DELETE", "parts", Rig.part(1), 2),
                Rig.row("DELETE", "makers", "m1", 1))
            .ok();
    assertEquals(4, answer.number("row_count"));
    List<String> effects =
        rig.server.bundles("ann").get(2).rows().stream()
            .map(row -> row.op() + " " + row.key() + " " + row.rowVersion())
            .toList();
    assertEquals(
        List.of(
            "DELETE " + Rig.gadget(1) + " 3",
            "DELETE " + Rig.part(1) + " 3",
            "DELETE m1 3",
            "UPDATE " + Rig.part(2) + " 3"),
        effects);
    assertTrue(rig.server.liveRows("ann", "parts").get(Rig.part(2)).contains("\"maker\":null"));
    assertEquals(3, rig.server.rowVersions("ann", "parts").get(Rig.part(1)));
  }

  @Test
  void insertAndCascadedDeleteCancelOut() {
    a.push(1, Rig.insertGadget(1, "x")).ok();
    Answer answer =
        a.push(
                2,
                Rig.row("INSERT", "parts", Rig.part(1), 0, "gadget_id", Rig.gadget(1)),
                Rig.row("DELETE", "gadgets", Rig.gadget(1), 1))
            .ok();
    assertEquals(1, answer.number("row_count"));
    assertTrue(rig.server.rowVersions("ann", "parts").isEmpty());
  }

  @Test
  void updatesArePartialAndUnchangedUpdatesCount() {
    a.push(1, Rig.row("INSERT", "gadgets", Rig.gadget(1), 0, "title", "x", "qty", "+07")).ok();
    a.push(2, Rig.row("UPDATE", "gadgets", Rig.gadget(1), 1, "memo", "m", "ratio", "1.50")).ok();
    a.push(3, Rig.row("UPDATE", "gadgets", Rig.gadget(1), 2, "memo", "m", "active", "true")).ok();
    assertEquals(
        "{\"active\":true,\"blob\":null,\"id\":\""
            + Rig.gadget(1)
            + "\",\"made_at\":null,\"memo\":\"m\",\"qty\":\"7\",\"ratio\":\"1.5\",\"title\":\"x\"}",
        rig.server.liveRows("ann", "gadgets").get(Rig.gadget(1)));
    a.push(4, Rig.row("UPDATE", "gadgets", Rig.gadget(1), 3).set("payload", Json.object())).ok();
    assertEquals(4, rig.server.rowVersions("ann", "gadgets").get(Rig.gadget(1)));
  }

  /** Spec trap 5. */
  @Test
  void mixedCasePayloadNamesWriteNull() {
    a.push(1, Rig.row("INSERT", "gadgets", Rig.gadget(1), 0, "title", "x", "Memo", "lost")).ok();
    assertTrue(rig.server.liveRows("ann", "gadgets").get(Rig.gadget(1)).contains("\"memo\":null"));
  }

  /** Spec trap 4. */
  @Test
  void deleteRowsCarryNoPayloadInEitherDirection() {
    a.push(1, Rig.insertGadget(1, "x")).ok();
    a.push(2, Rig.row("DELETE", "gadgets", Rig.gadget(1), 1)).ok();
    JsonNode row = a.get("committed-bundles/2/rows").ok().json().at("/rows/0");
    assertFalse(row.has("payload"));
    assertEquals(2, row.path("row_version").asLong());
  }
}
