package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.seam.Seam;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Lets exactly one actor run. Every actor has its own thread; at each seam the one that runs may
 * hand the baton over. Who gets it depends on the seed alone, so that a run can be repeated, while
 * the interleavings are real ones.
 *
 * <p>Tasks are released in the order of their list. A held task is released when an actor of the
 * same device reaches the seam it waits for, and runs to its end before that actor goes on.
 */
final class Baton {

  /** The run is over; whoever is in the middle of something stops. */
  static final class Abandoned extends Error {
    private static final long serialVersionUID = 1;

    Abandoned() {
      super("the run is over", null, false, false);
    }
  }

  /** Whoever has the baton waits for something outside of the simulation, or works for ever. */
  static final class Stuck extends IllegalStateException {
    private static final long serialVersionUID = 1;

    Stuck(Actor actor, Duration patience, StackTraceElement[] where) {
      super(
          actor
              + " has not come to a seam for "
              + patience.toSeconds()
              + " s: it waits for something that is not simulated, or does not end. The stack trace"
              + " is its own.");
      setStackTrace(where);
    }
  }

  /** Many times what any actor computes between two seams. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A piece of work for one actor. */
  record Task(Actor actor, Optional<String> heldUntil, Runnable body) {}

  /** One thread of one simulated process. */
  static final class Actor {
    private final String name;
    private final int device;
    private final Semaphore go = new Semaphore(0);
    private Optional<Task> task = Optional.empty();
    private boolean waits;
    // How many seams of others on its device it stays where it is; 0 if it wants to go on.
    private int staysFor;
    private boolean standsIn;
    // What it holds while it waits for another thread of its process, which will want it.
    private Optional<Object> monitor = Optional.empty();

