package dev.oversqlite4j.simulator.seam;

import java.util.Objects;

/**
 * One point at which a simulated process can be interrupted.
 *
 * @param kind what the process is about to do, or has just done
 * @param label which one of its kind: the start of the SQL text, or the method and path of a
 *     request without its ids. Never a bound value.
 */
public record Seam(Kind kind, String label) {

  /** What a process does at a seam. */
  public enum Kind {
    /** A SQL statement other than a commit. */
    STATEMENT,
    /** A commit, explicit or of a statement that was its own transaction. */
    COMMIT,
    /** A request leaves the process. */
    SEND,
    /** The server has acted on a request; its answer has not been delivered yet. */
    RECEIVE,
    /** The process sleeps. */
    SLEEP,
    /** The process waits for a lock that somebody else holds. */
    LOCK,
    /** A thread of the process lets the others go on: it waits for one of them, or has time. */
    TURN
  }

  /** Checks that both parts are present. */
  public Seam {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(label, "label");
  }

  @Override
  public String toString() {
    return kind + " " + label;
  }
}
