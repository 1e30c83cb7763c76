package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OperationCancelledException;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.SyncServer.WatchStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ending a call from outside. */
@Timeout(20)
class CancelTest {
  private final Wire wire = new Wire(app -> app.readTimeout(Duration.ZERO));
  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void close() {
    other.shutdownNow();
    wire.close();
  }

  static java.util.List<Wire.Call> calls() {
    return Wire.CALLS;
  }

  private OperationCancelledException cancelled(Future<?> running) {
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> running.get(10, TimeUnit.SECONDS));
    assertEquals(OperationCancelledException.class, e.getCause().getClass());
    return (OperationCancelledException) e.getCause();
  }

  private static MockResponse.Builder stalled() {
    return new MockResponse.Builder().onResponseStart(SocketEffect.Stall.INSTANCE);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void cancelEndsACallThatWaitsForTheServer(Wire.Call call) {
    wire.answer(stalled());
    Future<?> running = other.submit(() -> call.run().accept(wire.server));
    wire.taken();
    wire.server.cancel();
    assertEquals(call.op(), cancelled(running).op());
    assertEquals(1, wire.requests());
    // Not queued: a server thread that is late would take it for the cancelled request.
    wire.always(200, call.answer());
    call.run().accept(wire.server);
  }

  @Test
  void cancelEndsACallInTheMiddleOfABody() throws Exception {
    wire.answer(
        new MockResponse.Builder().body(Wire.PULL_ANSWER).throttleBody(10, 1, TimeUnit.HOURS));
    Future<?> running = other.submit(() -> Wire.call("pull").run().accept(wire.server));
    wire.taken();
    wire.server.cancel();
    cancelled(running);
  }

  @Test
  void closeForbidsFurtherCalls() {
    wire.answer(stalled());
    Future<?> running = other.submit(() -> Wire.call("commit").run().accept(wire.server));
    wire.taken();
    wire.server.close();
    cancelled(running);
    assertThrows(
        OperationCancelledException.class, () -> Wire.call("pull").run().accept(wire.server));
    assertEquals(1, wire.requests());
    wire.server.close();
  }

  @Test
  void cancelEndsAWaitBetweenAttemptsAndLeavesNoInterrupt() throws Exception {
    CountDownLatch asleep = new CountDownLatch(1);
    HttpSyncServer server = HttpSyncServer.at(wire.http.url("/api").toString(), new OkHttpClient());
    server.configure(
        SyncSchema.of("shop").build(),
        SyncOptions.builder()
            .sleeper(
                duration -> {
                  asleep.countDown();
                  new CountDownLatch(1).await();
                })
            .build());
    wire.answer(503, "");
    Future<Boolean> running =
        other.submit(
            () -> {
              assertThrows(
                  OperationCancelledException.class, () -> Wire.call("pull").run().accept(server));
              return Thread.currentThread().isInterrupted();
            });
    asleep.await();
    server.cancel();
    assertFalse(running.get(10, TimeUnit.SECONDS));
    server.close();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void anInterruptedThreadSendsNothingAndStaysInterrupted(Wire.Call call) {
    Thread.currentThread().interrupt();
    assertThrows(OperationCancelledException.class, () -> call.run().accept(wire.server));
    assertTrue(Thread.interrupted(), "the flag is restored");
    assertEquals(0, wire.requests());
  }

  /** Neither a timeout nor the server ends the call: the read timeout is off. */
  @ParameterizedTest
  @MethodSource("calls")
  void anInterruptEndsACallThatWaitsForTheServer(Wire.Call call) throws Exception {
    wire.answer(stalled());
    interrupted(() -> call.run().accept(wire.server));
    assertEquals(1, wire.requests());
  }

  @Test
  void anInterruptEndsACallInTheMiddleOfABody() throws Exception {
    wire.answer(
        new MockResponse.Builder().body(Wire.PULL_ANSWER).throttleBody(10, 1, TimeUnit.HOURS));
    interrupted(() -> Wire.call("pull").run().accept(wire.server));
  }

  @Test
  void anInterruptEndsASilentStream() throws Exception {
    wire.answer(
        new MockResponse.Builder()
            .setHeader("Content-Type", "text/event-stream")
            .body(": silence\n\n: more of it")
            .throttleBody(12, 1, TimeUnit.HOURS));
    interrupted(
        () -> {
          try (WatchStream stream = wire.server.watch(Wire.SOURCE, 0)) {
            stream.listen(() -> WatchStream.Listener.Then.LISTEN);
          }
        });
  }

  /** Interrupts {@code call} once the server has its request. */
  private void interrupted(Executable call) throws Exception {
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread calling =
        new Thread(
            () -> {
              try {
                assertThrows(OperationCancelledException.class, call);
                flag.complete(Thread.currentThread().isInterrupted());
              } catch (Throwable failure) {
                flag.completeExceptionally(failure);
              }
            });
    calling.start();
    wire.taken();
    calling.interrupt();
    assertTrue(flag.get(10, TimeUnit.SECONDS), "the flag is restored");
    calling.join();
  }

  @Test
  void anInterruptEndsAWaitAndStays() throws Exception {
    HttpSyncServer server = HttpSyncServer.at(wire.http.url("/api").toString(), new OkHttpClient());
    server.configure(
        SyncSchema.of("shop").build(),
        SyncOptions.builder()
            .sleeper(
                duration -> {
                  throw new InterruptedException();
                })
            .build());
    wire.answer(503, "");
    assertThrows(OperationCancelledException.class, () -> Wire.call("pull").run().accept(server));
    assertTrue(Thread.interrupted());
  }

  /** An app's call timeout cancels the call too, and is a network failure all the same. */
  @Test
  void aCallTimeoutIsNoCancel() {
    try (Wire timed = new Wire(app -> app.callTimeout(Duration.ofMillis(200)))) {
      timed.answer(stalled()).answer(Wire.PULL_ANSWER);
      Wire.call("pull").run().accept(timed.server);
      assertEquals(2, timed.requests());
    }
  }

  @Test
  void theAdapterStartsNoThread() {
    Set<Thread> before = appThreads();
    try (Wire short1 = new Wire()) {
      short1.answer(Wire.PULL_ANSWER);
      Wire.call("pull").run().accept(short1.server);
    }
    Set<Thread> left =
        appThreads().stream().filter(t -> !before.contains(t)).collect(Collectors.toSet());
    assertEquals(Set.of(), left);
  }

  /** OkHttp's own housekeeping threads are daemons, shared, and end by themselves. */
  private static Set<Thread> appThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.isDaemon())
        .filter(thread -> !thread.getName().startsWith("MockWebServer"))
        .collect(Collectors.toSet());
  }
}
