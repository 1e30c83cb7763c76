package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.CommittedBundleNotFoundException;
import dev.oversqlite4j.HttpFailureException;
import dev.oversqlite4j.SnapshotCapacityExhaustedException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.RefusedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which call is sent again, when, and how often (spec 1.6). */
class RetryTest {
  private static final List<String> NOT_REPEATABLE = List.of("chunk", "commit");

  private final Wire wire = new Wire(app -> app.readTimeout(300, TimeUnit.MILLISECONDS));

  @AfterEach
  void close() {
    wire.close();
  }

  private static Stream<Wire.Call> repeatable() {
    return Wire.CALLS.stream().filter(call -> !NOT_REPEATABLE.contains(call.name()));
  }

  private static Stream<Wire.Call> once() {
    return Wire.CALLS.stream().filter(call -> NOT_REPEATABLE.contains(call.name()));
  }

  private static List<Duration> millis(long... values) {
    return java.util.Arrays.stream(values).mapToObj(Duration::ofMillis).toList();
  }

  private static MockResponse.Builder lost() {
    return new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket());
  }

  private TransientRetryExhaustedException exhausted(Wire.Call call) {
    return assertThrows(
        TransientRetryExhaustedException.class, () -> call.run().accept(wire.server));
  }

  @ParameterizedTest
  @MethodSource("repeatable")
  void repeatableCallsSurviveTwoFailures(Wire.Call call) {
    wire.answer(503, "").answer(lost()).answer(call.answer());
    call.run().accept(wire.server);
    assertEquals(3, wire.requests());
    // 150 ms doubling, plus half of 20 %.
    assertEquals(millis(165, 330), wire.sleeps);
  }

  @ParameterizedTest
  @MethodSource("repeatable")
  void repeatableCallsGiveUp(Wire.Call call) {
    wire.answer(429, "").answer(502, "").answer(504, "").answer(call.answer());
    TransientRetryExhaustedException e = exhausted(call);
    assertEquals(3, e.attempts());
    assertEquals(call.op(), e.op());
    assertEquals(3, wire.requests());
  }

  @ParameterizedTest
  @MethodSource("once")
  void chunkAndCommitAreSentOnce(Wire.Call call) {
    wire.answer(lost()).answer(call.answer());
    TransientRetryExhaustedException e = exhausted(call);
    assertEquals(1, e.attempts());
    assertEquals(1, wire.requests());
    assertTrue(wire.sleeps.isEmpty());
  }

  /** The pooled connection dies as the answer is due: OkHttp alone would send the body again. */
  @ParameterizedTest
  @MethodSource("once")
  void aLostAnswerOnAPooledConnectionIsNotSentAgain(Wire.Call call) {
    wire.answer(Wire.CAPABILITIES_ANSWER).answer(lost()).answer(call.answer());
    wire.server.capabilities(Wire.SOURCE);
    assertEquals(1, exhausted(call).attempts());
    assertEquals(2, wire.requests());
  }

  @Test
  void chunkThatIsTurnedAwayIsNotSentAgain() {
    wire.answer(503, "");
    assertEquals(1, exhausted(Wire.call("chunk")).attempts());
    assertEquals(1, wire.requests());
  }

  @ParameterizedTest
  @MethodSource("repeatable")
  void error500IsRepeatedForGetOnly(Wire.Call call) {
    wire.answer(500, "").answer(call.answer());
    boolean get =
        List.of("capabilities", "committed rows", "pull", "snapshot page").contains(call.name());
    if (get) {
      call.run().accept(wire.server);
      assertEquals(2, wire.requests());
    } else {
      assertThrows(HttpFailureException.class, () -> call.run().accept(wire.server));
      assertEquals(1, wire.requests());
    }
  }

  @Test
  void timeoutsAreRepeated() {
    wire.answer(new MockResponse.Builder().onResponseStart(SocketEffect.Stall.INSTANCE))
        .answer(Wire.PULL_ANSWER);
    Wire.call("pull").run().accept(wire.server);
    assertEquals(2, wire.requests());
  }

  @Test
  void truncatedBodiesAreRepeated() {
    wire.answer(
            new MockResponse.Builder()
                .body(Wire.PULL_ANSWER)
                .onResponseBody(new SocketEffect.CloseSocket()))
        .answer(Wire.PULL_ANSWER);
    Wire.call("pull").run().accept(wire.server);
    assertEquals(2, wire.requests());
  }

  @ParameterizedTest
  @CsvSource({
    "2,2200",
    "3600,33000",
    "0,165",
    "-1,165",
    "1.5,165",
    "'Wed, 21 Oct 2015 07:28:00 GMT',165"
  })
  void retryAfter(String header, long expectedMs) {
    wire.answer(new MockResponse.Builder().code(429).setHeader("Retry-After", header))
        .answer(Wire.PULL_ANSWER);
    Wire.call("pull").run().accept(wire.server);
    assertEquals(millis(expectedMs), wire.sleeps);
  }

  @Test
  void doublingStopsAtTheMaximum() {
    try (Wire patient = new Wire(app -> app, options -> options.transientRetryAttempts(6))) {
      for (int i = 0; i < 5; i++) {
        patient.answer(503, "");
      }
      patient.answer(Wire.PULL_ANSWER);
      Wire.call("pull").run().accept(patient.server);
      assertEquals(millis(165, 330, 660, 1320, 1650), patient.sleeps);
    }
  }

  @Test
  void oneAttemptMeansNoRetry() {
    try (Wire impatient = new Wire(app -> app, options -> options.transientRetryAttempts(1))) {
      impatient.answer(503, "");
      assertThrows(
          TransientRetryExhaustedException.class,
          () -> Wire.call("pull").run().accept(impatient.server));
      assertEquals(1, impatient.requests());
    }
  }

  @ParameterizedTest
  @CsvSource({"create snapshot,snapshot_build_capacity", "snapshot page,snapshot_chunk_capacity"})
  void snapshotCapacityIsWaitedForBeyondTheAttempts(String name, String code) {
    for (int i = 0; i < 5; i++) {
      wire.answer(429, Wire.error(code));
    }
    wire.answer(
        new MockResponse.Builder().code(429).body(Wire.error(code)).setHeader("Retry-After", "4"));
    Wire.Call call = Wire.call(name);
    wire.answer(call.answer());
    call.run().accept(wire.server);
    assertEquals(millis(1500, 1500, 1500, 1500, 1500, 6000), wire.sleeps);
  }

  @Test
  void snapshotCapacityEndsWithItsBudget() {
    wire.always(429, Wire.error("snapshot_build_capacity"));
    SnapshotCapacityExhaustedException e =
        assertThrows(
            SnapshotCapacityExhaustedException.class,
            () -> Wire.call("create snapshot").run().accept(wire.server));
    assertEquals(30_000, e.waitedMs());
    assertEquals(20, wire.sleeps.size());
  }

  @Test
  void capacityCodesMeanNothingElsewhere() {
    wire.always(429, Wire.error("snapshot_build_capacity"));
    assertEquals(3, exhausted(Wire.call("pull")).attempts());
  }

  @Test
  void aCommittedBundleThatIsNotVisibleYet() {
    wire.always(404, Wire.error("committed_bundle_not_found"));
    CommittedBundleNotFoundException e =
        assertThrows(
            CommittedBundleNotFoundException.class,
            () -> Wire.call("committed rows").run().accept(wire.server));
    assertEquals(6, e.attempts());
    assertEquals(6, wire.requests());
    assertEquals(millis(75, 150, 300, 600, 600), wire.sleeps);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void redirectsAreNotFollowed(int status) {
    wire.answer(
        new MockResponse.Builder()
            .code(status)
            .setHeader("Location", wire.http.url("/elsewhere").toString()));
    assertThrows(HttpFailureException.class, () -> Wire.call("commit").run().accept(wire.server));
    assertEquals(1, wire.requests());
  }

  @Test
  void theAppsAuthenticatorRefreshesTheToken() {
    AtomicInteger refreshed = new AtomicInteger();
    try (Wire authenticated =
        new Wire(
            app ->
                app.authenticator(
                    (route, response) ->
                        response
                            .request()
                            .newBuilder()
                            .header("Authorization", "Bearer " + refreshed.incrementAndGet())
                            .build()))) {
      authenticated.answer(401, "expired").answer(Wire.CHUNK_ANSWER);
      Wire.call("chunk").run().accept(authenticated.server);
      authenticated.taken();
      var second = authenticated.taken();
      assertEquals("Bearer 1", second.getHeaders().get("Authorization"));
      assertEquals(Wire.SOURCE, second.getHeaders().get("Oversync-Source-ID"));
      assertTrue(second.getBody().utf8().startsWith("{\"start_row_ordinal\":3"));
    }
  }

  @Test
  void interceptorsOfTheAppStay() {
    AtomicInteger seen = new AtomicInteger();
    OkHttpClient app =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain -> {
                  seen.incrementAndGet();
                  return chain.proceed(chain.request());
                })
            .build();
    try (Wire intercepted = new Wire(ignored -> app.newBuilder())) {
      intercepted.answer(409, Wire.error("push_chunk_out_of_order"));
      assertThrows(
          RefusedException.class, () -> Wire.call("chunk").run().accept(intercepted.server));
      assertEquals(1, seen.get());
    }
  }
}
