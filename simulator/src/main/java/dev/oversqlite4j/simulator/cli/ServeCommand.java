package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.world.Business;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
      description = "The protocol; only july-2026.")
  private String revision;

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
    if (!revision.equals("july-2026")) {
      throw new UsageException("--revision " + revision + " is unknown; there is july-2026.");
    }
    if (port < 0 || port > 65_535) {
      throw new UsageException("--port must be 0 to 65535, not " + port + ".");
    }
    ServerSchema tables =
        schema
            .map(file -> SchemaFile.read(environment.folder().resolve(file), schemaName))
            .orElseGet(Business::serverSchema);
    ModelServer server =
        new ModelServer(
            tables, ServerLimits.july(), environment::nowMillis, environment.ids()::newUuid);
    CountDownLatch stopped = new CountDownLatch(1);
    try (SocketServer socket = start(server)) {
      Thread onInterrupt = new Thread(stopped::countDown, "stop");
      Runtime.getRuntime().addShutdownHook(onInterrupt);
      announce(socket, tables);
      stopped.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return ExitCode.OK;
  }

  private SocketServer start(ModelServer server) {
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
    out.println("Everything is kept in memory and forgotten at the end. Ctrl-C ends it.");
    out.flush();
  }
}
