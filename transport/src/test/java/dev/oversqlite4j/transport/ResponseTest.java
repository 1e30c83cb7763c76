package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.ProtocolVersionMismatchException;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.SnapshotCapabilitiesException;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every rule about answers: what breaks one is the documented error, and never accepted. */
class ResponseTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Members that may be absent, or whose absence has a meaning. */
  private static final Set<String> OPTIONAL =
      Set.of(
          "/features/connect_lifecycle",
          "/features/bundle_change_watch",
          // Without one of these it is the other revision (wire-protocol 6.3).
          "/bundle_limits/max_bytes_per_snapshot_row",
          "/bundle_limits/max_bytes_per_snapshot_chunk",
          "/bundle_limits/max_concurrent_snapshot_builds");

  private final Wire wire = new Wire();

  @AfterEach
  void close() {
    wire.close();
  }

  /** Each member of each answer: missing, twice, null, of another type, beyond 64 bits. */
  @TestFactory
  List<DynamicTest> members() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    for (Wire.Call call : Wire.CALLS) {
      tests.add(DynamicTest.dynamicTest(call + " accepted", () -> accept(call)));
      for (String pointer : pointers("", JSON.readTree(call.answer()))) {
        boolean limit = pointer.startsWith("/bundle_limits/");
        if (!OPTIONAL.contains(pointer)) {
          tests.add(
              DynamicTest.dynamicTest(
                  call + " without " + pointer,
                  () -> {
                    Class<? extends OversqliteException> expected =
                        limit
                            ? SnapshotCapabilitiesException.class
                            : pointer.endsWith("/key/id")
                                ? RemoteResponseSemanticException.class
                                : RemoteResponseDecodeException.class;
                    assertThrows(expected, () -> run(call, removed(call.answer(), pointer)));
                  }));
        }
        boolean object = JSON.readTree(call.answer()).at(pointer).isObject();
        for (String wrong :
            List.of("null", object ? "7" : "{}", "[1]", "1.5", "9223372036854775808", "1e2")) {
          tests.add(
              DynamicTest.dynamicTest(
                  call + " with " + pointer + " = " + wrong,
                  () ->
                      assertThrows(
                          RemoteResponseDecodeException.class,
                          () -> run(call, replaced(call.answer(), pointer, wrong)))));
        }
        tests.add(
            DynamicTest.dynamicTest(
                call + " with " + pointer + " twice",
                () ->
                    assertThrows(
                        RemoteResponseDecodeException.class,
                        () -> run(call, doubled(call.answer(), pointer)))));
      }
    }
    return tests;
  }

  private void accept(Wire.Call call) {
    run(call, call.answer() + "\n");
  }

  private void run(Wire.Call call, String answer) {
    wire.always(answer.getBytes(StandardCharsets.UTF_8));
    call.run().accept(wire.server);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "capabilities | /registered_table_specs/0/schema | ` `",
        "capabilities | /registered_table_specs/0/table | ``",
        "capabilities | /registered_table_specs/0/sync_key_columns | []",
        "capabilities | /registered_table_specs/0/sync_key_columns | ['id','x']",
        "capabilities | /registered_table_specs/0/sync_key_columns | [' ']",
        "connect | /resolution | `initialise`",
        "connect | /resolution | `remote_authoritative`",
        "connect | /resolution | `initialize_empty`",
        "connect | /initialization_id | `5D0C7C0E-6f0b-4a67-9b7e-0d4f8a1c2b33`",
        "create: staging | /push_id | `x`",
        "create: staging | /status | `unknown`",
        "create: staging | /planned_row_count | 3",
        "create: staging | /canonical_request_hash | `AB`",
        "create: already committed | /bundle_seq | 0",
        "create: already committed | /source_id | `tablet-2`",
        "create: already committed | /source_bundle_id | 5",
        "create: already committed | /row_count | -1",
        "create: already committed | /bundle_hash | ` `",
        "create: already committed | /canonical_request_hash | ``",
        "chunk | /push_id | `x`",
        "chunk | /next_expected_row_ordinal | 4",
        "commit | /bundle_seq | -1",
        "commit | /source_id | `tablet-2`",
        "commit | /source_bundle_id | 3",
        "commit | /row_count | -1",
        "commit | /bundle_hash | ``",
        "commit | /canonical_request_hash | `zz`",
        "committed rows | /bundle_seq | 13",
        "committed rows | /source_id | `tablet-2`",
        "committed rows | /source_bundle_id | 5",
        "committed rows | /row_count | 3",
        "committed rows | /bundle_hash | `x`",
        "committed rows | /next_row_ordinal | 2",
        "committed rows | /rows/0/schema | `other`",
        "committed rows | /rows/0/schema | ``",
        "committed rows | /rows/0/table | `other`",
        "committed rows | /rows/0/op | `UPSERT`",
        "committed rows | /rows/0/op | `DELETE`",
        "committed rows | /rows/0/row_version | 0",
        "committed rows | /rows/0/row_version | 13",
        "committed rows | /rows/0/key | {}",
        "committed rows | /rows/0/key | {'id':'a','b':'c'}",
        "committed rows | /rows/0/key | {'id':' '}",
        "committed rows | /rows/0/key | {'_sync_scope_id':'a'}",
        "committed rows | /rows/0/payload | {'_sync_scope_id':'a'}",
        "committed rows | /rows/0/payload/qty | `4`",
        "committed rows | /rows/1/payload | {}",
        "committed rows | /rows | []",
        "pull | /stable_bundle_seq | 10",
        "pull | /stable_bundle_seq | -1",
        "pull | /stable_bundle_seq | 13",
        "pull | /bundles | []",
        "pull | /bundles/0/bundle_seq | 11",
        "pull | /bundles/0/bundle_seq | 13",
        "pull | /bundles/0/source_id | `a b`",
        "pull | /bundles/0/source_id | ``",
        "pull | /bundles/0/source_bundle_id | 0",
        "pull | /bundles/0/rows/0/row_version | -1",
        "pull | /bundles/0/rows/0/schema | `other`",
        "create snapshot | /snapshot_id | ` `",
        "create snapshot | /snapshot_id | `..`",
        "create snapshot | /snapshot_bundle_seq | -1",
        "create snapshot | /snapshot_bundle_seq | 0",
        "create snapshot | /row_count | -1",
        "create snapshot | /row_count | 0",
        "create snapshot | /byte_count | 0",
        "create snapshot | /byte_count | -1",
        "create snapshot | /expires_at | ``",
        "create snapshot | /expires_at | `2026-05-02 08:30:00Z`",
        "create snapshot | /expires_at | `2026-13-02T08:30:00Z`",
        "snapshot page | /snapshot_id | `snap-2`",
        "snapshot page | /snapshot_bundle_seq | 11",
        "snapshot page | /next_row_ordinal | 2",
        "snapshot page | /byte_count | 1",
        "snapshot page | /byte_count | -1",
        "snapshot page | /byte_count | 2001",
        "snapshot page | /rows | []",
        "snapshot page | /rows/0/row_version | 0",
        "snapshot page | /rows/0/key/id | ` `",
        "snapshot page | /rows/0/table | `other`",
      })
  void valuesThatBreakARule(String name, String pointer, String value) throws Exception {
    Wire.Call call = Wire.call(name);
    String json =
        value.startsWith("[") || value.startsWith("{") || value.matches("-?\\d+")
            ? value.replace('\'', '"')
            : JSON.writeValueAsString(value);
    RemoteResponseSemanticException e =
        assertThrows(
            RemoteResponseSemanticException.class,
            () -> run(call, replaced(call.answer(), pointer, json)));
    assertEquals(call.op(), e.op());
  }

  @Test
  void protocolVersionComesBeforeEverythingElse() {
    ProtocolVersionMismatchException e =
        assertThrows(
            ProtocolVersionMismatchException.class,
            () -> run(Wire.call("capabilities"), "{\"protocol_version\":\"v2\"}"));
    assertEquals("v2", e.actual());
  }

  @Test
  void aTableIsRegisteredTwice() {
    String spec = "{\"schema\":\"shop\",\"table\":\"gadgets\",\"sync_key_columns\":[\"id\"]}";
    assertThrows(
        RemoteResponseSemanticException.class,
        () ->
            run(
                Wire.call("capabilities"),
                Wire.CAPABILITIES_ANSWER.replace(spec, spec + "," + spec)));
  }

  @ParameterizedTest
  @CsvSource({
    "/bundle_limits/default_rows_per_snapshot_chunk,51",
    "/bundle_limits/default_bytes_per_snapshot_chunk,2001",
    "/bundle_limits/max_bytes_per_snapshot_row,2001",
    "/bundle_limits/max_bytes_per_snapshot_row,0",
    "/bundle_limits/max_concurrent_snapshot_builds,-1",
    "/bundle_limits/max_concurrent_snapshot_chunk_requests,0"
  })
  void snapshotLimitsThatContradict(String pointer, String value) {
    assertThrows(
        SnapshotCapabilitiesException.class,
        () -> run(Wire.call("capabilities"), replaced(Wire.CAPABILITIES_ANSWER, pointer, value)));
  }

  @Test
  void snapshotOptionsBelowTheServersLargestRow() {
    for (boolean chunk : List.of(true, false)) {
      try (Wire small =
          new Wire(
              app -> app,
              options ->
                  chunk ? options.snapshotChunkBytes(499) : options.snapshotApplyBatchBytes(499))) {
        small.answer(Wire.CAPABILITIES_ANSWER);
        assertThrows(
            SnapshotCapabilitiesException.class, () -> small.server.capabilities(Wire.SOURCE));
      }
    }
  }

  @Test
  void anotherRequestHashIsARefusalOnceCommitted() {
    String other = Wire.HASH.replace('8', '9');
    for (String name : List.of("create: already committed", "commit", "committed rows")) {
      Wire.Call call = Wire.call(name);
      RefusedException e =
          assertThrows(
              RefusedException.class, () -> run(call, call.answer().replace(Wire.HASH, other)));
      assertEquals(new Refusal.RequestHashMismatch(), e.refusal());
    }
    // Nothing is stored yet: a bad echo is no reason to give up a source.
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> run(Wire.call("create: staging"), Wire.STAGING_ANSWER.replace(Wire.HASH, other)));
  }

  @Test
  void deletePayloadMayBeNull() {
    run(
        Wire.call("committed rows"),
        Wire.COMMITTED_ANSWER.replace("\"DELETE\",", "\"DELETE\",\"payload\":null,"));
  }

  @Test
  void unknownMembersAreTolerableOutsideSnapshotChunks() {
    for (Wire.Call call : Wire.CALLS) {
      String answer = call.answer().replaceFirst("\\{", "{\"new_member\":[1.5],");
      if (call.name().equals("snapshot page")) {
        assertThrows(RemoteResponseDecodeException.class, () -> run(call, answer));
      } else {
        run(call, answer);
      }
    }
    assertThrows(
        RemoteResponseDecodeException.class,
        () ->
            run(
                Wire.call("snapshot page"),
                Wire.SNAPSHOT_PAGE_ANSWER.replace("[{", "[{\"op\":\"INSERT\",")));
  }

  @Test
  void anEmptyBundleEndsAtMinusOneOrZero() {
    String empty = BundleHash.july().hex();
    for (int next : List.of(-1, 0)) {
      String page =
          Wire.committedPage("", next, "false")
              .replace(Wire.BUNDLE_HASH, empty)
              .replace("\"row_count\":2", "\"row_count\":0");
      assertTrue(
          Wire.committedRows(
                  wire.answer(page).server,
                  Wire.BUNDLE,
                  new dev.oversqlite4j.spi.SyncServer.CommittedBundle(12, empty))
              .isEmpty());
    }
  }

  @Test
  void pagesThatNeverEnd() {
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> run(Wire.call("committed rows"), Wire.committedPage("", -1, "true")));
    assertThrows(
        RemoteResponseSemanticException.class,
        () ->
            run(
                Wire.call("committed rows"),
                Wire.committedPage(Wire.ROW_0 + "," + Wire.ROW_1 + "," + Wire.ROW_1, 2, "true")));
    assertThrows(
        RemoteResponseSemanticException.class,
        () ->
            run(Wire.call("pull"), "{\"stable_bundle_seq\":12,\"has_more\":true,\"bundles\":[]}"));
  }

  @Test
  void theTargetOfAPullIsFixed() {
    wire.answer(Wire.PULL_ANSWER);
    assertThrows(
        RemoteResponseSemanticException.class,
        () -> wire.server.pull(Wire.SOURCE, 11, OptionalLong.of(13), Wire.IGNORED));
  }

  @Test
  void aSessionThatCannotBeUsedIsDeleted() {
    for (String broken :
        List.of(
            Wire.SNAPSHOT_ANSWER.replace("12", "-12"),
            Wire.SNAPSHOT_ANSWER.replace("\"row_count\":1", "\"row_count\":1,\"row_count\":1"),
            Wire.SNAPSHOT_ANSWER + "}")) {
      wire.answer(broken).answer(204, "");
      assertThrows(
          OversqliteException.class,
          () -> wire.server.createSnapshot(Wire.SOURCE, Optional.empty()));
      wire.taken();
      assertEquals("/api/sync/snapshot-sessions/snap-1", wire.taken().getTarget());
    }
  }

  /** Bytes of a valid answer changed, lost or added: an answer, or an error with a name. */
  @Property(seed = "20261121", tries = 150)
  void damagedBytes(
      @ForAll @IntRange(min = 0, max = 9) int which,
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 0, max = 4000) Integer> damage) {
    Wire.Call call = Wire.CALLS.get(which);
    byte[] bytes = call.answer().getBytes(StandardCharsets.UTF_8);
    for (int d : damage) {
      if (bytes.length == 0) {
        break;
      }
      int at = d % bytes.length;
      if (d % 3 == 0) {
        bytes = java.util.Arrays.copyOf(bytes, at);
      } else {
        bytes[at] ^= (byte) (1 << d % 8);
      }
    }
    try (Wire damaged = new Wire()) {
      damaged.always(bytes);
      call.run().accept(damaged.server);
    } catch (OversqliteException | RefusedException expected) {
      assertNotEquals(
          ErrorCategory.NETWORK, category(expected), "a damaged body is no network failure");
    }
  }

  private static ErrorCategory category(RuntimeException e) {
    return e instanceof OversqliteException o ? o.category() : ErrorCategory.STATE;
  }

  private static List<String> pointers(String prefix, JsonNode node) {
    List<String> found = new ArrayList<>();
    if (node instanceof ObjectNode object && !prefix.endsWith("/payload")) {
      object
          .properties()
          .forEach(
              member -> {
                found.add(prefix + "/" + member.getKey());
                found.addAll(pointers(prefix + "/" + member.getKey(), member.getValue()));
              });
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        found.addAll(pointers(prefix + "/" + i, array.get(i)));
      }
    }
    return found;
  }

  private static ObjectNode parent(JsonNode root, String pointer) {
    return (ObjectNode) root.at(pointer.substring(0, pointer.lastIndexOf('/')));
  }

  private static String name(String pointer) {
    return pointer.substring(pointer.lastIndexOf('/') + 1);
  }

  private static String removed(String answer, String pointer) throws Exception {
    JsonNode root = JSON.readTree(answer);
    parent(root, pointer).remove(name(pointer));
    return root.toString();
  }

  private static String replaced(String answer, String pointer, String json) throws Exception {
    JsonNode root = JSON.readTree(answer);
    parent(root, pointer)
        .putRawValue(name(pointer), new com.fasterxml.jackson.databind.util.RawValue(json));
    return JSON.writeValueAsString(root);
  }

  private static String doubled(String answer, String pointer) throws Exception {
    JsonNode root = JSON.readTree(answer);
    ObjectNode parent = parent(root, pointer);
    String value = parent.get(name(pointer)).toString();
    return replaced(answer, pointer, value + ",\"" + name(pointer) + "\":" + value);
  }
}
