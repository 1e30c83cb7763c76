package dev.oversqlite4j.simulator.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Every command explains itself. */
@Command
final class HelpOption {

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;
}
