package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.AutomaticDownloadOptions;
import dev.oversqlite4j.AutomaticDownloads;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.WatchMode;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.spi.Sleeper;
import dev.oversqlite4j.spi.Worker;
import java.time.Duration;

/**
 * How the threads of one simulated process begin and wait: nothing runs beside the actors, and an
 * actor that waits lets others go on. Automatic downloads run on the thread that starts them.
 */
final class Threads implements Sleeper, Worker {

  private static final Seam OTHER_TIME = new Seam(Seam.Kind.TURN, "time for others");
  private static final Seam END_OF_DOWNLOADS =
      new Seam(Seam.Kind.TURN, "end of automatic downloads");

  private final World world;
  private final Device device;
  private final Incarnation process;
  private final ThreadLocal<Loop> loopOfThread = new ThreadLocal<>();

  Threads(World world, Device device, Incarnation process) {
    this.world = world;
    this.device = device;
    this.process = process;
  }

  /** One loop of automatic downloads. */
  private static final class Loop {
    private final Runnable work;
    private int sleepsLeft;
    private boolean closed;
    private boolean ended;

    Loop(Runnable work) {
      this.work = work;
    }
  }

  /**
   * Automatic downloads on the calling thread, until they are closed.
   *
   * @param sleeps how often they may sleep; the next time, they are closed
   */
  void download(OversqliteClient client, WatchMode watch, int sleeps) {
    AutomaticDownloads downloads =
        client.startAutomaticDownloads(AutomaticDownloadOptions.builder().watch(watch).build());
    Loop loop = loopOfThread.get();
    loop.sleepsLeft = sleeps;
    try {
      loop.work.run();
    } finally {
      loop.ended = true;
      loopOfThread.remove();
      // The loop leaves its interrupt to its thread, which is that of an actor here.
      Thread.interrupted();
    }
    downloads.close();
  }

  @Override
  public Running start(String name, Runnable work) {
    Loop loop = new Loop(work);
    loopOfThread.set(loop);
    return () -> {
      loop.closed = true;
      while (!loop.ended && loopOfThread.get() != loop) {
        process.reach(END_OF_DOWNLOADS);
      }
    };
  }

  @Override
  public void sleep(Duration duration) throws InterruptedException {
    Loop loop = loopOfThread.get();
    if (loop == null) {
      world.sleep(device, duration);
      return;
    }
    if (loop.closed || loop.sleepsLeft-- <= 0) {
      throw new InterruptedException();
    }
    world.sleep(device, duration);
    process.reach(OTHER_TIME);
    interruptIfClosed();
  }

  @Override
  public void await(Object monitor, Duration atMost) throws InterruptedException {
    world.waitForTurn(process, monitor);
    interruptIfClosed();
  }

  private void interruptIfClosed() throws InterruptedException {
    Loop loop = loopOfThread.get();
    if (loop != null && loop.closed) {
      throw new InterruptedException();
    }
  }
}
