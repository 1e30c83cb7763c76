package dev.oversqlite4j.transport;

import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.SnapshotResponseTooLargeException;
import dev.oversqlite4j.SnapshotUnsupportedContentEncodingException;
import dev.oversqlite4j.SyncOperation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sends single requests on the calling thread and reads bounded answers. Keeps track of what is in
 * flight; safe to use from any thread.
 */
final class Caller {
  static final int OK = 200;

  private static final Duration BEST_EFFORT_TIMEOUT = Duration.ofSeconds(5);

  /** A server that sends a byte now and then would hold a call without one for ever. */
  private static final Duration CALL_TIMEOUT = Duration.ofMinutes(10);

  private final OkHttpClient client;
  private final OkHttpClient streaming;
  private final Set<Flight> flights = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param appClient keeps its interceptors, authenticator, listeners and pool; derived so that no
   *     request is repeated, redirected or answered from a cache behind our back: a chunk that is
   *     sent twice is refused, and a cached pull page would move the checkpoint over a lie
   */
  Caller(OkHttpClient appClient) {
    Duration callTimeout =
        appClient.callTimeoutMillis() == 0
            ? CALL_TIMEOUT
            : Duration.ofMillis(appClient.callTimeoutMillis());
    client =
        appClient
            .newBuilder()
            .callTimeout(callTimeout)
            .retryOnConnectionFailure(false)
            .followRedirects(false)
            .followSslRedirects(false)
            .cache(null)
            .build();
    // A stream is silent for as long as nothing happens (spec 4.10).
    streaming = client.newBuilder().callTimeout(Duration.ZERO).readTimeout(Duration.ZERO).build();
  }

  /** Begins a call of the port. */
  Flight begin(SyncOperation op) {
    Flight flight = new Flight(op, flights::remove);
    flights.add(flight);
    if (closed) {
      flight.close();
      throw new OperationCancelledException(op);
    }
    return flight;
  }

  /** Cancels what is in flight, streams excepted: those have a cancel of their own. */
  void cancel() {
    flights.stream().filter(f -> f.op() != SyncOperation.WATCH_BUNDLES).forEach(Flight::cancel);
  }

  void close() {
    closed = true;
    flights.forEach(Flight::cancel);
  }

  /**
   * An answer.
   *
   * @param value what its body gave, exactly for a 200
   */
  record Answer<T>(Reply reply, Optional<T> value) {}

  /**
   * Sends one request and reads its answer.
   *
   * @param limitBytes bound of the decompressed body of a 200
   * @throws IOException the network failed; whether the server acted is unknown
   */
  <T> Answer<T> send(Flight flight, Request request, long limitBytes, BodyReader<T> reader)
      throws IOException {
    try (Response response = flight.execute(client.newCall(request))) {
      return read(flight.op(), response, limitBytes, reader);
    } catch (IOException e) {
      throw flight.ifCancelled(e);
    }
  }

  /**
   * Sends one request whose answer, if it is a 200, is read for as long as the server likes.
   *
   * @return to be closed by the caller
   */
  Response open(Flight flight, Request request) throws IOException {
    return flight.execute(streaming.newCall(request));
  }

  /** What a stream is answered with if not with a stream. */
  static Reply refusal(SyncOperation op, Response response) throws IOException {
    Optional<InputStream> stream = decompressed(response);
    byte[] error = stream.isPresent() ? upToControlLimit(stream.get()) : new byte[0];
    return new Reply(op, response.code(), retryAfter(response), error);
  }

  /** Sends one request whose outcome nobody waits for longer than a few seconds. */
  void sendBestEffort(Flight flight, Request request) throws IOException {
    Call call = client.newCall(request);
    call.timeout().timeout(BEST_EFFORT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    flight.execute(call).close();
  }

  private static <T> Answer<T> read(
      SyncOperation op, Response response, long limitBytes, BodyReader<T> reader)
      throws IOException {
    if (response.code() != OK) {
      return new Answer<>(refusal(op, response), Optional.empty());
    }
    Optional<InputStream> stream = decompressed(response);
    OptionalLong retryAfter = retryAfter(response);
    if (stream.isEmpty()) {
      throw unsupportedEncoding(op);
    }
    BoundedStream bounded =
        new BoundedStream(stream.get(), limitBytes, () -> tooLarge(op, limitBytes));
    T value = reader.read(op, bounded);
    return new Answer<>(new Reply(op, OK, retryAfter, new byte[0]), Optional.of(value));
  }

  /** OkHttp already removed a gzip that it asked for itself; an app's interceptor may ask too. */
  private static Optional<InputStream> decompressed(Response response) throws IOException {
    List<String> encodings = response.headers("Content-Encoding");
    InputStream raw = response.body().byteStream();
    if (encodings.isEmpty()
        || encodings.size() == 1 && encodings.get(0).trim().equalsIgnoreCase("identity")) {
      return Optional.of(raw);
    }
    if (encodings.size() == 1 && encodings.get(0).trim().equalsIgnoreCase("gzip")) {
      return Optional.of(new GZIPInputStream(raw));
    }
    return Optional.empty();
  }

  /** An error that says too much says nothing. */
  private static byte[] upToControlLimit(InputStream stream) throws IOException {
    byte[] bytes = stream.readNBytes((int) Limits.CONTROL);
    return bytes.length == Limits.CONTROL && stream.read() >= 0 ? new byte[0] : bytes;
  }

  private static RuntimeException unsupportedEncoding(SyncOperation op) {
    return isSnapshot(op)
        ? new SnapshotUnsupportedContentEncodingException(op)
        : new RemoteResponseDecodeException(op);
  }

  private static RuntimeException tooLarge(SyncOperation op, long limit) {
    return switch (op) {
      case CREATE_SNAPSHOT_SESSION, FETCH_SNAPSHOT_CHUNK ->
          new SnapshotResponseTooLargeException(op, limit);
      case PULL_BUNDLES, FETCH_COMMITTED_BUNDLE -> new BodyTooLargeException(op);
      default -> new RemoteResponseDecodeException(op);
    };
  }

  private static boolean isSnapshot(SyncOperation op) {
    return op == SyncOperation.CREATE_SNAPSHOT_SESSION || op == SyncOperation.FETCH_SNAPSHOT_CHUNK;
  }

  /** Dates, fractions, zero and what does not fit are as good as absent (wire-protocol 7.3). */
  private static OptionalLong retryAfter(Response response) {
    String value = response.header("Retry-After");
    if (value == null || !value.matches("0*[1-9][0-9]{0,8}")) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Long.parseLong(value));
  }
}
