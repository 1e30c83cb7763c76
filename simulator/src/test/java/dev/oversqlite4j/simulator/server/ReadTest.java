package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Committed bundles and pull (spec 2.8, 2.9, 3.6). */
class ReadTest {
  private final Rig rig = new Rig(ServerLimits.july().withRowsPerChunk(3).withMaxBundlesPerPull(2));
  private final Client a = rig.ready("ann", "a");
  private final Client b = rig.client("ann", "b");

  private void bundles(int count) {
    for (int i = 1; i <= count; i++) {
      a.push(i, Rig.insertGadget(i, "row " + i)).ok();
    }
  }

  private static List<Long> seqs(Answer answer) {
    return Rig.list(answer.json().path("bundles")).stream()
        .map(bundle -> bundle.path("bundle_seq").asLong())
        .toList();
  }

  private static List<String> keys(Answer answer) {
    return Rig.list(answer.json().path("rows")).stream()
        .map(row -> row.at("/key/id").asText())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0/rows",
        "-1/rows",
        "x/rows",
        "1/rows?max_rows=0",
        "1/rows?max_rows=-1",
        "1/rows?max_rows=x",
        "1/rows?after_row_ordinal=-1",
        "1/rows?after_row_ordinal=x"
      })
  void committedRowsChecksItsNumbers(String target) {
    a.get("committed-bundles/" + target).refused("400 committed_bundle_chunk_invalid");
  }

  @Test
  void committedRowsErrorsInOrder() {
    rig.client("nobody", "n")
        .get("committed-bundles/1/rows")
        .refused("500 committed_bundle_rows_failed");
    bundles(2);
    rig.server.prune("ann", 1);
    a.get("committed-bundles/1/rows?max_rows=0").refused("400 committed_bundle_chunk_invalid");
    a.get("committed-bundles/1/rows").refused("409 history_pruned");
    a.get("committed-bundles/3/rows").refused("404 committed_bundle_not_found");
    b.get("committed-bundles/2/rows").ok();
  }

  /** Spec trap 6: the first page must not carry a cursor. */
  @Test
  void committedRowsPagesByLastOrdinal() {
    a.push(
            1,
            IntStream.range(0, 3)
                .mapToObj(i -> Rig.insertGadget(i, "x"))
                .toArray(ObjectNode[]::new))
        .ok();
    Answer first = a.get("committed-bundles/1/rows?max_rows=2").ok();
    assertEquals(List.of(Rig.gadget(0), Rig.gadget(1)), keys(first));
    assertEquals(1, first.number("next_row_ordinal"));
    assertTrue(first.json().path("has_more").asBoolean());
    Answer second = a.get("committed-bundles/1/rows?after_row_ordinal=1&max_rows=2").ok();
    assertEquals(List.of(Rig.gadget(2)), keys(second));
    assertEquals(2, second.number("next_row_ordinal"));
    assertFalse(second.json().path("has_more").asBoolean());
    assertEquals(
        List.of(Rig.gadget(1), Rig.gadget(2)),
        keys(a.get("committed-bundles/1/rows?after_row_ordinal=0").ok()));
    Answer beyond = a.get("committed-bundles/1/rows?after_row_ordinal=9").ok();
    assertEquals(9, beyond.number("next_row_ordinal"));
    assertEquals(3, keys(a.get("committed-bundles/1/rows?max_rows=9999").ok()).size());
    assertEquals(3, beyond.number("row_count"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "after_bundle_seq=-1",
        "after_bundle_seq=x",
        "max_bundles=0",
        "max_bundles=3",
        "max_bundles=x",
        "target_bundle_seq=-1"
      })
  void pullChecksItsQueryFirst(String query) {
    rig.client("nobody", "n").get("pull?" + query).refused("400 invalid_request");
  }

  @Test
  void pullPagesUnderAFrozenCeiling() {
    bundles(3);
    Answer first = b.get("pull?after_bundle_seq=0&max_bundles=2").ok();
    assertEquals(List.of(1L, 2L), seqs(first));
    assertEquals(3, first.number("stable_bundle_seq"));
    assertTrue(first.json().path("has_more").asBoolean());
    a.push(4, Rig.insertGadget(4, "later")).ok();
    Answer second = b.get("pull?after_bundle_seq=2&max_bundles=2&target_bundle_seq=3").ok();
    assertEquals(List.of(3L), seqs(second));
    assertEquals(3, second.number("stable_bundle_seq"));
    assertFalse(second.json().path("has_more").asBoolean());
    Answer none = b.get("pull?after_bundle_seq=4").ok();
    assertTrue(none.json().path("bundles").isArray());
    assertEquals(List.of(), seqs(none));
    // Spec trap 10: a target beyond the end is echoed.
    assertEquals(
        9, b.get("pull?after_bundle_seq=4&target_bundle_seq=9").number("stable_bundle_seq"));
    JsonNode row = first.json().at("/bundles/0/rows/0");
    assertEquals("shop", row.path("schema").asText());
    assertEquals("INSERT", row.path("op").asText());
    assertEquals(1, row.path("row_version").asLong());
  }

  @Test
  void anEmptyScopePullsNothing() {
    Answer answer = a.get("pull").ok();
    assertEquals(0, answer.number("stable_bundle_seq"));
    assertEquals(List.of(), seqs(answer));
  }

  /** Spec 3.6: exactly at the floor is refused, 0 silently starts above it. */
  @ParameterizedTest
  @CsvSource({
    "0,0,200", "1,0,409", "2,0,409", "3,0,200", "0,2,409", "0,3,200", "4,0,200", "5,0,409"
  })
  void theFloorIsExclusiveAndTheEndInclusive(long after, long target, int status) {
    bundles(4);
    rig.server.prune("ann", 2);
    Answer answer = b.get("pull?after_bundle_seq=" + after + "&target_bundle_seq=" + target);
    assertEquals(status, answer.response().status());
    if (status == 409) {
      answer.refused(after == 5 ? "409 checkpoint_ahead" : "409 history_pruned");
    } else if (after == 0) {
      assertEquals(3L, seqs(answer).get(0));
    }
    assertEquals(2, rig.server.retainedFloor("ann"));
  }

  @Test
  void aFloorAtTheEndRefusesEveryPull() {
    bundles(1);
    rig.server.prune("ann", 1);
    a.get("pull").refused("409 history_pruned");
    a.get("pull?after_bundle_seq=2").refused("409 checkpoint_ahead");
    assertEquals(Optional.empty(), rig.server.bundles("ann").stream().findAny());
    // Row versions outlive history.
    a.push(2, Rig.row("DELETE", "gadgets", Rig.gadget(1), 1)).ok();
  }

  @Test
  void anOlderServerStateIsACheckpointAhead() {
    bundles(1);
    State older = rig.server.state();
    a.push(2, Rig.insertGadget(2, "lost")).ok();
    rig.server.restore(older);
    b.get("pull?after_bundle_seq=2").refused("409 checkpoint_ahead");
    a.create(3, 1, Rig.ANY_HASH).refused("409 source_sequence_out_of_order");
  }

  @Test
  void usersShareNothing() {
    bundles(1);
    Client other = rig.ready("bob", "a");
    assertEquals(List.of(), seqs(other.get("pull").ok()));
    other.get("committed-bundles/1/rows").refused("404 committed_bundle_not_found");
    assertEquals(1, other.push(1, Rig.insertGadget(1, "mine")).ok().number("bundle_seq"));
  }
}
