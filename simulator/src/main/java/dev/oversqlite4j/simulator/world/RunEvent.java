package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.seam.Seam;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that happened in a run, for people: the timeline is made of those that are {@link
 * Told}, a report of all of them.
 *
 * @param atMillis virtual time since the run began
 * @param step index of the step it happened in; the number of steps once faults are off
 * @param device whose device it happened on, empty if on none in particular
 */
public record RunEvent(long atMillis, int step, Optional<Device> device, What what) {

  /** What happened. */
  public sealed interface What {}

  /** A step of the plan begins; steps that run at a time take turns from here on. */
  public record StepBegan(Step step) implements What {}

  /** A process is there and has not done anything yet; its file is as the last one left it. */
  public record Booted() implements What {}

  /** A call begins. */
  public record Calling(Operation operation) implements What {}

  /**
   * A process is at a point where it could be interrupted.
   *
   * @param number how many of them it has met in this life of the step, 0 once faults are off
   */
  public record AtSeam(Seam seam, int number) implements What {}

  /** A transaction of the client or the app is on disk. */
  public record Committed() implements What {}

  /** The server answered a request; the answer is not delivered yet. Nothing is copied. */
  public record Served(String method, String target, byte[] request, int status, byte[] answer)
      implements What {}

  /** A line of the timeline. */
  public record Told(Kind kind, String text) implements What {}

  /** What a line of the timeline is about. */
  public enum Kind {
    /** A call of the client ended. */
    CALL,
    /** The app's own transaction ended. */
    WRITE,
    /** The app or the person who holds the device did something else. */
    APP,
    /** The process waits. */
    SLEEP,
    /** The process died. */
    CRASH,
    /** Something the plan made go wrong. */
    FAULT,
    /** Something happened behind the client's back: to the server, to the file. */
    DISTURBANCE,
    /** The run enters its other half. */
    PHASE
  }

  /** The line of the timeline, empty if it has none. */
  Optional<String> line() {
    if (!(what instanceof Told told)) {
      return Optional.empty();
    }
    String whose = device.map(d -> d + ": ").orElse("");
    return Optional.of(String.format(Locale.ROOT, "%8d ms  %s%s", atMillis, whose, told.text()));
  }
}
