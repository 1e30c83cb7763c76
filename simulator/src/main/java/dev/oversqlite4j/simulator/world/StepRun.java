package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Step;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** One step in progress: what its faults count. */
final class StepRun {

  final Step step;
  final int index;
  int seamsOfLife;
  int commitsOfLife;
  int requestsOfStep;
  int requestsOfLife;
  int statementsOfStep;
  int crashesOfStep;
  boolean reachedSomething;
  private long journalBefore;

  /** A call or transaction of the step failed because of a disk that was made to fail. */
  boolean storageFailed;

  /**
   * The step has waited for a transaction that the app's second connection holds open, or because
   * another step locked the file: it may find no patience left for who is next.
   */
  boolean waitedForLock;

  /** The disk has failed the step once; what the app tries again must succeed. */
  boolean diskWorks;

  private final Set<Fault> happened = new HashSet<>();

  StepRun(Step step, int index) {
    this.step = step;
    this.index = index;
  }

  /** The crash due in this life of the step: the n-th crash fault belongs to the n-th life. */
  Optional<Fault> dueCrash() {
    return step.faults().stream().filter(Fault::isCrash).skip(crashesOfStep).findFirst();
  }

  /** Whether the plan lets the disk fail in this step. */
  boolean failsTheDisk() {
    return step.faults().stream().anyMatch(fault -> fault instanceof Fault.Disk);
  }

  /** The step begins with these tables. */
  void began(DeviceTables tables) {
    journalBefore = last(tables);
  }

  /** Whether the step has journaled this transition. */
  boolean journaled(DeviceTables tables, Fault.CrashAfter after) {
    return tables.tail().stream()
        .anyMatch(row -> row.seq() > journalBefore && row.trigger().equals(after.transition()));
  }

  private static long last(DeviceTables tables) {
    return tables.tail().stream().mapToLong(DeviceTables.JournalRow::seq).max().orElse(0);
  }

  /** A process of the step died. */
  void crashed() {
    crashesOfStep++;
    seamsOfLife = 0;
    commitsOfLife = 0;
    requestsOfLife = 0;
  }

  /** True the first time. */
  boolean happens(Fault fault) {
    return happened.add(fault);
  }
}
