package dev.oversqlite4j.spi;

import java.time.Duration;

/** The only starter of real threads. */
final class DaemonWorker implements Worker {
  private static final Duration END_WAIT_MAX = Duration.ofSeconds(1);

  @Override
  public Running start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    // A daemon, because an app that forgets to close a handle must still be able to exit.
    thread.setDaemon(true);
    thread.start();
    return () -> end(thread);
  }

  private static void end(Thread thread) {
    thread.interrupt();
    if (thread == Thread.currentThread()) {
      return;
    }
    try {
      thread.join(END_WAIT_MAX.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
