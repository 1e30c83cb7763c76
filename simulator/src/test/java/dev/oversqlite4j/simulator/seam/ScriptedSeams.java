package dev.oversqlite4j.simulator.seam;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Records every seam, crashes at the n-th of them, and deals out fates in a given order. */
public final class ScriptedSeams implements Seams {

  /** What was met, in order: {@code "reach STATEMENT …"} or {@code "passed COMMIT …"}. */
  public final List<String> met = new ArrayList<>();

  /** Fates of the next requests; DELIVER when empty. */
  public final Deque<NetworkFate> fates = new ArrayDeque<>();

  /** Runs while the process waits at a LOCK seam. */
  public Consumer<Seam> whileLocked = seam -> {};

  public final HashTrace trace = new HashTrace();
  private final int crashAt;

  /** Never crashes. */
  public ScriptedSeams() {
    this(Integer.MAX_VALUE);
  }

  /** Crashes at the {@code crashAt}-th seam, counted from 1. */
  public ScriptedSeams(int crashAt) {
    this.crashAt = crashAt;
  }

  @Override
  public void reach(Seam seam) {
    meet("reach ", seam);
    if (seam.kind() == Seam.Kind.LOCK) {
      whileLocked.accept(seam);
    }
  }

  @Override
  public void passed(Seam seam) {
    meet("passed ", seam);
  }

  private void meet(String how, Seam seam) {
    met.add(how + seam);
    if (met.size() == crashAt) {
      throw new SimulatedCrash(seam);
    }
  }

  @Override
  public NetworkFate fate(String label) {
    return fates.isEmpty() ? NetworkFate.DELIVER : fates.remove();
  }

  @Override
  public Trace trace() {
    return trace;
  }
}
