package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.Clock;
import dev.oversqlite4j.spi.IdSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * What the commands find around them.
 *
 * @param out results
 * @param err complaints
 * @param screen what shows the output
 * @param folder the current folder
 * @param clock the real one
 * @param ids the real one
 * @param parts what simulated devices are built from
 * @param program how to start this program, for lines to paste
 */
record Environment(
    PrintWriter out,
    PrintWriter err,
    Screen screen,
    Path folder,
    Clock clock,
    IdSource ids,
    Parts parts,
    String program) {

  /** What shows the output. */
  enum Screen {
    /** Somebody watches: lines may be drawn over. */
    TERMINAL,
    /** A file or a pipe. */
    PLAIN
  }

  /** Seconds since a moment of {@link #clock}, with three digits at most. */
  double secondsSince(long startMillis) {
    return Math.max(0, clock.now().toEpochMilli() - startMillis) / 1000.0;
  }

  /** How much of all cores this process has had so far. */
  static double cpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis()
        / 1000.0;
  }

  long nowMillis() {
    return clock.now().toEpochMilli();
  }

  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
