package dev.oversqlite4j.transport;

import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.SyncServer;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/**
 * A stream of announcements. Nothing is repeated here: whoever listens decides when to begin anew.
 */
final class EventStream implements SyncServer.WatchStream {
  private static final String BUNDLE = "bundle";
  private static final long UNKNOWN_LENGTH = -1;

  private final Caller caller;
  private final Flight flight;
  private final Request request;
  private final Function<Reply, RuntimeException> refused;
  private final Consumer<Fields> check;

  /**
   * @param refused what an answer other than 200 means
   * @param check throws if an announcement breaks a rule
   */
  EventStream(
      Caller caller,
      Flight flight,
      Request request,
      Function<Reply, RuntimeException> refused,
      Consumer<Fields> check) {
    this.caller = caller;
    this.flight = flight;
    this.request = request;
    this.refused = refused;
    this.check = check;
  }

  @Override
  public void listen(Listener listener) throws InterruptedException {
    flight.checkCancelled();
    try (Response response = caller.open(flight, request)) {
      Events events = new Events(listener);
      EventSources.processResponse(inLines(response), events);
      events.rethrow();
    } catch (IOException e) {
      IOException failure = flight.ifCancelled(e);
      throw new TransientRetryExhaustedException(flight.op(), 1, Retry.withoutServerText(failure));
    }
  }

  private Response inLines(Response response) throws IOException {
    if (response.code() != Caller.OK) {
      throw refused.apply(Caller.refusal(flight.op(), response));
    }
    MediaType type = response.body().contentType();
    boolean encoded =
        response.headers("Content-Encoding").stream().anyMatch(e -> !e.equals("identity"));
    if (encoded
        || type == null
        || !(type.type() + "/" + type.subtype()).equals("text/event-stream")) {
      throw malformed();
    }
    EventLines lines = new EventLines(response.body().source(), Limits.EVENT, this::malformed);
    return response
        .newBuilder()
        .body(ResponseBody.create(lines.buffered(), type, UNKNOWN_LENGTH))
        .build();
  }

  private RuntimeException malformed() {
    return new RemoteResponseDecodeException(flight.op());
  }

  /** What okhttp finds; it calls this on the thread that listens. */
  private final class Events extends EventSourceListener {
    private final Listener listener;
    private Optional<Throwable> failure = Optional.empty();
    private boolean enough;

    Events(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void onEvent(EventSource source, String id, String type, String data) {
      if (!BUNDLE.equals(type)) {
        return;
      }
      try {
        check.accept(Json.read(flight.op(), data.getBytes(StandardCharsets.UTF_8)));
        enough = listener.announced() == Listener.Then.LEAVE;
      } catch (RuntimeException | InterruptedException thrown) {
        failure = Optional.of(thrown);
      }
      if (enough || failure.isPresent()) {
        // Cancelled, because the end of a healthy stream cannot be read up to.
        flight.cancel();
        source.cancel();
      }
    }

    @Override
    public void onFailure(EventSource source, Throwable reason, Response response) {
      if (!enough && failure.isEmpty()) {
        failure = Optional.ofNullable(reason);
      }
    }

    void rethrow() throws IOException, InterruptedException {
      if (failure.isEmpty()) {
        return;
      }
      if (failure.get() instanceof CharacterCodingException) {
        throw malformed();
      }
      if (failure.get() instanceof IOException broken) {
        throw broken;
      }
      if (failure.get() instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      throw (RuntimeException) failure.get();
    }
  }

  @Override
  public void cancel() {
    flight.cancel();
  }

  @Override
  public void close() {
    flight.cancel();
    flight.close();
  }
}
