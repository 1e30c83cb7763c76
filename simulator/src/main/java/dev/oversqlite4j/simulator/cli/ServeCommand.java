package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.server.DurableServer;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.server.State;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.simulator.world.Business;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve}. */
@Command(
    name = "serve",
    description = "Serves the model server over HTTP, to try a client without PostgreSQL.",
    footer = {"", "Example: oversqlite4j serve --port 8080 --schema schema.sql --schema-name app"})
final class ServeCommand implements Callable<Integer> {

  private final Environment environment;

  @Mixin private HelpOption help;

  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "0",
      description = "The port on this machine only; 0, the default, takes any free one.")
  private int port;

  @Option(
      names = "--revision",
      paramLabel = "NAME",
      defaultValue = "july-2026",
      description = "The protocol: june-2026 or july-2026 (default ${DEFAULT-VALUE}).")
  private Revision revision;

  @Option(
      names = "--db",
      paramLabel = "FILE",
      description = "Keeps everything in this file across restarts; in memory only without.")
  private Optional<Path> db;

  @Option(
      names = "--schema",
      paramLabel = "FILE",
      description = "Your SQL with annotated tables; a sample schema without.")
  private Optional<Path> schema;

  @Option(
      names = "--schema-name",
      paramLabel = "NAME",
      defaultValue = Business.NAME,
      description = "What your client calls the schema (default ${DEFAULT-VALUE}).")
  private String schemaName;

  ServeCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    if (port < 0 || port > 65_535) {
      throw new UsageException("--port must be 0 to 65535, not " + port + ".");
    }
    ServerSchema tables =
        schema
            .map(file -> SchemaFile.read(environment.folder().resolve(file), schemaName))
            .orElseGet(Business.APP::serverSchema);
    if (db.isEmpty()) {
      ModelServer server =
          new ModelServer(
              revision,
              tables,
              ServerLimits.july(),
              environment::nowMillis,
              environment.ids()::newUuid);
      server.offerWatch(State.WatchOffer.ON);
      serve(server, tables);
    } else {
      try (DurableServer server = open(tables)) {
        server.offerWatch(State.WatchOffer.ON);
        serve(server, tables);
      } catch (SQLException atClose) {
        // Each answer was on disk before it was given, so nothing is lost.
        environment.err().println("The file could not be closed: " + atClose.getMessage());
      }
    }
    return ExitCode.OK;
  }

  private DurableServer open(ServerSchema tables) {
    try {
      return DurableServer.open(
          environment.folder().resolve(db.orElseThrow()),
          revision,
          tables,
          ServerLimits.july(),
          environment::nowMillis,
          environment.ids()::newUuid);
    } catch (SQLException | IllegalArgumentException unusable) {
      throw new UsageException(
          "--db " + db.orElseThrow() + " cannot be used: " + unusable.getMessage(), unusable);
    }
  }

  /** Until somebody ends the process; a test interrupts. */
  private void serve(WireHandler server, ServerSchema tables) {
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Thread onExit = new Thread(() -> stop(stopped, ended), "stop");
    try (SocketServer socket = start(server)) {
      Runtime.getRuntime().addShutdownHook(onExit);
      announce(socket, tables);
      stopped.await();
    } catch (InterruptedException interrupted) {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } finally {
      ended.countDown();
    }
  }

  /** Java ends when its hooks have, so this one waits for the answers under way. */
  private static void stop(CountDownLatch stopped, CountDownLatch ended) {
    stopped.countDown();
    try {
      ended.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private SocketServer start(WireHandler server) {
    try {
      return SocketServer.start(server, port);
    } catch (UncheckedIOException taken) {
      throw new UsageException(taken.getMessage(), taken);
    }
  }

  private void announce(SocketServer socket, ServerSchema tables) {
    PrintWriter out = environment.out();
    out.println("Serving " + socket.baseUri());
    out.println(
        "Schema "
            + tables.name()
            + ", tables "
            + tables.tables().stream()
                .map(ServerSchema.Table::name)
                .collect(Collectors.joining(", ")));
    out.println(
        "Any bearer token is a user: the header 'Authorization: Bearer ada' makes you ada.");
    out.println(
        "Revision " + revision.label() + ". No source settles these rules; they are inferred:");
    revision.inferred().forEach(rule -> out.println("  " + rule));
    out.println(
        db.isPresent()
            ? "Everything is kept in " + db.get() + ". Ctrl-C ends it."
            : "Everything is kept in memory and forgotten at the end. Ctrl-C ends it.");
    out.flush();
  }
}
