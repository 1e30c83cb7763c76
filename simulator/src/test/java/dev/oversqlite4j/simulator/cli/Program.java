package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.Clock;
import dev.oversqlite4j.spi.IdSource;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;

/** The program, run in process. */
record Program(Path folder, Parts parts) {

  /** What a run printed and how it ended. */
  record Ran(int exitCode, String out, String err) {
    List<String> lines() {
      return out.lines().toList();
    }
  }

  Ran run(String... args) {
    return run(Main::commandLine, args);
  }

  /** One command, made for the test. */
  Ran run(Function<Environment, CommandLine> commands, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Environment environment =
        new Environment(
            new PrintWriter(out),
            new PrintWriter(err),
            Environment.Screen.PLAIN,
            folder,
            Clock.system(),
            IdSource.secure(),
            parts,
            "java -jar it.jar");
    int exitCode = commands.apply(environment).execute(args);
    return new Ran(exitCode, out.toString(), err.toString());
  }
}
