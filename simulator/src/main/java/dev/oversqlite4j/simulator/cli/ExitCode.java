package dev.oversqlite4j.simulator.cli;

/** The exit codes that are not those of a failed run or campaign. */
final class ExitCode {

  static final int OK = 0;

  /** A journal that does not verify: what must never happen has happened. */
  static final int SAFETY = 1;

  /** The arguments, or the files they name, are wrong. */
  static final int USAGE = 64;

  /** A defect of this program, or a machine in trouble. */
  static final int UNEXPECTED = 70;

  private ExitCode() {}
}
