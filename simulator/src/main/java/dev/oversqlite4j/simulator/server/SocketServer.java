package dev.oversqlite4j.simulator.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Serves a {@link WireHandler} over HTTP on a loopback port. Requests are read in parallel and
 * answered one after the other; a watch takes a thread of its own until its client leaves.
 * Thread-safe.
 */
public final class SocketServer implements AutoCloseable {
  /** How soon a watch notices that the server closes. An interrupt would tear its connection. */
  private static final long WATCH_WAIT_MILLIS = 200;

  /** 25 seconds, spec 2.13. */
  private static final int WAITS_PER_HEARTBEAT = 125;

  /** How long answers under way may take once the server closes. */
  private static final long GRACE_MILLIS = 1_000;

  private static final int GRACE_WAITS = 10;

  static {
    // Headers and body leave in two writes; with Nagle's algorithm the second waits for a delayed
    // ACK, 40 ms per response. The JDK's server can be told only by properties, read once.
    setUnlessSet("sun.net.httpserver.nodelay", "true");
    // Seconds. A client that stalls in the middle of its request must not hold a thread for ever.
    setUnlessSet("sun.net.httpserver.maxReqTime", "60");
  }

  private final WireHandler handler;
  private final HttpServer http;
  private final ExecutorService threads;

  // Guarded by this.
  private int underWay;
  private boolean closing;

  private SocketServer(WireHandler handler, HttpServer http) {
    this.handler = handler;
    this.http = http;
    this.threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "model-server");
              thread.setDaemon(true);
              return thread;
            });
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Starts serving at once.
   *
   * @param port TCP port, 0 = any free one
   * @throws UncheckedIOException if the port cannot be bound; use 0 or another port
   */
  public static SocketServer start(WireHandler handler, int port) {
    try {
      InetAddress loopback = InetAddress.getLoopbackAddress();
      SocketServer socket =
          new SocketServer(handler, HttpServer.create(new InetSocketAddress(loopback, port), 0));
      socket.http.createContext("/", socket::exchange);
      socket.http.setExecutor(socket.threads);
      socket.http.start();
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "model server could not bind port " + port + "; use 0 for any free port", e);
    }
  }

  /** Base of all paths, with a trailing slash. */
  public URI baseUri() {
    InetSocketAddress address = http.getAddress();
    return URI.create(
        "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/");
  }

  private void exchange(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!begin()) {
        return;
      }
      try {
        Optional<WireRequest> request = request(exchange);
        WireResponse response =
            request.map(handler::handle).orElseGet(() -> WireResponse.plain(400, "Bad Request"));
        response.headers().forEach(exchange.getResponseHeaders()::set);
        if ("text/event-stream".equals(response.headers().get("Content-Type"))) {
          stream(exchange, request.orElseThrow(), response);
        } else {
          send(exchange, response);
        }
      } finally {
        end();
      }
    }
  }

  private static void send(HttpExchange exchange, WireResponse response) throws IOException {
    int length = response.body().length;
    exchange.sendResponseHeaders(response.status(), length == 0 ? -1 : length);
    if (length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(response.body());
      }
    }
  }

  private static Optional<WireRequest> request(HttpExchange exchange) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> values.stream().findFirst().ifPresent(v -> headers.put(name, v)));
    byte[] body = exchange.getRequestBody().readAllBytes();
    String target = exchange.getRequestURI().toASCIIString();
    try {
      return Optional.of(WireRequest.of(exchange.getRequestMethod(), target, headers, body));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  /** Sends what the watch was opened with, then every hint; heartbeats show that we live. */
  private void stream(HttpExchange exchange, WireRequest request, WireResponse opening)
      throws IOException {
    exchange.sendResponseHeaders(opening.status(), 0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(opening.body());
      out.flush();
      long told = told(request, opening);
      String user = ModelServer.bearer(request);
      for (int waits = 1; !isClosing(); waits++) {
        Optional<String> hint = handler.nextHint(user, told, WATCH_WAIT_MILLIS);
        if (hint.isPresent()) {
          told = seq(hint.get());
        }
        if (hint.isPresent() || waits % WAITS_PER_HEARTBEAT == 0) {
          out.write(hint.orElse(": heartbeat\n\n").getBytes(StandardCharsets.UTF_8));
          out.flush();
        }
      }
    } catch (InterruptedException stopped) {
      // The grace period is over.
      Thread.currentThread().interrupt();
    }
  }

  private static long told(WireRequest request, WireResponse opening) {
    return opening.body().length > 0
        ? seq(opening.text())
        : Long.parseLong(request.query().getOrDefault("after_bundle_seq", "0"));
  }

  private static long seq(String event) {
    return Json.parse(event.substring(event.indexOf('{'))).path("bundle_seq").asLong();
  }

  private synchronized boolean begin() {
    underWay += closing ? 0 : 1;
    return !closing;
  }

  private synchronized void end() {
    underWay--;
    notifyAll();
  }

  private synchronized boolean isClosing() {
    return closing;
  }

  /** Lets answers under way finish, ends watches, stops listening. Idempotent. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      try {
        for (int waits = 0; underWay > 0 && waits < GRACE_WAITS; waits++) {
          wait(GRACE_MILLIS / GRACE_WAITS);
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    http.stop(0);
    threads.shutdownNow();
    try {
      threads.awaitTermination(GRACE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
