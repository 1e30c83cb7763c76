package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.CommittedBundle;
import dev.oversqlite4j.spi.SyncServer.PushAnswer;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.WireRow;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Revision June 2026: every line of wire-protocol 6.1 that is the client's. */
class JuneTest {
  private static final String HASH =
      "ad891de50e79af73d8ba3d79a262001e80e2d8cc007dc621d374fb8c84187707";
  private static final String ROW_0 = Wire.ROW_0.replace("\"3\"", "3").replace("\"0.25\"", "0.25");
  private static final String COMMITTED =
      june(Wire.committedPage(ROW_0 + "," + Wire.ROW_1, 1, "false"));
  private static final String CAPABILITIES =
      """
      {"protocol_version":"v1","schema_version":1,
       "registered_table_specs":[{"schema":"shop","table":"gadgets","sync_key_columns":["id"]}],
       "features":{"connect_lifecycle":true},
       "bundle_limits":{"default_rows_per_snapshot_chunk":10,"max_rows_per_snapshot_chunk":50}}
      """;

  private final Wire wire = new Wire();

  /** An answer of July without what June does not know. */
  private static String june(String july) {
    return july.replace(",\"canonical_request_hash\":\"" + Wire.HASH + "\"", "")
        .replace(Wire.BUNDLE_HASH, HASH);
  }

  @BeforeEach
  void detect() {
    wire.answer(CAPABILITIES);
    assertEquals(50, wire.server.capabilities(Wire.SOURCE).snapshotLimits().chunkRows());
    wire.taken();
  }

  @AfterEach
  void close() {
    wire.close();
  }

  @ParameterizedTest
  @CsvSource({
    "max_bytes_per_snapshot_row",
    "max_bytes_per_snapshot_chunk",
    "max_concurrent_snapshot_builds"
  })
  void isWhatLacksOneOfThreeLimits(String limit) {
    try (Wire other = new Wire()) {
      other.answer(Wire.CAPABILITIES_ANSWER.replace(limit, "x")).answer(june(Wire.STAGING_ANSWER));
      other.server.capabilities(Wire.SOURCE);
      Wire.call("create: staging").run().accept(other.server);
    }
  }

  @Test
  void theNextCapabilitiesDecideAgain() {
    wire.answer(Wire.CAPABILITIES_ANSWER).answer(june(Wire.STAGING_ANSWER));
    wire.server.capabilities(Wire.SOURCE);
    assertThrows(
        RemoteResponseDecodeException.class,
        () -> Wire.call("create: staging").run().accept(wire.server));
  }

  @Test
  void answersNeedNoRequestHashButMayNotContradictIt() {
    wire.answer(june(Wire.STAGING_ANSWER))
        .answer(june(Wire.ALREADY_COMMITTED_ANSWER))
        .answer(june(Wire.COMMIT_ANSWER))
        .answer(Wire.COMMIT_ANSWER)
        .answer(Wire.COMMIT_ANSWER.replace(Wire.HASH, "0".repeat(64)));
    Wire.call("create: staging").run().accept(wire.server);
    assertEquals(
        new PushAnswer.AlreadyCommitted(new CommittedBundle(12, HASH), PushAnswer.Content.UNKNOWN),
        wire.server.createPush(Wire.BUNDLE, Optional.empty()));
    Wire.call("commit").run().accept(wire.server);
    Wire.call("commit").run().accept(wire.server);
    RefusedException e =
        assertThrows(RefusedException.class, () -> Wire.call("commit").run().accept(wire.server));
    assertEquals(new Refusal.RequestHashMismatch(), e.refusal());
    // Ours is sent all the same.
    assertTrue(wire.taken().getBody().utf8().contains(Wire.HASH));
  }

