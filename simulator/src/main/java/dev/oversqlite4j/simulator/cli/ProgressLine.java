package dev.oversqlite4j.simulator.cli;

import static dev.oversqlite4j.simulator.cli.Environment.format;

import dev.oversqlite4j.simulator.cli.Environment.Screen;
import dev.oversqlite4j.simulator.world.RunCounts;
import java.io.PrintWriter;

/** How far a campaign is: a bar on a terminal, a line every tenth elsewhere. */
final class ProgressLine {

  private static final int WIDTH = 30;

  private final PrintWriter out;
  private final Screen screen;
  private final long seeds;
  private long lastPercent;

  ProgressLine(PrintWriter out, Screen screen, long seeds) {
    this.out = out;
    this.screen = screen;
    this.seeds = seeds;
  }

  void seedDone(long done, RunCounts soFar, int failures) {
    long percent = done * 100 / seeds;
    boolean due =
        screen == Screen.TERMINAL ? percent > lastPercent : percent / 10 > lastPercent / 10;
    if (!due) {
      return;
    }
    lastPercent = percent;
    String line =
        format(
            "%3d %%  %d of %d seeds, %d crashes, %d failures",
            percent, done, seeds, soFar.crashes(), failures);
    if (screen == Screen.TERMINAL) {
      int full = (int) (percent * WIDTH / 100);
      out.print("\r[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + line);
    } else {
      out.println(line);
    }
    out.flush();
  }

  void end() {
    if (screen == Screen.TERMINAL) {
      out.println();
    }
  }
}
