package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class StateTest {

  /** Every kind of content at once, with ids of the given family. */
  private static Rig busy(String source, int family) {
    Rig rig = new Rig();
    Client client = rig.ready("ann", source);
    client.push(1, Rig.row("INSERT", "gadgets", Rig.id(family, 1), 0, "title", "x")).ok();
    client.push(2, Rig.row("DELETE", "gadgets", Rig.id(family, 1), 1)).ok();
    client.stage(3, Rig.row("INSERT", "gadgets", Rig.id(family, 2), 0, "title", "y"));
    client.snapshot().ok();
    rig.client("bob", source).connect("true").ok();
    return rig;
  }

  @Test
  void copiesAreIndependentAndEqual() {
    Rig rig = busy("a", 1);
    State before = rig.server.state();
    State copy = before.copy();
    assertEquals(before, copy);
    assertEquals(before.hashCode(), copy.hashCode());
    String text = before.toString();

    Client client = rig.client("ann", "a");
    client.push(3, Rig.insertGadget(5, "z")).ok();
    client.replace("a", "b").ok();
    rig.client("bob", "a").connect("false").ok();
    rig.server.prune("ann", 1);
    rig.server.refuseSnapshotBuilds(1, OptionalInt.empty());
    assertNotEquals(before, rig.server.state());
    assertEquals(before, copy);
    assertEquals(text, before.toString());

    rig.server.restore(copy);
    assertEquals(before, rig.server.state());
    client.push(3, Rig.insertGadget(6, "z")).ok();
    assertEquals(before, copy);
    assertEquals(text, copy.toString());
  }

  @Test
  void aRestoredServerGivesTheSameAnswers() {
    Rig rig = busy("a", 1);
    State saved = rig.server.state();
    String first = rig.client("ann", "a").push(3, Rig.insertGadget(7, "z")).response().text();
    rig.server.restore(saved);
    String second = rig.client("ann", "a").push(3, Rig.insertGadget(7, "z")).response().text();
    assertEquals(first, second);
  }

  @Test
  void fingerprintsIgnoreTheNamesOfIds() {
    Rig one = busy("a", 1);
    Rig two = busy("zz", 0xff);
    assertNotEquals(one.server.state(), two.server.state());
    assertEquals(one.server.state().fingerprint(one.now), two.server.state().fingerprint(two.now));
    assertEquals(one.server.state().toString(), two.server.state().toString());
  }

  @Test
  void fingerprintsIgnoreTheRawOrderOfKeys() {
    Rig one = new Rig();
    Rig two = new Rig();
    one.ready("ann", "a").push(1, Rig.insertGadget(1, "x"), Rig.insertGadget(2, "y")).ok();
    two.ready("ann", "a").push(1, Rig.insertGadget(2, "x"), Rig.insertGadget(1, "y")).ok();
    assertEquals(one.server.state().fingerprint(one.now), two.server.state().fingerprint(two.now));
  }

  @Test
  void fingerprintsSeeExpiryButNotTime() {
    Rig rig = busy("a", 1);
    State state = rig.server.state();
    assertEquals(state.fingerprint(rig.now), state.fingerprint(rig.now + 899_999));
    assertNotEquals(state.fingerprint(rig.now), state.fingerprint(rig.now + 900_000));
  }

  @Test
  void fingerprintsSeeEveryKindOfContent() {
    Rig rig = busy("a", 1);
    String base = rig.server.state().fingerprint(rig.now);
    State saved = rig.server.state();
    Runnable[] changes = {
      () -> rig.client("ann", "a").push(3, Rig.insertGadget(7, "z")).ok(),
      () -> rig.client("ann", "a").replace("a", "b").ok(),
      () -> rig.client("bob", "a").connect("false").ok(),
      () -> rig.server.prune("ann", 1),
      () -> rig.server.refuseSnapshotChunks(1, OptionalInt.empty()),
      () -> rig.server.setLifecycle(State.Lifecycle.DRAINING),
      () -> rig.client("ann", "a").create(3, 1, Rig.ANY_HASH).ok()
    };
    for (Runnable change : changes) {
      rig.server.restore(saved);
      assertEquals(base, rig.server.state().fingerprint(rig.now));
      change.run();
      assertNotEquals(base, rig.server.state().fingerprint(rig.now));
    }
  }

  @Test
  void aSharedNumberingKeepsIdsApart() {
    Rig rig = busy("a", 1);
    String shared = rig.server.state().fingerprint(rig.now, id -> "<" + id + ">");
    assertTrue(shared.contains("source <a> ACTIVE"), shared);
    assertTrue(shared.contains("<" + Rig.id(1, 1) + ">"), shared);
  }

  @Test
  void readsLeaveNoTrace() {
    Rig rig = busy("a", 1);
    State before = rig.server.state();
    Client client = rig.client("ann", "a");
    client.get("pull").ok();
    client.get("capabilities").ok();
    client.get("committed-bundles/1/rows").ok();
    rig.client("nobody", "n").get("pull").refused("409 scope_uninitialized");
    rig.client("nobody", "n").create(1, 1, Rig.ANY_HASH).refused("409 scope_uninitialized");
    rig.server.liveRows("ann", "makers");
    assertEquals(before, rig.server.state());
    assertEquals(before.toString(), rig.server.state().toString());
  }
}
