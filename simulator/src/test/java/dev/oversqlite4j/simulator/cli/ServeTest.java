package dev.oversqlite4j.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.Clock;
import dev.oversqlite4j.spi.IdSource;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ServeTest {

  @TempDir Path folder;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** The command in a thread of its own. */
  private final class Serving implements AutoCloseable {
    private final Thread thread;
    private final StringWriter err = new StringWriter();
    private final List<String> banner = new ArrayList<>();
    final URI base;

    Serving(String... arguments) throws IOException {
      PipedWriter out = new PipedWriter();
      java.io.BufferedReader lines = new java.io.BufferedReader(new PipedReader(out));
      Environment environment =
          new Environment(
              new PrintWriter(out),
              new PrintWriter(err),
              Environment.Screen.PLAIN,
              folder,
              Clock.system(),
              IdSource.secure(),
              Parts.REAL,
              "java -jar it.jar");
      String[] all = new String[arguments.length + 1];
      all[0] = "serve";
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      thread = new Thread(() -> Main.commandLine(environment).execute(all), "serve");
      thread.start();
      String line = "";
      while (!line.endsWith("Ctrl-C ends it.")) {
        line = lines.readLine();
        banner.add(line);
      }
      base = URI.create(banner.get(0).replace("Serving ", ""));
    }

    HttpResponse<String> send(String user, String method, String target, String body)
        throws IOException, InterruptedException {
      return http.send(
          HttpRequest.newBuilder(base.resolve("sync/" + target))
              .header("Authorization", "Bearer " + user)
              .header("Oversync-Source-ID", "tablet")
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() throws Exception {
      thread.interrupt();
      thread.join();
      assertEquals("", err.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"june-2026", "july-2026"})
  void keepsEverythingAcrossRestarts(String revision) throws Exception {
    String[] arguments = {"--db", "kept.db", "--revision", revision};
    String lease;
    String session;
    try (Serving serving = new Serving(arguments)) {
      lease = serving.send("ada", "POST", "connect", "{\"has_local_pending_rows\":true}").body();
      serving.send("bob", "POST", "connect", "{}");
      session = serving.send("bob", "POST", "snapshot-sessions", "").body();
      assertTrue(serving.banner.get(3).contains(revision), serving.banner.toString());
      assertEquals(
          Stream.of(Revision.values())
              .filter(served -> served.label().equals(revision))
              .flatMap(served -> served.inferred().stream())
              .map(rule -> "  " + rule)
              .toList(),
          serving.banner.subList(4, serving.banner.size() - 1));
    }
    String snapshotId = session.replaceAll(".*\"snapshot_id\":\"([^\"]*)\".*\n", "$1");
    try (Serving serving = new Serving(arguments)) {
      String again =
          serving.send("ada", "POST", "connect", "{\"has_local_pending_rows\":true}").body();
      assertEquals(id(lease), id(again));
      assertEquals(
          200, serving.send("bob", "GET", "snapshot-sessions/" + snapshotId, "").statusCode());
    }
    String other = revision.equals("june-2026") ? "july-2026" : "june-2026";
    Program.Ran refused =
        new Program(folder, Parts.REAL).run("serve", "--db", "kept.db", "--revision", other);
    assertEquals(ExitCode.USAGE, refused.exitCode(), refused.err());
  }

  private static String id(String connect) {
    return connect.replaceAll(".*\"initialization_id\":\"([^\"]*)\".*\n", "$1");
  }

  @Test
  void oneFileHasOneServer() throws Exception {
    try (Serving serving = new Serving("--db", "kept.db")) {
      assertEquals(200, serving.send("ada", "GET", "capabilities", "").statusCode());
      Program.Ran second = new Program(folder, Parts.REAL).run("serve", "--db", "kept.db");
      assertEquals(ExitCode.USAGE, second.exitCode());
    }
  }

  /** Clients that reset or stall between others that do not leave nothing behind. */
  @Test
  void manyClientsAtOnce() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(16);
    try (Serving serving = new Serving("--db", "kept.db")) {
      List<Callable<Integer>> calls = new ArrayList<>();
      for (int client = 0; client < 200; client++) {
        int number = client;
        calls.add(
            () -> {
              if (number % 5 == 0) {
                abandon(serving.base, number);
                return 200;
              }
              return serving.send("user-" + number, "POST", "connect", "{}").statusCode();
            });
      }
      for (Future<Integer> status : clients.invokeAll(calls)) {
        assertEquals(200, status.get());
      }
    } finally {
      clients.shutdownNow();
    }
    long left =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("model-server") && thread.isAlive())
            .count();
    assertEquals(0, left);
  }

  /** Sends half a request, then resets the connection. */
  private static void abandon(URI base, int number) throws IOException {
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      socket.setSoLinger(true, 0);
      OutputStream out = socket.getOutputStream();
      String request = "POST /sync/connect HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{\"has";
      out.write(request.substring(0, 10 + number % 50).getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
  }
}
