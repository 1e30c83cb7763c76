package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Failure;
import dev.oversqlite4j.simulator.oracle.Simulation.Result;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command.Call;
import dev.oversqlite4j.simulator.plan.Command.Write;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Folders;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code demo}. */
@Command(
    name = "demo",
    description = "Tells a story with real files: two devices, one account, a crash in the middle.",
    footer = {"", "Example: oversqlite4j demo --keep my-demo"})
final class DemoCommand implements Callable<Integer> {

  private static final int PHONE = 0;
  private static final int LAPTOP = 1;

  /** A push asks for the capabilities, creates a session, uploads one chunk and commits. */
  private static final int COMMIT_REQUEST = 4;

  private final Environment environment;

  @Mixin private HelpOption help;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description = "Where the files go; a new folder below oversqlite4j-demo without.")
  private Optional<Path> keep;

  DemoCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = environment.out();
    Path folder = folder();
    out.println("Two devices, one account, and a model server that speaks the real protocol.");
    out.println("Files: " + folder);
    out.println();
    Path work = Folders.create();
    Result result;
    try {
      result =
          new Simulation(environment.parts(), Tracing.CONTENT)
              .runIn(plan(), RunListener.NOBODY, work);
      if (result.counts().ackGapCrashes() != 1) {
        throw new IllegalStateException("The demo's crash missed the moment it is about");
      }
      DemoStory.tell(out, result.timeline());
      if (result.failure().isEmpty()) {
        Path phone = moved(work, PHONE, folder.resolve("phone.db"));
        Path laptop = moved(work, LAPTOP, folder.resolve("laptop.db"));
        out.println();
        out.println("Both databases now hold the same rows:");
        out.println();
        SideBySide.print(out, phone, laptop);
        out.println();
        out.println("The phone's journal knows what happened; look for REPAIR:");
        out.println(
            "  "
                + environment.program()
                + " journal "
                + Names.quoted(phone.toString())
                + " --verify");
      }
    } finally {
      Folders.delete(work);
    }
    result.failure().ifPresent(f -> out.println("FAILED: " + f.describe()));
    out.flush();
    return result.failure().map(Failure::exitCode).orElse(ExitCode.OK);
  }

  private Path folder() throws IOException {
    if (keep.isPresent()) {
      Path folder = environment.folder().resolve(keep.get());
      if (Files.exists(folder) && !isEmptyFolder(folder)) {
        throw new UsageException(folder + " exists already; name a folder that is new or empty.");
      }
      return Files.createDirectories(folder);
    }
    Path parent = environment.folder().resolve("oversqlite4j-demo");
    int number = 1;
    while (Files.exists(parent.resolve(Integer.toString(number)))) {
      number++;
    }
    return Files.createDirectories(parent.resolve(Integer.toString(number)));
  }

  private static boolean isEmptyFolder(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(path)) {
      return entries.findAny().isEmpty();
    }
  }

  /** A device's file has the number of its last process, which is the number of its crashes. */
  private static Path moved(Path work, int device, Path to) throws IOException {
    Path last = work.resolve("device" + device + "-0.db");
    for (int life = 1; Files.exists(work.resolve("device" + device + "-" + life + ".db")); life++) {
      last = work.resolve("device" + device + "-" + life + ".db");
    }
    return Files.copy(last, to);
  }

  private static Plan plan() {
    List<Step> steps = new ArrayList<>();
    steps.add(write(PHONE, row(RowWrite.Kind.INSERT, Table.PERSON, 0, 1)));
    steps.add(write(PHONE, row(RowWrite.Kind.INSERT, Table.NOTE, 0, 2)));
    steps.add(call(PHONE, Operation.OPEN));
    steps.add(call(PHONE, Operation.ATTACH));
    steps.add(call(PHONE, Operation.SYNC));
    steps.add(call(LAPTOP, Operation.OPEN));
    steps.add(call(LAPTOP, Operation.ATTACH));
    steps.add(write(PHONE, row(RowWrite.Kind.INSERT, Table.NOTE, 1, 4)));
    steps.add(write(LAPTOP, row(RowWrite.Kind.UPDATE, Table.NOTE, 0, 6)));
    steps.add(
        new Step(
            PHONE,
            new Call(Operation.PUSH),
            List.of(new Fault.CrashAtAnswer(COMMIT_REQUEST)),
            AfterCrash.RETRY,
            Optional.empty()));
    steps.add(call(LAPTOP, Operation.SYNC));
    steps.add(call(PHONE, Operation.SYNC));
    return new Plan(Plan.VERSION, 0, 0, 2, List.of("ada", "ada"), steps, Optional.of("the demo"));
  }

  private static Step call(int device, Operation operation) {
    return Step.of(device, new Call(operation));
  }

  private static Step write(int device, RowWrite row) {
    return Step.of(device, new Write(List.of(row), Ending.COMMIT));
  }

  private static RowWrite row(RowWrite.Kind kind, String table, int number, int value) {
    return new RowWrite(kind, table, number, value);
  }
}