    Actor(String name, int device) {
      this.name = name;
      this.device = device;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final SplittableRandom schedule;
  private final int switchPercent;
  private final Duration patience;
  private final Semaphore coordinator = new Semaphore(0);
  private final List<Actor> paused = new ArrayList<>();
  private final List<Actor> actors = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private List<Task> tasks = List.of();
  private int next;
  private Optional<Throwable> broken = Optional.empty();
  private volatile boolean over;
  private volatile boolean stuck;
  // Who has the baton, and a number that grows with all it does: for whoever watches over it.
  private volatile Optional<Actor> running = Optional.empty();
  private volatile long progress;
  private volatile Optional<Actor> relayed = Optional.empty();
  // Held tasks released by the seam they waited for; they go first.
  private boolean heldReleased;

  /**
   * @param patience how long, in real time, an actor may go on without coming to a seam
   */
  Baton(SplittableRandom schedule, int switchPercent, Duration patience) {
    this.schedule = schedule;
    this.switchPercent = switchPercent;
    this.patience = patience;
  }

  /** How many tasks have begun. */
  int released() {
    return next;
  }

  /** Starts the thread of an actor; it waits for its first task. */
  void admit(Actor actor) {
    Thread thread = new Thread(() -> live(actor), actor.name);
    thread.setDaemon(true);
    actors.add(actor);
    threads.add(thread);
    thread.start();
  }

  /** Runs the tasks to their end. Rethrows what a task lets escape. */
  void run(List<Task> work) {
    tasks = work;
    next = 0;
    choose().ifPresent(this::watchOver);
    broken.ifPresent(Baton::rethrow);
  }

  /** Actors hand the baton to each other; whoever finds nobody to hand it to ends the wait. */
  private void watchOver(Actor first) {
    pass(first);
    try {
      while (true) {
        long before = progress;
        if (coordinator.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
          if (relayed.isEmpty()) {
            return;
          }
          Actor actor = relayed.get();
          relayed = Optional.empty();
          release(actor);
        } else if (progress == before) {
          stuck = true;
          Actor actor = running.orElseThrow();
          StackTraceElement[] where = threads.get(actors.indexOf(actor)).getStackTrace();
          broken = Optional.of(new Stuck(actor, patience, where));
          return;
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      stuck = true;
      broken = Optional.of(new IllegalStateException("interrupted", interrupted));
    }
  }

  /** Whether somebody kept the baton; that thread cannot be ended. */
  boolean isStuck() {
    return stuck;
  }

  /**
   * Ends all threads and waits for that; an actor in the middle of a task unwinds as if its process
   * had died.
   */
  void end() {
    over = true;
    actors.forEach(Baton::release);
    if (stuck) {
      // It would be waited for in vain.
      return;
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /**
   * Does work of the client's thread on another one of the same process. That one begins nothing
   * meanwhile: the client lets one call wait for another, and nothing here would end the wait.
   */
  void standIn(Actor actor, Runnable work) {
    actor.standsIn = true;
    try {
      work.run();
    } finally {
      actor.standsIn = false;
    }
  }

  private boolean stoodInFor(Actor actor) {
    return actors.stream().anyMatch(a -> a.standsIn && a.device == actor.device && a != actor);
  }

  /**
   * The running actor stays where it is until others of its device have come to that many seams, or
   * nobody else can go on.
   */
  void stay(Actor actor, int seams) {
    actor.staysFor = seams;
    handOver(actor);
  }

  /** Whether somebody stays on the device of this actor. */
  boolean stays(Actor actor) {
    return paused.stream().anyMatch(a -> a.device == actor.device && a.staysFor > 0);
  }

  /** Whoever stays on the device of this actor wants to go on now. */
  void go(Actor actor) {
    paused.stream().filter(a -> a.device == actor.device).forEach(a -> a.staysFor = 0);
  }

  /**
   * The running actor is in a monitor that others of its process need before it can go on: at the
   * seam that {@code wait} comes to, it is free.
   */
  void inMonitor(Actor actor, Object monitor, Runnable wait) {
    actor.monitor = Optional.of(monitor);
    try {
      wait.run();
    } finally {
      actor.monitor = Optional.empty();
    }
  }

  private void handOver(Actor actor) {
    paused.add(actor);
    Actor successor = choose().orElseThrow();
    if (successor == actor) {
      actor.waits = false;
      return;
    }
    pass(successor);
    if (actor.monitor.isPresent()) {
      awaitTurn(actor, actor.monitor.get());
    } else {
      actor.go.acquireUninterruptibly();
    }
    if (over) {
      throw new Abandoned();
    }
  }

  /** From the thread that has the baton, or before anybody has it. */
  private void pass(Actor actor) {
    running = Optional.of(actor);
    progress++;
    actor.waits = false;
    if (actor.monitor.isEmpty()) {
      release(actor);
    } else {
      // To wake it takes its monitor. Whoever does so while it is in another one may wait for ever.
      relayed = Optional.of(actor);
      coordinator.release();
    }
  }

  private static void awaitTurn(Actor actor, Object monitor) {
    boolean interrupted = false;
    while (!actor.go.tryAcquire()) {
      try {
        monitor.wait();
      } catch (InterruptedException e) {
        // Simulated threads are not interrupted; this is the thread of an actor.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** From another thread: the actor may go on. */
  private static void release(Actor actor) {
    Optional<Object> monitor = actor.monitor;
    actor.go.release();
    if (monitor.isPresent()) {
      synchronized (monitor.get()) {
        monitor.get().notifyAll();
      }
    }
  }

  /** The running actor is at a seam; it may wait here while others run. */
  void seam(Actor actor, Seam seam) {
    if (over) {
      throw new Abandoned();
    }
    progress++;
    for (Actor other : paused) {
      other.staysFor -= other.device == actor.device && other.staysFor > 0 ? 1 : 0;
    }
    heldReleased = releases(actor, seam);
    actor.waits = seam.kind() == Seam.Kind.LOCK || seam.kind() == Seam.Kind.TURN;
    if (heldReleased
        || actor.waits
        || (switchPercent > 0 && schedule.nextInt(100) < switchPercent)) {
      handOver(actor);
    }
  }

  private boolean releases(Actor actor, Seam seam) {
    if (next >= tasks.size()) {
      return false;
    }
    Task task = tasks.get(next);
    return task.heldUntil().filter(seam.toString()::startsWith).isPresent()
        && task.actor().device == actor.device
        && task.actor().task.isEmpty()
        && !stoodInFor(task.actor());
  }

  private Optional<Actor> choose() {
    boolean available = next < tasks.size() && available(tasks.get(next));
    List<Actor> ready = paused.stream().filter(actor -> actor.staysFor == 0).toList();
    if (available && (heldReleased || ready.isEmpty())) {
      heldReleased = false;
      return Optional.of(assign());
    }
    if (paused.isEmpty()) {
      return Optional.empty();
    }
    if (ready.isEmpty()) {
      return Optional.of(goesOn(paused.get(0)));
    }
    if (switchPercent > 0) {
      int candidates = ready.size() + (available ? 1 : 0);
      int pick = schedule.nextInt(candidates);
      return Optional.of(pick == ready.size() ? assign() : goesOn(ready.get(pick)));
    }
    // Strictly in order: the last one interrupted goes on first, unless it waits for somebody else.
    for (int i = ready.size() - 1; i >= 0; i--) {
      if (!ready.get(i).waits) {
        return Optional.of(goesOn(ready.get(i)));
      }
    }
    return Optional.of(goesOn(ready.get(0)));
  }

  private Actor goesOn(Actor actor) {
    paused.remove(actor);
    actor.staysFor = 0;
    return actor;
  }

  private boolean available(Task task) {
    if (task.actor().task.isPresent() || stoodInFor(task.actor())) {
      return false;
    }
    boolean deviceBusy =
        paused.stream().anyMatch(a -> a.device == task.actor().device && a.staysFor == 0);
    return heldReleased || task.heldUntil().isEmpty() || !deviceBusy;
  }

  private Actor assign() {
    Task task = tasks.get(next++);
    task.actor().task = Optional.of(task);
    return task.actor();
  }

  private void live(Actor actor) {
    actor.go.acquireUninterruptibly();
    while (!over) {
      try {
        actor.task.orElseThrow().body().run();
      } catch (Throwable escaped) {
        broken = Optional.of(escaped);
      }
      actor.task = Optional.empty();
      if (over) {
        return;
      }
      Optional<Actor> successor = broken.isEmpty() ? choose() : Optional.empty();
      if (successor.isEmpty()) {
        coordinator.release();
      } else if (successor.get() == actor) {
        progress++;
        continue;
      } else {
        pass(successor.get());
      }
      actor.go.acquireUninterruptibly();
    }
  }

  private static void rethrow(Throwable escaped) {
    if (escaped instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (escaped instanceof Error error) {
      throw error;
    }
    throw new IllegalStateException(escaped);
  }
}
