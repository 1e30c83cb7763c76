package dev.oversqlite4j.simulator.plan;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** What one step of a plan does on its device. */
public sealed interface Command {

  /**
   * A call of the client.
   *
   * @param operation which call
   */
  record Call(Operation operation) implements Command {

    /** Checks that the operation is present. */
    public Call {
      Objects.requireNonNull(operation, "operation");
    }
  }

  /**
   * One transaction of the app on a connection of its own.
   *
   * @param rows its statements in order, at least one
   * @param ending how it ends
   * @param heldOpen if present, the app's second connection does it, and holds the transaction open
   *     until everybody else on the device has come to that many seams, or waits for it alone; 0 to
   *     {@value #MAX_HELD_OPEN}
   */
  record Write(List<RowWrite> rows, Ending ending, OptionalInt heldOpen) implements Command {

    /** Longer than anybody waits for a lock. */
    public static final int MAX_HELD_OPEN = 10_000;

    /**
     * Copies the list.
     *
     * @throws InvalidPlanException if there is no row or a number is out of range
     */
    public Write {
      rows = List.copyOf(rows);
      Objects.requireNonNull(ending, "ending");
      if (rows.isEmpty()) {
        throw new InvalidPlanException("rows must name at least one row to write.");
      }
      heldOpen.ifPresent(seams -> Range.check("heldOpen", seams, 0, MAX_HELD_OPEN));
    }

    /** A transaction of the first connection, which ends at once. */
    public Write(List<RowWrite> rows, Ending ending) {
      this(rows, ending, OptionalInt.empty());
    }

    /** The same transaction with other rows. */
    public Write withRows(List<RowWrite> other) {
      return new Write(other, ending, heldOpen);
    }
  }

  /** An orderly close of the process and the start of the next one. */
  record Restart() implements Command {}

  /**
   * Virtual time passes, for everybody: leases and sessions may expire.
   *
   * @param seconds how many, 1 to {@value #MAX_SECONDS}
   */
  record AdvanceClock(long seconds) implements Command {

    /** Ten years: far beyond every lease, session and retention. */
    public static final long MAX_SECONDS = 315_360_000;

    /**
     * Checks the range.
     *
     * @throws InvalidPlanException if the number is out of range
     */
    public AdvanceClock {
      Range.check("seconds", seconds, 1, MAX_SECONDS);
    }
  }

  /**
   * Something behind the client's back; nothing where it does not apply.
   *
   * @param what which
   */
  record Disturb(Disturbance what) implements Command {

    /** Checks that it is present. */
    public Disturb {
      Objects.requireNonNull(what, "what");
    }
  }
}
