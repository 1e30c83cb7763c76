package dev.oversqlite4j.simulator.hostile;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.simulator.hostile.HostileRig.Point;
import dev.oversqlite4j.simulator.hostile.HostileRig.Prepared;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.Folders;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;

/**
 * A process whose server answers every endpoint with a body that never ends, over real sockets.
 * Meant for a small heap; ends with code 0 if each call was refused and changed nothing.
 */
final class EndlessBodies {

  private static final int BLOCK = 8192;

  private EndlessBodies() {}

  /** How a body goes on and on. */
  private enum Cycle {
    BLANKS("", " "),
    TEXT("{\"x\":\"", "a"),
    ROWS("{\"rows\":[", "{\"schema\":\"business\"},"),
    COMPRESSED("", " ");

    private final String start;
    private final String cycle;

    Cycle(String start, String cycle) {
      this.start = start;
      this.cycle = cycle;
    }
  }

  public static void main(String[] args) throws IOException {
    Path folder = Folders.createInMemory();
    int calls = 0;
    try {
      HostileRig june = new HostileRig(folder, Revision.JUNE_2026);
      HostileRig july = new HostileRig(folder, Revision.JULY_2026);
      for (Point point : Point.values()) {
        // In turn, so that both revisions meet every kind.
        try (Prepared prepared = (point.ordinal() % 2 == 0 ? june : july).prepare(point)) {
          for (Cycle cycle : Cycle.values()) {
            run(prepared, point, cycle);
            calls++;
          }
        }
      }
    } finally {
      Folders.delete(folder);
    }
    System.out.println(calls + " endless bodies did no harm");
    System.exit(0);
  }

  private static void run(Prepared prepared, Point point, Cycle cycle) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/", exchange -> answer(exchange, prepared, cycle));
    http.setExecutor(Executors.newCachedThreadPool());
    http.start();
    try {
      Optional<OversqliteException> error =
          prepared.callElsewhere("http://127.0.0.1:" + http.getAddress().getPort());
      if (error.isEmpty() || !prepared.content().equals(prepared.before())) {
        throw new IllegalStateException(
            point + " " + cycle + ": " + error.map(Object::toString).orElse("accepted"));
      }
    } finally {
      http.stop(0);
    }
  }

  private static void answer(HttpExchange exchange, Prepared prepared, Cycle cycle)
      throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().toASCIIString();
      Reply right = prepared.answer(request);
      right.headers().forEach(exchange.getResponseHeaders()::set);
      if (!prepared.isPoint(request)) {
        exchange.sendResponseHeaders(
            right.status(), right.body().length == 0 ? -1 : right.body().length);
        exchange.getResponseBody().write(right.body());
        return;
      }
      if (cycle == Cycle.COMPRESSED) {
        exchange.getResponseHeaders().set("Content-Encoding", "gzip");
      }
      exchange.sendResponseHeaders(right.status(), 0);
      OutputStream out = exchange.getResponseBody();
      forEver(cycle == Cycle.COMPRESSED ? new GZIPOutputStream(out) : out, cycle);
    } catch (IOException left) {
      // The client has had enough, as it should.
    }
  }

  private static void forEver(OutputStream out, Cycle cycle) throws IOException {
    byte[] block =
        cycle.cycle.repeat(BLOCK / cycle.cycle.length()).getBytes(StandardCharsets.UTF_8);
    out.write(cycle.start.getBytes(StandardCharsets.UTF_8));
    while (true) {
      out.write(block);
    }
  }
}
