package dev.oversqlite4j.simulator.network;

import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.Seam;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.IntSupplier;
import javax.net.SocketFactory;
import okhttp3.ConnectionSpec;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

/**
 * The network of one incarnation: real {@link OkHttpClient}s whose sockets end in an {@link
 * HttpHandler} in the same process.
 *
 * <p>The seam lies below the client, so that interceptors, authenticators, pooling and the client's
 * own silent re-sends are part of what is simulated. Everything runs on the thread that calls
 * {@code execute()}. Use {@code execute()} and not {@code enqueue()}: for the latter OkHttp reports
 * a crash as an {@link IOException} to the callback first.
 *
 * <p>Each request meets, in this order: the {@code SEND} seam, the trace, its fate, the handler,
 * the passed {@code RECEIVE} seam, the trace again, delivery. A {@link
 * dev.oversqlite4j.simulator.seam.SimulatedCrash} thrown on the way surfaces from {@code execute()}
 * as it is; from then on every connection, write and read throws one. Closing a socket stays
 * allowed: nobody can observe it.
 */
public final class SimulatedNetwork {

  private final Incarnation incarnation;
  private final HttpHandler server;
  private final IntSupplier serverLife;

  /**
   * The network of one incarnation.
   *
   * @param incarnation whose network this is
   * @param server answers every request, whatever its host; plain HTTP only
   */
  public SimulatedNetwork(Incarnation incarnation, HttpHandler server) {
    this(incarnation, server, () -> 0);
  }

  /**
   * The network of one incarnation to a server that may be started anew.
   *
   * @param serverLife which life of the server it is: a connection to an earlier one is broken
   */
  public SimulatedNetwork(Incarnation incarnation, HttpHandler server, IntSupplier serverLife) {
    this.serverLife = Objects.requireNonNull(serverLife, "serverLife");
    this.incarnation = Objects.requireNonNull(incarnation, "incarnation");
    this.server = Objects.requireNonNull(server, "server");
  }

  /**
   * A client on this network, with a connection pool of its own.
   *
   * @return OkHttp's defaults except for what would leave this network, other threads or real time
   */
  public OkHttpClient newClient() {
    return newClientBuilder().build();
  }

  /**
   * The same, to be configured further. Timeouts are off because they count real time; delays are
   * simulated as failures.
   *
   * @return a builder
   */
  public OkHttpClient.Builder newClientBuilder() {
    return new OkHttpClient.Builder()
        .socketFactory(new Sockets())
        .dns(host -> List.of(InetAddress.getByAddress(host, new byte[] {10, 0, 0, 1})))
        .proxy(Proxy.NO_PROXY)
        .fastFallback(false)
        .protocols(List.of(Protocol.HTTP_1_1))
        // No TLS in the simulation, and so no trust store to load for every process.
        .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
        .connectTimeout(Duration.ZERO)
        .readTimeout(Duration.ZERO)
        .writeTimeout(Duration.ZERO)
        .callTimeout(Duration.ZERO);
  }

  int serverLife() {
    return serverLife.getAsInt();
  }

  void ensureAlive(String attempt) {
    incarnation.ensureAlive(attempt);
  }

  /** Takes one request to the server and its answer back, under the fate that the world decides. */
  Delivery exchange(HttpMessages.Request request, byte[] sent) throws IOException {
    String label = request.label();
    incarnation.reach(new Seam(Seam.Kind.SEND, label));
    incarnation.trace().request(sent);
    NetworkFate fate = incarnation.fate(label);
    if (fate instanceof NetworkFate.LoseRequest) {
      throw new SocketException("Connection reset: the simulated network lost a request.");
    }
    if (fate instanceof NetworkFate.Refuse) {
      throw new ConnectException("Connection refused: the simulated network wants no more.");
    }
    if (fate instanceof NetworkFate.Delay delay) {
      delay.later().accept(() -> serve(request));
      throw new SocketTimeoutException("Read timed out: the simulated network takes its time.");
    }
    HttpHandler.Reply reply = reply(request, fate);
    if (fate instanceof NetworkFate.Copy copy) {
      copy.later().accept(() -> serve(request));
    }
    incarnation.passed(new Seam(Seam.Kind.RECEIVE, label));
    if (fate instanceof NetworkFate.LoseResponse) {
      throw new SocketException("Connection reset: the simulated network lost an answer.");
    }
    if (fate instanceof NetworkFate.EndlessBody) {
      byte[] head = HttpMessages.endless(reply);
      incarnation.trace().response(head);
      return new Delivery(head, AfterDelivery.ENDLESS);
    }
    byte[] bytes = HttpMessages.format(request, reply);
    incarnation.trace().response(bytes);
    return new Delivery(
        bytes,
        HttpMessages.closes(request, reply) ? AfterDelivery.CLOSED : AfterDelivery.KEPT_ALIVE);
  }

  private HttpHandler.Reply serve(HttpMessages.Request request) {
    return server.handle(request.method(), request.target(), request.headers(), request.body());
  }

  private HttpHandler.Reply reply(HttpMessages.Request request, NetworkFate fate) {
    if (fate instanceof NetworkFate.Instead instead) {
      if (instead.server() == NetworkFate.Instead.Server.ACTS) {
        serve(request);
      }
      return new HttpHandler.Reply(instead.status(), instead.headers(), instead.body());
    }
    HttpHandler.Reply reply = serve(request);
    if (fate instanceof NetworkFate.Resend) {
      return serve(request);
    }
    if (fate instanceof NetworkFate.CutBody cut && reply.body().length > 0) {
      return HttpMessages.cut(reply, cut.at() % reply.body().length);
    }
    if (fate instanceof NetworkFate.CorruptBody corrupt && reply.body().length > 0) {
      return HttpMessages.corrupted(reply, corrupt.at() % reply.body().length);
    }
    if (fate instanceof NetworkFate.Forge forge && reply.status() == 200) {
      return new HttpHandler.Reply(
          reply.status(), reply.headers(), forge.instead().apply(reply.body()));
    }
    return reply;
  }

  record Delivery(byte[] bytes, AfterDelivery after) {}

  enum AfterDelivery {
    KEPT_ALIVE,
    CLOSED,
    /** White space follows, for as long as somebody reads. */
    ENDLESS
  }

  private final class Sockets extends SocketFactory {

    @Override
    public Socket createSocket() throws SocketException {
      return new SimulatedSocket(SimulatedNetwork.this);
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
      throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(
        InetAddress address, int port, InetAddress localAddress, int localPort) {
      throw unconnectedOnly();
    }

    private UnsupportedOperationException unconnectedOnly() {
      return new UnsupportedOperationException(
          "The simulated network makes unconnected sockets only; OkHttp asks for no others.");
    }
  }
}
