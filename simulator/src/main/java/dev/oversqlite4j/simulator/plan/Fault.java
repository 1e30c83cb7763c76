package dev.oversqlite4j.simulator.plan;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** Something that goes wrong during one step. A number that the step never reaches does nothing. */
public sealed interface Fault {

  /** The largest number of a seam, request, statement or commit, and of a detail. */
  int MAX_NUMBER = 1_000_000;

  /** The order of faults that are not crashes, which a step has at most once each. */
  Comparator<Fault> ORDER =
      Comparator.comparing((Fault fault) -> fault.getClass().getSimpleName())
          .thenComparingInt(Fault::n)
          .thenComparing(Fault::toString);

  /**
   * Which seam, request, answer, statement or commit, counted from 1.
   *
   * @return 1 to {@value #MAX_NUMBER}
   */
  int n();

  /**
   * The same at another place.
   *
   * @param other 1 to {@value #MAX_NUMBER}
   */
  Fault withN(int other);

  /** The second number, if there is one: 0 to {@value #MAX_NUMBER}, and 0 is the plainest. */
  default OptionalInt detail() {
    return OptionalInt.empty();
  }

  /** The same with another second number; itself if it has none. */
  default Fault withDetail(int other) {
    return this;
  }

  /** Faults of the same kind that are easier to understand. */
  default List<Fault> plainer() {
    return List.of();
  }

  /**
   * Whether the process dies of it.
   *
   * @return false if the process lives on and only what is around it suffers
   */
  default boolean isCrash() {
    return this instanceof CrashAtSeam
        || this instanceof CrashAtAnswer
        || this instanceof CrashAfter
        || this instanceof LosePower;
  }

