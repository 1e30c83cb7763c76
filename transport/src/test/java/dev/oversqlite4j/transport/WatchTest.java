package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.HttpFailureException;
import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.WatchStream;
import dev.oversqlite4j.spi.SyncServer.WatchStream.Listener.Then;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stream of announcements (wire-protocol 2.13). */
@Timeout(20)
class WatchTest {
  private static final String EVENT = "event: bundle\ndata: {\"bundle_seq\":31}\n\n";
  private static final int MIB = 1024 * 1024;

  private final Wire wire = new Wire();
  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void close() {
    other.shutdownNow();
    wire.close();
  }

  private static MockResponse.Builder stream(String body) {
    return new MockResponse.Builder().addHeader("Content-Type", "text/event-stream").body(body);
  }

  private WatchStream watching(String body) {
    wire.answer(stream(body));
    return wire.server.watch(Wire.SOURCE, 30);
  }

  /** How many announcements there were when the stream ended. */
  private static int heard(WatchStream stream) throws InterruptedException {
    AtomicInteger heard = new AtomicInteger();
    stream.listen(
        () -> {
          heard.incrementAndGet();
          return Then.LISTEN;
        });
    return heard.get();
  }

  @Test
  void asksForWhatComesAfterTheCheckpoint() throws InterruptedException {
    try (WatchStream stream = watching("")) {
      assertEquals(0, wire.requests(), "nothing is asked before somebody waits");
      assertEquals(0, heard(stream));
    }
    RecordedRequest request = wire.taken();
    assertEquals("/api/sync/watch?after_bundle_seq=30", request.getTarget());
    assertEquals(Wire.SOURCE, request.getHeaders().get("Oversync-Source-ID"));
    assertEquals("text/event-stream", request.getHeaders().get("Accept"));
  }

  @Test
  void onlyEventsNamedBundleCount() throws InterruptedException {
    String body =
        ": heartbeat\n\n"
            + "event: other\ndata: not even json\n\n"
            + "data: {\"bundle_seq\":5}\n\n"
            + "event: bundle\r\nid: 7\r\ndata: {\"bundle_seq\":31,\"source_id\":\"\"}\r\n\r\n"
            + ": heartbeat\n"
            + "event:bundle\n: in between\ndata:{\"bundle_seq\":33,\ndata:\"source_id\":\"t-2\"}\n\n"
            + "event: bundle\n\n";
    try (WatchStream stream = watching(body)) {
      assertEquals(2, heard(stream));
    }
  }

  @Test
  void anEventThatTheEndCutsOffIsNone() throws InterruptedException {
    for (int cut = 0; cut < EVENT.length(); cut++) {
      try (WatchStream stream = watching(EVENT + EVENT.substring(0, cut))) {
        assertEquals(1, heard(stream));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "7", "[]", "{", "{}", "{\"bundle_seq\":\"31\"}", "{\"bundle_seq\":1.5}"})
  void dataThatIsNoAnnouncementEndsTheStream(String data) {
    try (WatchStream stream = watching("event: bundle\ndata: " + data + "\n\n")) {
      assertThrows(RemoteResponseDecodeException.class, () -> heard(stream));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"bundle_seq\":0}",
        "{\"bundle_seq\":-4}",
        "{\"bundle_seq\":3,\"source_id\":\" \"}"
      })
  void impossibleValuesEndTheStream(String data) {
    try (WatchStream stream = watching("event: bundle\ndata: " + data + "\n\n")) {
      assertThrows(RemoteResponseSemanticException.class, () -> heard(stream));
    }
  }

  @Test
  void linesAndEventsAreBounded() throws InterruptedException {
    String half = "data: " + " ".repeat(MIB / 2) + "\n";
    String[] tooLong = {
      "x".repeat(MIB + 1), ":" + "x".repeat(MIB), "event: bundle\n" + half + half + "\n" + EVENT
    };
    for (String body : tooLong) {
      try (WatchStream stream = watching(body)) {
        assertThrows(RemoteResponseDecodeException.class, () -> heard(stream));
      }
    }
    try (WatchStream stream = watching((":" + "x".repeat(MIB - 1) + "\n").repeat(3) + EVENT)) {
      assertEquals(1, heard(stream));
    }
  }

  @Test
  void textThatIsNotUtf8EndsTheStream() {
    Buffer body = new Buffer().writeUtf8("event: bundle\ndata: ").writeByte(0xff).writeUtf8("\n\n");
    wire.answer(
        new MockResponse.Builder().addHeader("Content-Type", "text/event-stream").body(body));
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      assertThrows(RemoteResponseDecodeException.class, () -> heard(stream));
    }
  }

