package dev.oversqlite4j.simulator.bench;

import dev.oversqlite4j.simulator.world.Folders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Measures the library beside the bare work: both take turns in every round, so that whatever else
 * the machine does slows down both, and only their ratio is told.
 */
public final class Bench {

  /**
   * How much is done.
   *
   * @param warmUps rounds that do not count, until the JVM has compiled what is hot
   * @param rounds rounds that count, at least 1
   * @param plans how many lifecycles are simulated in a round
   * @param rows how many rows are written and restored in a round
   */
  public record Size(int warmUps, int rounds, int plans, int rows) {

    /** About two minutes on two cores. */
    public static final Size FULL = new Size(3, 9, 30, 5_000);
  }

  private static final List<Task> TASKS =
      List.of((folder, size) -> new SimulatedCalls(size), CapturedWrites::new, RestoredRows::new);

  private final Size size;
  private final LongSupplier nanos;

  /**
   * @param nanos a clock that never goes back
   */
  public Bench(Size size, LongSupplier nanos) {
    this.size = size;
    this.nanos = nanos;
  }

  @FunctionalInterface
  private interface Task {
    SideBySide in(Path folder, Size size);
  }

  /**
   * Measures everything.
   *
   * @param done is told each result when it is there
   */
  public List<Measured> run(Consumer<Measured> done) {
    List<Measured> all = new ArrayList<>();
    for (Task task : TASKS) {
      Measured measured = inFolder(folder -> measure(task.in(folder, size)));
      done.accept(measured);
      all.add(measured);
    }
    return all;
  }

  private static <R> R inFolder(Function<Path, R> work) {
    Path folder = Folders.createInMemory();
    try {
      return work.apply(folder);
    } finally {
      Folders.delete(folder);
    }
  }

  private Measured measure(SideBySide sides) {
    try (sides) {
      List<Double> ratios = new ArrayList<>();
      for (int round = 0; round < size.warmUps() + size.rounds(); round++) {
        long ours = timed(sides::ours);
        long bare = timed(sides::bare);
        if (round >= size.warmUps()) {
          ratios.add((double) ours / bare);
        }
      }
      return new Measured(sides.measure(), Measured.Ratio.of(ratios), sides.bar());
    }
  }

  private long timed(Runnable work) {
    long begun = nanos.getAsLong();
    work.run();
    return Math.max(1, nanos.getAsLong() - begun);
  }
}
