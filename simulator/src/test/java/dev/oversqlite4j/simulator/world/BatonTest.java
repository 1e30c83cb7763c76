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
  private static final Seam TURN = new Seam(Seam.Kind.TURN, "");

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

  /** Each is in a monitor when it wakes the other, which is in one, too. */
  @Test
  void actorsInMonitorsOfTheirOwnHandTheBatonToEachOther() {
    Baton baton = new Baton(new SplittableRandom(1), 100, Duration.ofSeconds(20));
    List<Baton.Task> tasks = new ArrayList<>();
    for (int device = 0; device < 2; device++) {
      Baton.Actor actor = new Baton.Actor("automatic downloads of device " + device, device);
      baton.admit(actor);
      Object monitor = new Object();
      tasks.add(
          task(
              actor,
              () -> {
                for (int turn = 0; turn < 2_000; turn++) {
                  synchronized (monitor) {
                    baton.inMonitor(actor, monitor, () -> baton.seam(actor, TURN));
                  }
                }
                order.add(actor.toString());
              }));
    }
    baton.run(tasks);
    baton.end();
    assertEquals(2, order.size());
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