  @Test
  void whoHasHeardEnoughLeavesAHealthyStream() throws InterruptedException {
    AtomicInteger heard = new AtomicInteger();
    wire.answer(stream(EVENT.repeat(3)).throttleBody(2L * EVENT.length(), 1, TimeUnit.HOURS));
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      stream.listen(() -> heard.incrementAndGet() < 2 ? Then.LISTEN : Then.LEAVE);
    }
    assertEquals(2, heard.get());
  }

  @Test
  void whatTheListenerThrowsEndsTheStream() {
    for (Exception thrown : List.of(new IllegalStateException(), new InterruptedException())) {
      wire.answer(stream(EVENT).throttleBody(EVENT.length(), 1, TimeUnit.HOURS));
      try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
        assertSame(
            thrown,
            assertThrows(
                Exception.class,
                () ->
                    stream.listen(
                        () -> {
                          if (thrown instanceof InterruptedException interrupted) {
                            throw interrupted;
                          }
                          throw (RuntimeException) thrown;
                        })));
      }
    }
  }

  @Test
  void forbiddenIsARefusalOfItsOwn() {
    wire.answer(403, Wire.error("bundle_change_watch_forbidden"));
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      RefusedException refused = assertThrows(RefusedException.class, () -> heard(stream));
      assertInstanceOf(Refusal.WatchForbidden.class, refused.refusal());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "503, bundle_change_watch_disabled",
    "503, bundle_change_watch_forbidden",
    "403, forbidden",
    "401, ''",
    "409, scope_uninitialized",
    "302, ''"
  })
  void otherAnswersAreFailuresAndNotRepeated(int status, String code) {
    wire.answer(status, Wire.error(code));
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      HttpFailureException failed = assertThrows(HttpFailureException.class, () -> heard(stream));
      assertEquals(status, failed.status());
    }
    assertEquals(1, wire.requests());
  }

  @Test
  void anotherContentIsNoStream() {
    wire.answer(EVENT);
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      assertThrows(RemoteResponseDecodeException.class, () -> heard(stream));
    }
  }

  @Test
  void aConnectionThatBreaksIsAFailure() {
    wire.answer(
        stream(EVENT.repeat(1000)).onResponseBody(SocketEffect.ShutdownConnection.INSTANCE));
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      assertThrows(TransientRetryExhaustedException.class, () -> heard(stream));
    }
  }

  private static MockResponse.Builder silent() {
    return stream(EVENT).throttleBody(EVENT.length() - 2, 1, TimeUnit.HOURS);
  }

  private void cancelled(Future<?> running) {
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> running.get(10, TimeUnit.SECONDS));
    assertEquals(OperationCancelledException.class, e.getCause().getClass());
  }

  @Test
  void onlyItsOwnCancelAndACloseEndAStream() throws Exception {
    for (boolean closing : new boolean[] {false, true}) {
      wire.answer(silent());
      WatchStream stream = wire.server.watch(Wire.SOURCE, 30);
      Future<?> running = other.submit(() -> heard(stream));
      wire.taken();
      wire.server.cancel();
      wire.answer(Wire.PULL_ANSWER);
      Wire.call("pull").run().accept(wire.server);
      wire.taken();
      assertFalse(running.isDone());
      if (closing) {
        wire.server.close();
      } else {
        stream.cancel();
      }
      cancelled(running);
      stream.close();
    }
    assertThrows(
        OperationCancelledException.class, () -> heard(wire.server.watch(Wire.SOURCE, 30)));
  }

  @Test
  void aStreamThatWasCancelledBeforeItBeganSendsNothing() {
    try (WatchStream stream = wire.server.watch(Wire.SOURCE, 30)) {
      stream.cancel();
      assertThrows(OperationCancelledException.class, () -> heard(stream));
    }
    assertEquals(0, wire.requests());
  }

  /** The app's timeouts are meant for requests; a quiet account is no failure. */
  @Test
  void theAppsTimeoutsDoNotEndAStream() throws InterruptedException {
    try (Wire hasty =
        new Wire(
            app -> app.readTimeout(Duration.ofMillis(100)).callTimeout(Duration.ofMillis(100)))) {
      hasty.answer(stream(EVENT).headersDelay(400, TimeUnit.MILLISECONDS));
      try (WatchStream stream = hasty.server.watch(Wire.SOURCE, 30)) {
        assertEquals(1, heard(stream));
      }
    }
  }
}
