package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The worked example of spec 5.4, through the wire. */
class HashExamplesTest {
  private static final String REEL = "7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44";
  private static final String OTHER = "0b5e6a2d-9f31-4c77-a1c8-6e2d4f7a9b10";

  private static ObjectNode reel(String madeAt) {
    return Rig.row(
        "INSERT",
        "gadgets",
        REEL,
        0,
        "active",
        "1",
        "blob",
        "AP8Q",
        "id",
        REEL,
        "made_at",
        madeAt,
        "memo",
        null,
        "qty",
        "3",
        "ratio",
        "0.25",
        "title",
        "Tape & Reel");
  }

  /** Bundles 1 to 11; the seventh touches the row the example deletes. */
  private static Client elevenBundles() {
    Client client = new Rig().ready("ann", "tablet-1");
    for (int i = 1; i <= 11; i++) {
      client
          .push(
              i,
              i == 7
                  ? Rig.row("INSERT", "gadgets", OTHER, 0, "title", "old")
                  : Rig.insertGadget(i, "filler"))
          .ok();
    }
    return client;
  }

  @Test
  void bundleHashOfTheExample() {
    Answer answer =
        elevenBundles()
            .push(12, reel("2026-05-02T08:15:30+00:00"), Rig.row("DELETE", "gadgets", OTHER, 7))
            .ok();
    assertEquals(12, answer.number("bundle_seq"));
    assertEquals(
        "b914c49be3d9d67c0b39347bc52504a49e5cf81b1ff20926c012fd8e84421565",
        answer.text("bundle_hash"));
  }

  @Test
  void requestHashOfTheExampleIsAcceptedAndEchoed() {
    String hash = "86ee7a77790094864d3165c7cf2df5ebc740bac050133a5c68c8421b69aabd7d";
    Client client = elevenBundles();
    Answer created = client.create(12, 2, hash).ok();
    assertEquals(hash, created.text("canonical_request_hash"));
    String pushId = created.text("push_id");
    List<ObjectNode> rows =
        List.of(reel("2026-05-02T08:15:30Z"), Rig.row("DELETE", "gadgets", OTHER, 7));
    client.chunk(pushId, 0, rows).ok();
    assertEquals(hash, client.commit(pushId).ok().text("canonical_request_hash"));
    assertEquals(hash, client.get("committed-bundles/12/rows").ok().text("canonical_request_hash"));
    assertEquals(hash, client.create(12, 2, Rig.ANY_HASH).ok().text("canonical_request_hash"));
  }

  @Test
  void hashDoesNotDependOnChunking() {
    Client client = new Rig().ready("ann", "a");
    List<ObjectNode> rows = List.of(Rig.insertGadget(1, "x"), Rig.insertGadget(2, "y"));
    String pushId = client.create(1, 2, Rig.hash(rows)).ok().text("push_id");
    client.chunk(pushId, 0, rows.subList(0, 1)).ok();
    client.chunk(pushId, 1, rows.subList(1, 2)).ok();
    client.commit(pushId).ok();
  }

  @Test
  void canonicalFormEscapesNothingTheWireEscapes() {
    Client client = new Rig().ready("ann", "a");
    String odd = "<&>\u2028\u2029\u001f\u007fé😀\"\\";
    client.push(1, Rig.insertGadget(1, odd)).ok();
    String body = client.get("pull").ok().response().text();
    assertEquals(odd, Json.parse(body).at("/bundles/0/rows/0/payload/title").asText());
    String raw = "\\u003c\\u0026\\u003e\\u2028\\u2029\\u001f\u007fé😀\\\"\\\\";
    assertEquals(true, body.contains(raw), body);
    assertEquals(true, body.endsWith("}\n"));
  }
}
