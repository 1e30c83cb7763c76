package dev.oversqlite4j.simulator.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves a {@link ModelServer} over HTTP on a loopback port. Requests are read in parallel and
 * answered one after the other. Thread-safe.
 */
public final class SocketServer implements AutoCloseable {
  private static final int THREADS = 4;

  static {
    // Headers and body leave in two writes; with Nagle's algorithm the second waits for a delayed
    // ACK, 40 ms per response. The JDK's server can be told only by this property, read once.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
  }

  private final ModelServer server;
  private final HttpServer http;
  private final ExecutorService threads;

  private SocketServer(ModelServer server, HttpServer http) {
    this.server = server;
    this.http = http;
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "model-server");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Starts serving at once.
   *
   * @param port TCP port, 0 = any free one
   * @throws UncheckedIOException if the port cannot be bound; use 0 or another port
   */
  public static SocketServer start(ModelServer server, int port) {
    try {
      InetAddress loopback = InetAddress.getLoopbackAddress();
      SocketServer socket =
          new SocketServer(server, HttpServer.create(new InetSocketAddress(loopback, port), 0));
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
      WireResponse response = answer(exchange);
      response.headers().forEach(exchange.getResponseHeaders()::set);
      int length = response.body().length;
      exchange.sendResponseHeaders(response.status(), length == 0 ? -1 : length);
      if (length > 0) {
        try (OutputStream out = exchange.getResponseBody()) {
          out.write(response.body());
        }
      }
    }
  }

  private WireResponse answer(HttpExchange exchange) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> values.stream().findFirst().ifPresent(v -> headers.put(name, v)));
    byte[] body = exchange.getRequestBody().readAllBytes();
    String target = exchange.getRequestURI().toASCIIString();
    WireRequest request;
    try {
      request = WireRequest.of(exchange.getRequestMethod(), target, headers, body);
    } catch (IllegalArgumentException malformed) {
      return WireResponse.plain(400, "Bad Request");
    }
    return server.handle(request);
  }

  /** Stops listening and drops open connections. Idempotent. */
  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
