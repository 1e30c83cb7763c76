package dev.oversqlite4j.transport;

import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.SyncServer;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.Response;

/**
 * A stream of announcements. Nothing is repeated here: whoever reads it decides when to begin anew.
 */
final class EventStream implements SyncServer.WatchStream {
  private static final String BUNDLE = "bundle";

  private final Caller caller;
  private final Flight flight;
  private final Request request;
  private final Function<Reply, RuntimeException> refused;
  private final Consumer<Fields> check;
  private Optional<Response> response = Optional.empty();
  private Optional<EventReader> events = Optional.empty();

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
  public boolean next() {
    flight.checkCancelled();
    try {
      if (events.isEmpty()) {
        events = Optional.of(open());
      }
      Optional<EventReader.Event> event = events.get().next();
      while (event.isPresent() && !event.get().name().equals(BUNDLE)) {
        event = events.get().next();
      }
      event.ifPresent(bundle -> check.accept(Json.read(flight.op(), bundle.data())));
      return event.isPresent();
    } catch (IOException e) {
      IOException failure = flight.ifCancelled(e);
      throw new TransientRetryExhaustedException(flight.op(), 1, Retry.withoutServerText(failure));
    }
  }

  private EventReader open() throws IOException {
    Response opened = caller.open(flight, request);
    response = Optional.of(opened);
    if (opened.code() != Caller.OK) {
      throw refused.apply(Caller.refusal(flight.op(), opened));
    }
    MediaType type = opened.body().contentType();
    boolean encoded =
        opened.headers("Content-Encoding").stream().anyMatch(e -> !e.equals("identity"));
    if (encoded
        || type == null
        || !(type.type() + "/" + type.subtype()).equals("text/event-stream")) {
      throw new RemoteResponseDecodeException(flight.op());
    }
    return new EventReader(
        opened.body().byteStream(),
        Limits.EVENT,
        () -> new RemoteResponseDecodeException(flight.op()));
  }

  @Override
  public void cancel() {
    flight.cancel();
  }

  /** Cancelled first: the end of a healthy stream cannot be read up to. */
  @Override
  public void close() {
    flight.cancel();
    response.ifPresent(Response::close);
    flight.close();
  }
}
