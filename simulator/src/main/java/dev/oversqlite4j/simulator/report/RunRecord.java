package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.report.Snapshot.RowChange;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.world.RunEvent;
import java.util.List;
import java.util.Optional;

/**
 * A run, kept to be shown.
 *
 * @param entries what happened, in order
 */
public record RunRecord(Plan plan, Simulation.Result result, List<Entry> entries) {

  public RunRecord {
    entries = List.copyOf(entries);
  }

  /**
   * Something that happened.
   *
   * @param step index of the step it happened in; the number of steps once faults are off
   * @param device empty if it happened on none in particular
   */
  record Entry(long atMillis, int step, Optional<Integer> device, Content content) {}

  /** What happened. */
  sealed interface Content {}

  record StepBegan() implements Content {}

  record Calling(String operation) implements Content {}

  record Told(RunEvent.Kind kind, String text) implements Content {}

  record AtSeam(Seam seam, int number) implements Content {}

  record Served(String request, int status, String sent, String answer) implements Content {}

  /** A file changed: by a commit, or, if there is none, by what happened to the device. */
  record Changed(Cause cause, List<RowChange> rows, List<JournalRow> journal) implements Content {}

  enum Cause {
    COMMIT,
    NEXT_PROCESS
  }

  /** A new row of a journal. */
  record JournalRow(
      String machine, String seq, String trigger, String from, String to, String facts) {}
}