  /** Wire-protocol 5.4: the hash of the worked example is over numbers, rows come out as text. */
  @Test
  void committedRowsOfTheWorkedExample() {
    wire.answer(COMMITTED);
    List<WireRow> rows =
        Wire.committedRows(wire.server, Wire.BUNDLE, new CommittedBundle(12, HASH));
    ObjectNode payload = rows.get(0).payload().orElseThrow();
    assertEquals("3", payload.get("qty").textValue());
    assertEquals("0.25", payload.get("ratio").textValue());
    assertTrue(payload.get("active").isBoolean());
    wire.answer(COMMITTED.replace("Tape", "Tope"));
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> Wire.committedRows(wire.server, Wire.BUNDLE, new CommittedBundle(12, HASH)));
    wire.answer(COMMITTED.replace("\"row_count\":2", "\"row_count\":0"));
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> Wire.committedRows(wire.server, Wire.BUNDLE, new CommittedBundle(12, HASH)));
  }

  @ParameterizedTest
  @CsvSource({
    "9007199254740993,9007199254740993",
    "-9223372036854775808,-9223372036854775808",
    "9223372036854775808,9223372036854776000",
    "1.50,1.5",
    "1e21,1e+21",
    "5E-324,5e-324",
    "0.0,0"
  })
  void numbersKeepTheirValue(String sent, String read) {
    wire.answer(Wire.PULL_ANSWER.replace("\"3\"", sent));
    assertEquals(
        read, Wire.pulledRows(wire.server).get(0).payload().orElseThrow().get("qty").textValue());
  }

  @Test
  void aPullBelowTheCheckpointSaysThatTheServerForgot() {
    String behind = "{\"stable_bundle_seq\":3,\"has_more\":false,\"bundles\":[]}";
    wire.answer(behind).answer(behind);
    RefusedException e =
        assertThrows(
            RefusedException.class,
            () -> wire.server.pull(Wire.SOURCE, 11, OptionalLong.empty(), Wire.IGNORED));
    assertEquals(new Refusal.CheckpointAhead(), e.refusal());
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> wire.server.pull(Wire.SOURCE, 11, OptionalLong.of(12), Wire.IGNORED));
  }

  @Test
  void otherSourcesMayBeCalledAnything() {
    wire.answer(Wire.PULL_ANSWER.replace("tablet-2", "une tablette à l'été"));
    wire.server.pull(Wire.SOURCE, 11, OptionalLong.empty(), Wire.IGNORED);
    wire.answer(Wire.PULL_ANSWER.replace("tablet-2", " "));
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> wire.server.pull(Wire.SOURCE, 11, OptionalLong.empty(), Wire.IGNORED));
  }

  @Test
  void snapshotsHaveNoBytes() {
    wire.answer(
            "{\"snapshot_id\":\"snap-1\",\"snapshot_bundle_seq\":0,\"row_count\":0,"
                + "\"expires_at\":\"2026-05-02T08:30:00Z\"}")
        .answer(Wire.SNAPSHOT_ANSWER)
        .answer(Wire.SNAPSHOT_PAGE_ANSWER.replaceFirst(",\"byte_count\":\\d+", ",\"new\":{}"));
    assertEquals(0, wire.server.createSnapshot(Wire.SOURCE, Optional.empty()).rowCount());
    SnapshotSession session = wire.server.createSnapshot(Wire.SOURCE, Optional.empty());
    // What cannot be checked is the same everywhere, so that sums over pages agree with it.
    assertEquals(0, session.byteCount());
    Capabilities limits = Wire.CAPABILITIES;
    assertEquals(0, wire.server.snapshotPage(Wire.SOURCE, session, limits, 0).byteCount());
    wire.taken();
    wire.taken();
    assertEquals(
        "/api/sync/snapshot-sessions/snap-1?after_row_ordinal=0&max_rows=10",
        wire.taken().getTarget());
  }

  /** What one revision answers is not taken for the other's where it matters. */
  @Test
  void anAnswerOfJulyHasAnotherHash() {
    wire.answer(Wire.COMMITTED_ANSWER);
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> Wire.committedRows(wire.server, Wire.BUNDLE, Wire.COMMITTED));
    assertNotEquals(HASH, Wire.BUNDLE_HASH);
  }
}
