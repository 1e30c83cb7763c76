package dev.oversqlite4j.simulator.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.seam.Seam;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BatonTest {

  private static final Seam SEAM = new Seam(Seam.Kind.STATEMENT, "SELECT");

  private final List<String> order = new ArrayList<>();

  private static Baton.Task task(Baton.Actor actor, Runnable body) {
    return new Baton.Task(actor, Optional.empty(), body);
  }

  /** Switching at every seam: the other actor would run at the first one. */
  @Test
  void whileAnActorStandsInTheClientBeginsNothing() {
    Baton baton = new Baton(new SplittableRandom(1), 100, Baton.PATIENCE);
    Baton.Actor client = new Baton.Actor("device 0", 0);
    Baton.Actor app = new Baton.Actor("app 0", 0);
    baton.admit(client);
    baton.admit(app);
    Runnable restart =
        () -> {
          for (int seam = 0; seam < 20; seam++) {
            baton.seam(app, SEAM);
          }
          order.add("restarted");
        };
    baton.run(
        List.of(
            task(app, () -> baton.standIn(app, restart)), task(client, () -> order.add("called"))));
    baton.end();
    assertEquals(List.of("restarted", "called"), order);
  }

  @Test
  void whoWaitsForSomethingOutsideEndsTheRun() {
    Baton baton = new Baton(new SplittableRandom(1), 0, Duration.ofMillis(50));
    Baton.Actor app = new Baton.Actor("app 0", 0);
    baton.admit(app);
    CountDownLatch never = new CountDownLatch(1);
    Runnable waiting =
        () -> {
          try {
            never.await();
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        };
    Baton.Stuck stuck =
        assertThrows(Baton.Stuck.class, () -> baton.run(List.of(task(app, waiting))));
    assertTrue(stuck.getMessage().startsWith("app 0 has not come to a seam"), stuck.getMessage());
    assertTrue(baton.isStuck());
    baton.end();
    never.countDown();
  }
}
