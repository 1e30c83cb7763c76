package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.HttpFailureException;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.Authenticator;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.Route;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Authentication is the app's: an interceptor that adds a token, an authenticator that renews it.
 */
class AuthTest {

  static List<Wire.Call> calls() {
    return Wire.CALLS;
  }

  /** The app's tokens: one thread renews, the others take what it got. */
  private static final class Tokens implements Authenticator {
    private final AtomicInteger renewed = new AtomicInteger();
    private String current = "expired";

    synchronized String current() {
      return current;
    }

    @Override
    public synchronized Request authenticate(Route route, Response response) {
      if (response.priorResponse() != null) {
        // A fresh token was refused, too: another one would be as well.
        return null;
      }
      String refused = response.request().header("Authorization");
      if (("Bearer " + current).equals(refused)) {
        current = "fresh-" + renewed.incrementAndGet();
      }
      return response.request().newBuilder().header("Authorization", "Bearer " + current).build();
    }

    Request signed(Request request) {
      return request.newBuilder().header("Authorization", "Bearer " + current()).build();
    }
  }

  private static Wire wire(Tokens tokens) {
    return new Wire(
        app ->
            app.authenticator(tokens)
                .addInterceptor(chain -> chain.proceed(tokens.signed(chain.request()))));
  }

  private static Dispatcher accepting(String token, String answer) {
    return new Dispatcher() {
      @Override
      public MockResponse dispatch(RecordedRequest request) {
        boolean known = ("Bearer " + token).equals(request.getHeaders().get("Authorization"));
        return known
            ? new MockResponse.Builder().body(answer).build()
            : new MockResponse.Builder().code(401).body("Unauthorized\n").build();
      }
    };
  }

  /** Chunk and commit are replayed as well: what was answered 401 did nothing. */
  @ParameterizedTest
  @MethodSource("calls")
  void anExpiredTokenIsRenewedOnce(Wire.Call call) {
    Tokens tokens = new Tokens();
    try (Wire wire = wire(tokens)) {
      wire.http.setDispatcher(accepting("fresh-1", call.answer()));
      call.run().accept(wire.server);
      assertEquals(1, tokens.renewed.get());
      assertEquals(2, wire.requests());
      String refused = Optional.ofNullable(wire.taken().getBody()).map(Object::toString).orElse("");
      String sent = Optional.ofNullable(wire.taken().getBody()).map(Object::toString).orElse("");
      assertEquals(refused, sent);
      assertEquals(List.of(), wire.sleeps);
    }
  }

  @Test
  void concurrentCallsShareOneRenewal() throws Exception {
    Tokens tokens = new Tokens();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Wire wire = wire(tokens)) {
      CyclicBarrier together = new CyclicBarrier(8);
      wire.http.setDispatcher(accepting("fresh-1", Wire.PULL_ANSWER));
      List<Callable<Void>> pulls = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        pulls.add(
            () -> {
              together.await(10, TimeUnit.SECONDS);
              Wire.call("pull").run().accept(wire.server);
              return null;
            });
      }
      for (Future<Void> pull : threads.invokeAll(pulls)) {
        pull.get();
      }
      assertEquals(1, tokens.renewed.get());
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aTokenThatStaysRefusedIsReportedAndNotTriedAgain(Wire.Call call) {
    Tokens tokens = new Tokens();
    try (Wire wire = wire(tokens)) {
      wire.http.setDispatcher(accepting("nobody's", call.answer()));
      HttpFailureException e =
          assertThrows(HttpFailureException.class, () -> call.run().accept(wire.server));
      assertEquals(401, e.status());
      assertEquals(ErrorCategory.AUTH, e.category());
      assertEquals(1, tokens.renewed.get());
      assertEquals(2, wire.requests());
      assertEquals(List.of(), wire.sleeps);
    }
  }

  /** OkHttp sends 503 with {@code Retry-After: 0} again by itself; the first one had counted. */
  @Test
  void aChunkThatOkHttpSentTwiceLeadsToAnotherSession() {
    try (Wire wire = new Wire()) {
      wire.answer(new MockResponse.Builder().code(503).setHeader("Retry-After", "0"))
          .answer(409, Wire.error("push_chunk_out_of_order"));
      RefusedException e =
          assertThrows(RefusedException.class, () -> Wire.call("chunk").run().accept(wire.server));
      assertEquals(new Refusal.PushSessionGone(), e.refusal());
      assertEquals(2, wire.requests());
    }
  }

  @Test
  void aCommitThatOkHttpSentTwiceLeadsToAnotherSession() {
    try (Wire wire = new Wire()) {
      wire.answer(new MockResponse.Builder().code(503).setHeader("Retry-After", "0"))
          .answer(404, Wire.error("push_session_not_found"));
      RefusedException e =
          assertThrows(RefusedException.class, () -> Wire.call("commit").run().accept(wire.server));
      assertEquals(new Refusal.PushSessionGone(), e.refusal());
    }
  }
}
