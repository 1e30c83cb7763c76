package dev.oversqlite4j.simulator.seam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class IncarnationTest {

  private static final Seam SLEEP = new Seam(Seam.Kind.SLEEP, "backoff");

  @Test
  void aCrashAtOneSeamEndsAllOfThem() {
    ScriptedSeams world = new ScriptedSeams(2);
    Incarnation process = new Incarnation(world);
    process.reach(SLEEP);
    assertFalse(process.isDead());
    SimulatedCrash crash = assertThrows(SimulatedCrash.class, () -> process.passed(SLEEP));
    assertEquals("simulated crash at SLEEP backoff", crash.getMessage());
    assertEquals(0, crash.getStackTrace().length);
    assertTrue(process.isDead());
    assertThrows(SimulatedCrash.class, () -> process.reach(SLEEP));
    assertThrows(SimulatedCrash.class, () -> process.fate("GET /"));
    assertEquals(2, world.met.size());
  }

  @Test
  void anActorThatWaitedWhileAnotherOneCrashedDoesNotGoOn() {
    ScriptedSeams world = new ScriptedSeams();
    Incarnation process = new Incarnation(world);
    world.whileLocked = seam -> process.die();
    assertThrows(
        SimulatedCrash.class, () -> process.reach(new Seam(Seam.Kind.LOCK, "BEGIN IMMEDIATE")));
  }
}
