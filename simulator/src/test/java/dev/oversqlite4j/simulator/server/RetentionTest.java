package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client that has to rebuild meets: pruned history, retired sources, an older state. */
class RetentionTest {

  @ParameterizedTest
  @EnumSource(Revision.class)
  void onlyTheLatestBundlesAreKept(Revision revision) {
    Rig rig = new Rig(revision, ServerLimits.july().withRetainedBundles(2));
    Client a = rig.ready("ann", "a");
    for (int i = 1; i <= 4; i++) {
      a.push(i, Rig.insertGadget(i, "x")).ok();
    }
    assertEquals(2, rig.server.retainedFloor("ann"));
    a.get("pull?after_bundle_seq=2").refused("409 history_pruned");
    a.get("pull?after_bundle_seq=3").ok();
    a.get("committed-bundles/2/rows").refused("409 history_pruned");
    a.get("committed-bundles/3/rows").ok();
    a.create(2, 1, Rig.ANY_HASH).refused("409 history_pruned");
    assertEquals("already_committed", a.create(3, 1, Rig.ANY_HASH).ok().text("status"));
    assertEquals(4, rig.server.liveRows("ann", "gadgets").size());
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void aSourceRetiredElsewhereIsReplacedByItsSuccessorOnly(Revision revision) {
    Rig rig = new Rig(revision, ServerLimits.july());
    Client a = rig.ready("ann", "a");
    a.push(1, Rig.insertGadget(1, "x")).ok();
    rig.server.retire("ann", "a", Optional.of("b"));
    Answer refused = a.create(2, 1, Rig.ANY_HASH);
    refused.refused("409 source_retired");
    assertEquals("a", refused.text("source_id"));
    assertEquals("b", refused.text("replaced_by_source_id"));
    assertEquals("already_committed", a.create(1, 1, Rig.ANY_HASH).ok().text("status"));
    a.replace("a", "c").refused("409 source_retired");
    a.replace("a", "b").ok();
    a.replace("a", "b").ok();
    rig.client("ann", "b").push(1, Rig.insertGadget(2, "y")).ok();
    a.replace("a", "b").ok();
  }

  @Test
  void aSourceRetiredWithoutSuccessorTakesTheFirstOne() {
    Rig rig = new Rig();
    Client a = rig.ready("ann", "a");
    rig.server.retire("ann", "a", Optional.empty());
    Answer refused = a.create(1, 1, Rig.ANY_HASH);
    refused.refused("409 source_retired");
    assertFalse(refused.json().has("replaced_by_source_id"));
    a.replace("a", "b").ok();
    a.replace("a", "b").ok();
    a.replace("a", "c").refused("409 source_retired");
    assertEquals(Optional.of("b"), rig.server.sources("ann").get("a").replacedBy());
  }

  @Test
  void statusCountsWhatIsKept() {
    Rig rig = new Rig(ServerLimits.july().withRetainedBundles(2));
    Client a = rig.ready("ann", "a");
    for (int i = 1; i <= 3; i++) {
      a.push(i, Rig.insertGadget(i, "x")).ok();
    }
    a.get("pull?after_bundle_seq=1").refused("409 history_pruned");
    Answer status = status(rig, "status");
    assertEquals("healthy", status.ok().text("status"));
    assertEquals(3, status.number("latest_bundle_seq_max"));
    assertEquals(1, status.number("retained_bundle_floor_max"));
    assertEquals(2, status.number("retained_bundle_window_min"));
    assertEquals(1, status.number("history_pruned_error_count"));
    assertEquals(3, status.number("committed_bundle_count"));
    rig.server.setLifecycle(State.Lifecycle.DRAINING);
    assertEquals("shutting_down", status(rig, "status").ok().text("lifecycle"));
    assertEquals(503, status(rig, "health").response().status());
  }

  private static Answer status(Rig rig, String which) {
    return new Answer(
        rig.server.handle(WireRequest.of("GET", "/syncx/" + which, Map.of(), new byte[0])));
  }

  @Test
  void watchTellsTheLatestBundleAndWhoMadeIt() throws Exception {
    Rig rig = new Rig();
    Client a = rig.client("ann", "a");
    rig.server.offerWatch(State.WatchOffer.FORBIDDEN);
    a.get("watch?after_bundle_seq=x").refused("403 bundle_change_watch_forbidden");
    rig.server.offerWatch(State.WatchOffer.ON);
    a.get("watch?after_bundle_seq=x").refused("400 invalid_request");
    a.get("watch").refused("409 scope_uninitialized");
    a.connect("false").ok();
    assertEquals("", a.get("watch").ok().response().text());
    assertEquals(Optional.empty(), rig.server.nextHint("ann", 0, 0));
    a.push(1, Rig.insertGadget(1, "x")).ok();
    a.push(2, Rig.insertGadget(2, "x")).ok();
    assertEquals(
        "event: bundle\ndata: {\"bundle_seq\":2}\n\n",
        a.get("watch?after_bundle_seq=1").ok().response().text());
    assertEquals("", a.get("watch?after_bundle_seq=2").ok().response().text());
    assertEquals(
        List.of(
            "event: bundle\ndata: {\"bundle_seq\":2,\"source_id\":\"a\",\"source_bundle_id\":2}\n\n"),
        rig.server.nextHint("ann", 0, 0).stream().toList());
  }
}
