package dev.oversqlite4j.simulator.plan;

import java.util.List;
import java.util.Objects;

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
   * One transaction of the app on its own connection.
   *
   * @param rows its statements in order, at least one
   * @param ending how it ends
   */
  record Write(List<RowWrite> rows, Ending ending) implements Command {

    /**
     * Copies the list.
     *
     * @throws InvalidPlanException if there is no row
     */
    public Write {
      rows = List.copyOf(rows);
      Objects.requireNonNull(ending, "ending");
      if (rows.isEmpty()) {
        throw new InvalidPlanException("rows must name at least one row to write.");
      }
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
