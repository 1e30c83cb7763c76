package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.fsm.Diagram;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.simulator.report.Statechart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code diagram}. */
@Command(
    name = "diagram",
    description = "Draws the declared lifecycle, from the same declaration the client runs on.",
    footer = {"", "Example: oversqlite4j diagram --out lifecycle.mmd"})
final class DiagramCommand implements Callable<Integer> {

  /** The languages of diagrams. */
  enum Format {
    mermaid,
    svg
  }

  private final Environment environment;

  @Mixin private HelpOption help;

  @Option(
      names = "--format",
      paramLabel = "NAME",
      defaultValue = "mermaid",
      description = "mermaid or svg (default ${DEFAULT-VALUE}).")
  private Format format;

  @Option(names = "--out", paramLabel = "FILE", description = "Write here, not to standard output.")
  private Optional<Path> file;

  DiagramCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    String text =
        switch (format) {
          case mermaid -> Diagram.mermaid(LifecycleDefinition.get());
          case svg -> Statechart.svg(LifecycleDefinition.get());
        };
    if (file.isEmpty()) {
      environment.out().print(text);
    } else {
      try {
        Files.writeString(environment.folder().resolve(file.get()), text);
      } catch (IOException unwritable) {
        throw new UsageException(file.get() + " cannot be written: " + unwritable, unwritable);
      }
      environment.out().println("Wrote " + file.get());
    }
    environment.out().flush();
    return ExitCode.OK;
  }
}
