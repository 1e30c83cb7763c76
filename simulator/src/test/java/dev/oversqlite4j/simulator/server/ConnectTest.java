package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scope and lease (spec 2.3, 3.2). */
class ConnectTest {
  private final Rig rig = new Rig();
  private final Client a = rig.client("ann", "a");
  private final Client b = rig.client("ann", "b");
  private final List<ObjectNode> rows = List.of(Rig.insertGadget(1, "x"));

  @Test
  void anEmptyClientInitialisesAnEmptyScope() {
    assertEquals("initialize_empty", a.connect("false").ok().text("resolution"));
    assertEquals("remote_authoritative", b.connect("true").ok().text("resolution"));
    assertEquals("remote_authoritative", a.connect("false").ok().text("resolution"));
  }

  @Test
  void seedRaceOfTwoSources() {
    Answer first = a.connect("true").ok();
    String id = first.text("initialization_id");
    assertEquals("1970-01-01T00:31:40Z", first.text("lease_expires_at"));
    rig.now += 1_500;
    Answer second = b.connect("true").ok();
    assertEquals("retry_later", second.text("resolution"));
    assertEquals(898, second.number("retry_after_seconds"));
    b.connect("false").ok();
    b.create(1, 1, Rig.hash(rows), id).refused("409 initialization_stale");
    b.create(1, 1, Rig.hash(rows)).refused("400 push_session_invalid");
    a.get("pull").refused("409 scope_initializing");
    a.snapshot().refused("409 scope_initializing");

    String pushId = a.create(1, 1, Rig.hash(rows), id).ok().text("push_id");
    a.chunk(pushId, 0, rows).ok();
    assertEquals(1, a.commit(pushId).ok().number("bundle_seq"));
    assertInstanceOf(Scope.Initialized.class, rig.server.scope("ann"));
    assertEquals("remote_authoritative", b.connect("true").ok().text("resolution"));
  }

  @Test
  void theOwnerKeepsItsIdAndRefreshesItsLease() {
    String id = a.connect("true").ok().text("initialization_id");
    rig.now += 899_999;
    assertEquals(id, a.connect("true").ok().text("initialization_id"));
    rig.now += 899_999;
    assertEquals(1, b.connect("true").ok().number("retry_after_seconds"));
    assertEquals("initialize_empty", a.connect("false").ok().text("resolution"));
  }

  @Test
  void leaseExpiryIsLazyAndExact() {
    String id = a.connect("true").ok().text("initialization_id");
    String pushId = a.create(1, 1, Rig.hash(rows), id).ok().text("push_id");
    rig.now += 899_999;
    assertInstanceOf(Scope.Initializing.class, rig.server.scope("ann"));
    rig.now += 1;
    assertInstanceOf(Scope.Uninitialized.class, rig.server.scope("ann"));
    a.create(1, 1, Rig.hash(rows), id).refused("410 initialization_expired");
    a.create(1, 1, Rig.hash(rows)).refused("409 scope_uninitialized");
    a.get("pull").refused("409 scope_uninitialized");
    a.snapshot().refused("409 scope_uninitialized");
    assertNotEquals(id, b.connect("true").ok().text("initialization_id"));
    a.create(1, 1, Rig.hash(rows), id).refused("409 initialization_stale");
    a.commit(pushId).refused("404 push_session_not_found");
  }

  @Test
  void aStagedSeedLosesItsLease() {
    String id = a.connect("true").ok().text("initialization_id");
    String pushId = a.create(1, 2, Rig.ANY_HASH, id).ok().text("push_id");
    rig.now += 600_000;
    a.chunk(pushId, 0, rows).ok();
    rig.now += 600_000;
    // The chunk refreshed lease and session: both would have run out otherwise.
    a.chunk(pushId, 1, List.of(Rig.insertGadget(2, "y"))).ok();
    a.connect("false").ok();
    a.chunk(pushId, 2, rows).refused("409 initialization_stale");
    a.commit(pushId).refused("400 push_commit_invalid");
  }

  @Test
  void aCommitUnderALostLeaseIsStale() {
    String id = a.connect("true").ok().text("initialization_id");
    String pushId = a.create(1, 1, Rig.hash(rows), id).ok().text("push_id");
    a.chunk(pushId, 0, rows).ok();
    a.connect("false").ok();
    a.commit(pushId).refused("409 initialization_stale");
    assertEquals(0, rig.server.latestBundleSeq("ann"));
  }

  /** Spec trap 1. */
  @Test
  void aCommittedSeedIsFoundOnlyWithoutTheOldId() {
    String id = a.connect("true").ok().text("initialization_id");
    String pushId = a.create(1, 1, Rig.hash(rows), id).ok().text("push_id");
    a.chunk(pushId, 0, rows).ok();
    a.commit(pushId).ok();
    a.create(1, 1, Rig.hash(rows), id).refused("400 push_session_invalid");
    Answer found = a.create(1, 1, Rig.hash(rows)).ok();
    assertEquals("already_committed", found.text("status"));
    assertEquals(Rig.hash(rows), found.text("canonical_request_hash"));
  }
}
