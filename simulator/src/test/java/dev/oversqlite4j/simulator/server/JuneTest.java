package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Revision June 2026: every line of spec 6.1 that is the server's. */
class JuneTest {
  private static final String REEL = "7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44";
  private static final String OTHER = "0b5e6a2d-9f31-4c77-a1c8-6e2d4f7a9b10";
  private static final long MIB = 1024 * 1024;

  private final Rig rig = new Rig(Revision.JUNE_2026, ServerLimits.july());
  private final Client client = rig.ready("ann", "tablet-1");

  private static ObjectNode row(String op, int number, long base, String payload) {
    ObjectNode row = Rig.row(op, "gadgets", Rig.gadget(number), base);
    row.set("payload", Json.parse(payload));
    return row;
  }

  private JsonNode pulled() {
    return client.get("pull").ok().json().at("/bundles/0/rows/0/payload");
  }

  /** Spec 5.4. */
  @Test
  void bundleHashOfTheExample() {
    for (int i = 1; i <= 11; i++) {
      client
          .push(
              i,
              i == 7
                  ? Rig.row("INSERT", "gadgets", OTHER, 0, "title", "old")
                  : Rig.insertGadget(i, "filler"))
          .ok();
    }
    ObjectNode reel = Rig.row("INSERT", "gadgets", REEL, 0);
    reel.set(
        "payload",
        Json.parse(
            "{\"active\":true,\"blob\":\"AP8Q\",\"id\":\""
                + REEL
                + "\",\"made_at\":\"2026-05-02T08:15:30+00:00\",\"memo\":null,\"qty\":3,"
                + "\"ratio\":0.25,\"title\":\"Tape & Reel\"}"));
    Answer committed = client.push(12, reel, Rig.row("DELETE", "gadgets", OTHER, 7)).ok();
    assertEquals(
        "ad891de50e79af73d8ba3d79a262001e80e2d8cc007dc621d374fb8c84187707",
        committed.text("bundle_hash"));
  }

  @Test
  void capabilitiesKnowNoSnapshotBytes() {
    JsonNode limits = client.get("capabilities").ok().json().path("bundle_limits");
    assertTrue(limits.path("max_rows_per_snapshot_chunk").asLong() > 0);
    for (String absent :
        new String[] {
          "default_bytes_per_snapshot_chunk",
          "max_bytes_per_snapshot_chunk",
          "max_bytes_per_snapshot_row",
          "max_concurrent_snapshot_builds",
          "max_concurrent_snapshot_chunk_requests"
        }) {
      assertFalse(limits.has(absent), absent);
    }
  }

  @Test
  void theRequestHashIsIgnoredAndNeverRepeated() {
    String pushId = client.create(1, 1, "not a hash").ok().text("push_id");
    client.chunk(pushId, 0, java.util.List.of(Rig.insertGadget(1, "x"))).ok();
    assertFalse(client.commit(pushId).ok().json().has("canonical_request_hash"));
    assertFalse(client.create(1, 1, "").ok().json().has("canonical_request_hash"));
    assertFalse(client.get("committed-bundles/1/rows").ok().json().has("canonical_request_hash"));
  }

  /** Spec 4.4: numbers and strings come in, numbers go out, bundles are rounded. */
  @Test
  void numbersTravelAsNumbers() {
    client
        .push(
            1,
            row(
                "INSERT",
                1,
                0,
                "{\"title\":5,\"qty\":\"9007199254740993\",\"ratio\":\"0.5\",\"active\":0}"))
        .ok();
    assertEquals("5", pulled().path("title").textValue());
    assertEquals(9007199254740992L, pulled().path("qty").longValue());
    assertTrue(pulled().path("ratio").isNumber());
    assertFalse(pulled().path("active").asBoolean());
    String snapshot = client.snapshot().ok().text("snapshot_id");
    JsonNode exact =
        client.get("snapshot-sessions/" + snapshot).ok().json().at("/rows/0/payload/qty");
    assertEquals(9007199254740993L, exact.longValue());
  }

  @Test
  void aNumberIsRoundedOnItsWayInAndARowWithBytesOnItsWayOut() {
    client.push(1, row("INSERT", 1, 0, "{\"title\":\"x\",\"qty\":9007199254740993}")).ok();
    assertTrue(
        rig.server.liveRows("ann", "gadgets").get(Rig.gadget(1)).contains("\"9007199254740992\""));
    client
        .push(
            2,
            row("INSERT", 2, 0, "{\"title\":\"x\",\"blob\":\"AP8Q\",\"qty\":\"9007199254740993\"}"))
        .ok();
    String snapshot = client.snapshot().ok().text("snapshot_id");
    assertEquals(
        9007199254740992L,
        client.get("snapshot-sessions/" + snapshot).json().at("/rows/1/payload/qty").longValue());
  }

  @ParameterizedTest
  @CsvSource({"1.0,200", "1.5,500", "1e21,500", "true,500", "'\"7\"',200"})
  void whatABigintTakes(String qty, int status) {
    Answer answer = client.push(1, row("INSERT", 1, 0, "{\"title\":\"x\",\"qty\":" + qty + "}"));
    assertEquals(status, answer.response().status(), answer.response().text());
  }

  @Test
  void aPullAheadIsAnswered() {
    Answer answer = client.get("pull?after_bundle_seq=9").ok();
    assertEquals(0, answer.number("stable_bundle_seq"));
  }

  @Test
  void snapshotsCountPayloadBytesAndIgnoreBudgets() {
    assertFalse(client.snapshot().ok().json().has("byte_count"));
    client.push(1, Rig.row("INSERT", "makers", "a", 0, "phone", "1")).ok();
    rig.server.refuseSnapshotBuilds(1, OptionalInt.empty());
    rig.server.refuseSnapshotChunks(1, OptionalInt.empty());
    Answer session = client.snapshot().ok();
    assertEquals("{\"code\":\"a\",\"phone\":\"1\"}".length(), session.number("byte_count"));
    Answer chunk =
        client.get("snapshot-sessions/" + session.text("snapshot_id") + "?max_bytes=x").ok();
    assertEquals(1, Rig.list(chunk.json().path("rows")).size());
    assertFalse(chunk.json().has("byte_count"));
  }

  @Test
  void aSnapshotBeyondItsLimitIsJustAFailure() {
    Rig small = new Rig(Revision.JUNE_2026, ServerLimits.july().withSnapshotSession(1, 4 * MIB));
    Client one = small.ready("ann", "a");
    one.push(1, Rig.insertGadget(1, "x"), Rig.insertGadget(2, "x")).ok();
    one.snapshot().refused("500 snapshot_session_create_failed");
  }

  @Test
  void sourceIdsMayHoldAnything() {
    rig.client("ann", "tablette à l'été").connect("true").ok();
  }
}