  /**
   * The process dies at a seam of the step.
   *
   * @param n which seam, counted from 1 and anew after each restart inside the step
   */
  record CrashAtSeam(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public CrashAtSeam {
      Range.check("crashAtSeam", n, 1, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new CrashAtSeam(other);
    }
  }

  /**
   * The process dies after the server acted on a request and before the answer arrives.
   *
   * @param n which request, counted from 1 and anew after each restart inside the step
   */
  record CrashAtAnswer(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public CrashAtAnswer {
      Range.check("crashAtAnswer", n, 1, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new CrashAtAnswer(other);
    }
  }

  /**
   * The process dies when a transition of its lifecycle is on disk, and before it hears of that.
   *
   * @param transition the name of its trigger
   */
  record CrashAfter(String transition) implements Fault {

    /**
     * Checks that there is a name.
     *
     * @throws InvalidPlanException if it is blank
     */
    public CrashAfter {
      if (transition.isBlank()) {
        throw new InvalidPlanException("crashAfter must name a transition.");
      }
    }

    @Override
    public int n() {
      return 1;
    }

    @Override
    public Fault withN(int other) {
      return this;
    }
  }

  /**
   * The device loses its power while a commit is being made durable: the process dies, and of what
   * was written and not synced to the disk only a part is left.
   *
   * @param n which commit of the step, counted from 1 and anew after each restart inside the step
   * @param tail what is left of the unsynced tail of the log
   * @param at the first byte of the tail that is lost, modulo its length and one more; 0 leaves
   *     nothing of it
   */
  record LosePower(int n, Tail tail, int at) implements Fault {

    /** What becomes of the unsynced tail from a byte on. */
    public enum Tail {
      /** The log ends there. */
      CUT,
      /** A sector of the log is garbage there, and what follows it is as it was written. */
      GARBLED
    }

    /**
     * Checks the ranges.
     *
     * @throws InvalidPlanException if a number is out of range
     */
    public LosePower {
      Range.check("losePower.atCommit", n, 1, MAX_NUMBER);
      Objects.requireNonNull(tail, "tail");
      Range.check("losePower.at", at, 0, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new LosePower(other, tail, at);
    }

    @Override
    public OptionalInt detail() {
      return OptionalInt.of(at);
    }

    @Override
    public Fault withDetail(int other) {
      return new LosePower(n, tail, other);
    }

    @Override
    public List<Fault> plainer() {
      return tail == Tail.CUT ? List.of() : List.of(new LosePower(n, Tail.CUT, at));
    }
  }

  /**
   * A request never reaches the server.
   *
   * @param n which request of the step, counted from 1
   */
  record LoseRequest(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public LoseRequest {
      Range.check("loseRequest", n, 1, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new LoseRequest(other);
    }
  }

  /**
   * The server acts on a request and its answer never arrives.
   *
   * @param n which request of the step, counted from 1
   */
  record LoseResponse(int n) implements Fault {

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public LoseResponse {
      Range.check("loseResponse", n, 1, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new LoseResponse(other);
    }
  }

  /**
   * The network does something else with a request or its answer.
   *
   * @param n which request of the step, counted from 1
   * @param kind what it does
   * @param at how many requests later, or which byte of the body modulo its length; see the kind
   */
  record Network(int n, NetworkFault kind, int at) implements Fault {

    /**
     * Checks the ranges.
     *
     * @throws InvalidPlanException if a number is out of range
     */
    public Network {
      Range.check("faults.request", n, 1, MAX_NUMBER);
      Objects.requireNonNull(kind, "kind");
      Range.check("faults.at", at, 0, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new Network(other, kind, at);
    }

    @Override
    public OptionalInt detail() {
      return OptionalInt.of(at);
    }

    @Override
    public Fault withDetail(int other) {
      return new Network(n, kind, other);
    }
  }

  /**
   * The server, or a gateway before it, answers with an error of its own.
   *
   * @param n which request of the step, counted from 1
   * @param status 400 to 599
   * @param retryAfterSeconds the value of {@code Retry-After}, 0 for no such header
   * @param server whether the server had acted by then
   */
  record Answer(int n, int status, int retryAfterSeconds, Effect server) implements Fault {

    /** Whether the server acted on a request that is answered with an error. */
    public enum Effect {
      /** It never saw the request. */
      NONE,
      /** It did what the request asks for. */
      DONE
    }

    /**
     * Checks the ranges.
     *
     * @throws InvalidPlanException if a number is out of range
     */
    public Answer {
      Range.check("faults.request", n, 1, MAX_NUMBER);
      Range.check("faults.answer", status, 400, 599);
      Range.check("faults.retryAfter", retryAfterSeconds, 0, MAX_NUMBER);
      Objects.requireNonNull(server, "server");
    }

    @Override
    public Fault withN(int other) {
      return new Answer(other, status, retryAfterSeconds, server);
    }

    @Override
    public OptionalInt detail() {
      return OptionalInt.of(retryAfterSeconds);
    }

    @Override
    public Fault withDetail(int other) {
      return new Answer(n, status, other, server);
    }

    @Override
    public List<Fault> plainer() {
      return server == Effect.NONE
          ? List.of()
          : List.of(new Answer(n, status, retryAfterSeconds, Effect.NONE));
    }
  }

  /**
   * The file system fails the device.
   *
   * @param n from which SQL statement of the step on, counted from 1
   * @param kind how
   * @param at see the kind
   */
  record Disk(int n, DiskFault kind, int at) implements Fault {

    /**
     * Checks the ranges.
     *
     * @throws InvalidPlanException if a number is out of range
     */
    public Disk {
      Range.check("faults.statement", n, 1, MAX_NUMBER);
      Objects.requireNonNull(kind, "kind");
      Range.check("faults.at", at, 0, MAX_NUMBER);
    }

    @Override
    public Fault withN(int other) {
      return new Disk(other, kind, at);
    }

    @Override
    public OptionalInt detail() {
      return OptionalInt.of(at);
    }

    @Override
    public Fault withDetail(int other) {
      return new Disk(n, kind, other);
    }
  }
}
