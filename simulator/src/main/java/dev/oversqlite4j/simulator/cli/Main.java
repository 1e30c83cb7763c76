package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.bench.Bench;
import dev.oversqlite4j.simulator.cli.Environment.Screen;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.Clock;
import dev.oversqlite4j.spi.IdSource;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code oversqlite4j}. */
@Command(
    name = "oversqlite4j",
    description = "Proves, shows and inspects the journaled sync lifecycle of a SQLite database.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 fine, 1 safety violated, 2 no progress, 3 not deterministic,",
      "4 proved nothing, 64 wrong arguments, 70 unexpected error.",
      "",
      "Example: oversqlite4j simulate --seeds 100"
    })
public final class Main implements Runnable {

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  private Main() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing.");
  }

  /** Runs one command and ends the Java process with its exit code. */
  public static void main(String[] args) {
    // Libraries format numbers, too.
    Locale.setDefault(Locale.ROOT);
    Environment environment =
        new Environment(
            utf8(FileDescriptor.out),
            utf8(FileDescriptor.err),
            System.console() == null ? Screen.PLAIN : Screen.TERMINAL,
            Path.of(""),
            Clock.system(),
            IdSource.secure(),
            Parts.REAL,
            program());
    int exitCode = commandLine(environment).execute(args);
    environment.out().flush();
    environment.err().flush();
    System.exit(exitCode);
  }

  /** The command line of this environment. */
  static CommandLine commandLine(Environment environment) {
    CommandLine program = new CommandLine(new Main());
    program.addSubcommand(new SimulateCommand(environment));
    program.addSubcommand(new ReplayCommand(environment));
    program.addSubcommand(new ExploreCommand(environment));
    program.addSubcommand(new DemoCommand(environment));
    program.addSubcommand(new ServeCommand(environment));
    program.addSubcommand(new ConformanceCommand(environment));
    program.addSubcommand(new JournalCommand(environment));
    program.addSubcommand(new DiagramCommand(environment));
    program.addSubcommand(new BenchCommand(environment, Bench.Size.FULL));
    program.setOut(environment.out());
    program.setErr(environment.err());
    program.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            environment.screen() == Screen.TERMINAL ? Ansi.AUTO : Ansi.OFF));
    program.registerConverter(Profile.class, Names.in(Profile.class));
    program.registerConverter(Revision.class, Names.in(Revision.class));
    program.setParameterExceptionHandler(
        (wrong, arguments) -> {
          environment.err().println("oversqlite4j: " + line(wrong.getMessage()));
          environment
              .err()
              .println(
                  "Try: " + wrong.getCommandLine().getCommandSpec().qualifiedName(" ") + " --help");
          environment.err().flush();
          return ExitCode.USAGE;
        });
    program.setExecutionExceptionHandler(
        (failed, command, parsed) -> {
          environment.out().flush();
          boolean expected = failed instanceof UsageException;
          environment
              .err()
              .println(
                  "oversqlite4j: "
                      + (expected
                          ? line(failed.getMessage())
                          : "unexpected error: " + line(failed.toString())));
          environment.err().flush();
          return expected ? ExitCode.USAGE : ExitCode.UNEXPECTED;
        });
    return program;
  }

  private static String line(String text) {
    return String.valueOf(text).replaceAll("\\s*\\R\\s*", " ");
  }

  private static PrintWriter utf8(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }

  /** Started by {@code java -jar}, the class path is the jar as the user wrote it. */
  private static String program() {
    String classPath = System.getProperty("java.class.path", "");
    boolean jar = classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator);
    return "java -jar " + (jar ? Names.quoted(classPath) : "oversqlite4j.jar");
  }
}
