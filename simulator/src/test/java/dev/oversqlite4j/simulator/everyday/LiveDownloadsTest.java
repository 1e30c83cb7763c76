package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AutomaticDownloadOptions;
import dev.oversqlite4j.AutomaticDownloads;
import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.WatchMode;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.State;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Automatic downloads on a real thread, over a real socket (spec 4.10, 1.1.8). */
@Timeout(60)
class LiveDownloadsTest {

  private static final String THREAD = "oversqlite-automatic-downloads";
  private static final Duration POLL = Duration.ofMinutes(7);

  @TempDir Path folder;
  private final Between between = new Between();
  private final BlockingQueue<Duration> slept = new LinkedBlockingQueue<>();
  private final Semaphore wake = new Semaphore(0);
  private final BlockingQueue<Set<String>> changed = new LinkedBlockingQueue<>();
  private Account account;
  private Device device;
  private Device peer;

  /** The model server, answers of the test's own, and events of its own. */
  private static final class Between implements WireHandler {
    private volatile ModelServer model;
    private volatile Function<WireRequest, Optional<WireResponse>> instead =
        request -> Optional.empty();
    private final BlockingQueue<String> forged = new LinkedBlockingQueue<>();

    @Override
    public WireResponse handle(WireRequest request) {
      return instead.apply(request).orElseGet(() -> model.handle(request));
    }

    @Override
    public Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
        throws InterruptedException {
      String event = forged.poll();
      return event == null ? model.nextHint(user, afterBundleSeq, waitMillis) : Optional.of(event);
    }

    /** Another answer for a path. */
    void answer(String path, WireResponse response) {
      instead =
          request ->
              request.path().equals("/sync/" + path) ? Optional.of(response) : Optional.empty();
    }
  }

  private static WireResponse response(int status, String type, String body) {
    return new WireResponse(
        status, Map.of("Content-Type", type), body.getBytes(StandardCharsets.UTF_8));
  }

  @BeforeEach
  void start() throws IOException {
    account =
        new Account(
            folder,
            new ServerSchema(
                "business",
                List.of(
                    new ServerSchema.Table(
                        "note",
                        "id",
                        KeyKind.UUID,
                        List.of(new Column("name", ColumnKind.TEXT, Nullability.NULLABLE))))),
            List.of("CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, name TEXT)"),
            model -> {
              between.model = model;
              model.offerWatch(State.WatchOffer.ON);
              return between;
            });
    device = account.device(Resolver.serverWins(), this::options);
    write(device, 1);
    device.client().sync();
    peer = account.device(Resolver.serverWins());
  }

  private void options(SyncOptions.Builder options) {
    options
        .transientRetryAttempts(1)
        .sleeper(
            duration -> {
              slept.add(duration);
              wake.acquire();
            });
  }

  @AfterEach
  void stop() {
    account.close();
    assertEquals(List.of(), threads(), "every test leaves no thread");
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(THREAD))
        .toList();
  }

  private static void write(Device device, int n) {
    device.run("INSERT INTO note VALUES ('" + key(n) + "', 'n" + n + "')");
  }

  private static List<String> notes(Device device) {
    return device.rows("SELECT name FROM note ORDER BY id");
  }

  private void peerPushes(int n) {
    write(peer, n);
    peer.client().sync();
  }

  private AutomaticDownloads downloads(WatchMode mode) {
    device.client().onTablesChanged(changed::add);
    return device
        .client()
        .startAutomaticDownloads(
            AutomaticDownloadOptions.builder()
                .pollInterval(POLL)
                .watch(mode)
                .reconnectMin(Duration.ofSeconds(1))
                .reconnectMax(Duration.ofSeconds(5))
                .build());
  }

  private static <T> T soon(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(20, TimeUnit.SECONDS);
    assertNotNull(next, "nothing happened");
    return next;
  }

  private long asked(String path) {
    return device.requests().stream().filter(line -> line.endsWith("/sync/" + path)).count();
  }

  private long sent() {
    return device.requests().stream().filter(line -> line.contains("push-sessions")).count();
  }

  /** The next sleep ends; the loop is asleep again after this. */
  private Duration wakeUp() throws InterruptedException {
    wake.release();
    return soon(slept);
  }

  // --- Watching --------------------------------------------------------------------------------

  @Test
  void aPeersBundleArrivesWithoutATimer() throws Exception {
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      peerPushes(2);
      assertEquals(Set.of("note"), soon(changed));
      peerPushes(3);
      soon(changed);
      assertEquals(List.of("n1", "n2", "n3"), notes(device));
      assertEquals(1, asked("watch"));
      assertEquals(0, slept.size());
    }
  }

  @Test
  void whatHappenedBeforeTheStreamIsCaughtUp() throws Exception {
    peerPushes(2);
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      soon(changed);
      assertEquals(List.of("n1", "n2"), notes(device));
    }
  }

  /** Property 63. */
  @Test
  void property63ForgedEventsChangeNothing() throws Exception {
    String source = device.client().sourceInfo().currentSourceId();
    List<String> before = content();
    between.instead =
        request -> {
          if (request.path().equals("/sync/pull")) {
            pulls.release();
          }
          return Optional.empty();
        };
    List<String> forged =
        List.of(
            "{\"bundle_seq\":1}",
            "{\"bundle_seq\":9223372036854775807}",
            "{\"bundle_seq\":77,\"source_id\":\"" + source + "\",\"source_bundle_id\":99}",
            "{\"bundle_seq\":2,\"source_id\":\"x\",\"rows\":[{\"table\":\"note\",\"op\":\"DELETE\","
                + "\"key\":{\"id\":\""
                + key(1)
                + "\"}}],\"bundle_hash\":\"0\"}");
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      for (String data : forged) {
        between.forged.add("event: bundle\ndata: " + data + "\n\n");
        if (!data.equals(forged.get(0))) {
          assertEquals(Duration.ofSeconds(1), soon(slept));
          wake.release();
        }
        assertTrue(pulls.tryAcquire(20, TimeUnit.SECONDS));
      }
      // An impossible one ends the stream: one pull, then a wait.
      between.forged.add("event: bundle\ndata: {\"bundle_seq\":-1}\n\n");
      assertTrue(pulls.tryAcquire(20, TimeUnit.SECONDS));
      assertEquals(Duration.ofSeconds(1), soon(slept));
    }
    assertEquals(before, content());
    assertEquals(0, changed.size());
  }

  /** A server that announces and announces what is not there gets a pull a second. */
  @Test
  void announcementsOfNothingMakeNoStorm() throws Exception {
    StringBuilder storm = new StringBuilder();
    for (int n = 100; n < 200; n++) {
      storm.append("event: bundle\ndata: {\"bundle_seq\":").append(n).append("}\n\n");
    }
    between.answer("watch", response(200, "text/event-stream; charset=utf-8", storm.toString()));
    long before = asked("pull");
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(Duration.ofSeconds(1), soon(slept));
      assertEquals(1, asked("pull") - before);
      for (int pull = 2; pull < 10; pull++) {
        assertEquals(Duration.ofSeconds(1), wakeUp());
        assertEquals(pull, asked("pull") - before);
      }
      // News is not waited for.
      peerPushes(2);
      assertEquals(Duration.ofSeconds(1), wakeUp());
      assertEquals(List.of("n1", "n2"), notes(device));
      assertEquals(11, asked("pull") - before);
    }
  }

  private final Semaphore pulls = new Semaphore(0);

  private List<String> content() {
    List<String> content = new ArrayList<>();
    for (String table :
        device.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
                + " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name")) {
      device.rows("SELECT * FROM \"" + table + "\"").forEach(row -> content.add(table + row));
    }
    return content;
  }

  @Test
  void afterTheCleanEndOfAStreamOnePullAndALongerAndLongerWait() throws Exception {
    // Not the literal type of the server's own streams, so it ends with its body.
    between.answer("watch", response(200, "text/event-stream; charset=utf-8", ": bye\n\n"));
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      List<Duration> waits = new ArrayList<>(List.of(soon(slept)));
      for (int i = 0; i < 4; i++) {
        waits.add(wakeUp());
      }
      assertEquals(
          List.of(1, 2, 4, 5, 5), waits.stream().map(wait -> (int) wait.toSeconds()).toList());
      assertEquals(5, asked("watch"));
      // One of the first synchronisation.
      assertEquals(6, asked("pull"));
    }
  }

  @Test
  void aFailedStreamIsOnePullAndAWait() throws Exception {
    between.answer(
        "watch", response(503, "application/json", "{\"error\":\"service_unavailable\"}"));
    peerPushes(2);
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(Duration.ofSeconds(1), soon(slept));
      assertEquals(List.of("n1", "n2"), notes(device));
      assertEquals(Duration.ofSeconds(2), wakeUp());
    }
  }

  @Test
  void whoMayNotWatchPollsForTheRestOfTheRun() throws Exception {
    between.answer(
        "watch",
        response(403, "application/json", "{\"error\":\"bundle_change_watch_forbidden\"}"));
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(POLL, soon(slept));
      assertEquals(POLL, wakeUp());
      peerPushes(2);
      assertEquals(POLL, wakeUp());
      assertEquals(1, asked("watch"));
      assertEquals(List.of("n1", "n2"), notes(device));
    }
  }

  @Test
  void withoutTheCapabilityItPollsUntilThereIsOne() throws Exception {
    account.server().offerWatch(State.WatchOffer.OFF);
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(POLL, soon(slept));
      assertEquals(0, asked("watch"));
      account.server().offerWatch(State.WatchOffer.ON);
      peerPushes(2);
      wake.release();
      soon(changed);
      assertEquals(1, asked("watch"));
    }
  }

  // --- Polling, pausing, starting early --------------------------------------------------------

  @Test
  void pollingPullsAndNeverWatches() throws Exception {
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      assertEquals(POLL, soon(slept));
      peerPushes(2);
      assertEquals(POLL, wakeUp());
      assertEquals(List.of("n1", "n2"), notes(device));
      assertEquals(0, asked("watch"));
    }
  }

  /** W-41, its first half: a pause is waited for, not polled for. */
  @Test
  void w41APauseSleepsTheWholeInterval() throws Exception {
    device.client().pauseDownloads();
    int before = device.requests().size();
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(POLL, soon(slept));
      assertEquals(POLL, wakeUp());
      assertEquals(before, device.requests().size());
      peerPushes(2);
      device.client().resumeDownloads();
      wake.release();
      soon(changed);
      assertEquals(1, asked("watch"));
    }
  }

  /** What is announced during a pause is not lost with it. */
  @Test
  void aPauseUnderAnOpenStreamLosesNothing() throws Exception {
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      peerPushes(2);
      soon(changed);
      device.client().pauseDownloads();
      peerPushes(3);
      assertEquals(POLL, soon(slept));
      assertEquals(List.of("n1", "n2"), notes(device));
      device.client().resumeDownloads();
      wake.release();
      soon(changed);
      assertEquals(List.of("n1", "n2", "n3"), notes(device));
    }
  }

  /** W-41, its second half: whoever starts before the attach watches after it. */
  @Test
  void w41ALoopStartedBeforeTheAttachWatchesAfterIt() throws Exception {
    device.client().close();
    device.open();
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(POLL, soon(slept));
      assertEquals(0, asked("watch"));
      device.client().attach(Account.USER);
      peerPushes(2);
      wake.release();
      soon(changed);
      assertEquals(1, asked("watch"));
    }
  }

  /** W-43. */
  @Test
  void w43ALoopOutlivesASessionThatEnds() throws Exception {
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      assertEquals(POLL, soon(slept));
      device.client().detach();
      int before = device.requests().size();
      assertEquals(POLL, wakeUp());
      assertEquals(before, device.requests().size());
      device.client().attach(Account.USER);
      peerPushes(2);
      changed.clear();
      assertEquals(POLL, wakeUp());
      assertEquals(List.of("n1", "n2"), notes(device));
    }
  }

  // --- What it must never do -------------------------------------------------------------------

  /** Property 62. */
  @Test
  void property62EditsAreNeitherSentNorTouched() throws Exception {
    long uploads = sent();
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      assertEquals(POLL, soon(slept));
      write(device, 9);
      List<String> dirty = device.rows("SELECT * FROM _sync_dirty_rows");
      peerPushes(2);
      assertEquals(POLL, wakeUp());
      // Its checkpoint is lost, too: a recovery would have to send first.
      account.server().prune(Account.USER, 1);
      assertEquals(POLL, wakeUp());
      assertEquals(dirty, device.rows("SELECT * FROM _sync_dirty_rows"));
      assertEquals(List.of("n1", "n9"), notes(device));
      assertEquals(uploads, sent());
      device.client().sync();
      assertEquals(List.of("n1", "n2", "n9"), notes(device));
    }
  }

  /** Property 62: the recovery of a checkpoint sends what waits, unless nobody called it. */
  @Test
  void property62EditsMadeDuringATickAreNotSentByItsRecovery() throws Exception {
    peerPushes(2);
    account.server().prune(Account.USER, 2);
    long uploads = sent();
    device.onRequest(
        line -> {
          if (line.endsWith("/sync/pull")) {
            device.onRequest(ignored -> {});
            write(device, 9);
          }
        });
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      assertEquals(POLL, soon(slept));
      assertEquals(uploads, sent());
      assertEquals(1, device.client().syncStatus().pending().pendingRowCount());
      device.client().sync();
      assertEquals(List.of("n1", "n2", "n9"), notes(device));
    }
  }

  /** Matrix, RC: without edits a tick recovers the checkpoint. */
  @Test
  void aLostCheckpointIsRecovered() throws Exception {
    peerPushes(2);
    account.server().prune(Account.USER, 2);
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      assertEquals(POLL, soon(slept));
      assertEquals(List.of("n1", "n2"), notes(device));
    }
  }

  // --- Beside explicit calls -------------------------------------------------------------------

  @Test
  void anExplicitCallInterruptsATickAndGoesFirst() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    between.instead =
        request -> {
          if (request.path().equals("/sync/pull") && stuck.getCount() > 0) {
            stuck.countDown();
            try {
              await(letGo);
            } finally {
              released.countDown();
            }
          }
          return Optional.empty();
        };
    peerPushesBeforeTheTick();
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      await(stuck);
      // The tick hangs in its request; none of these may collide with it or wait for it.
      device.client().syncStatus();
      write(device, 9);
      device.client().sync();
      assertEquals(List.of("n1", "n2", "n9"), notes(device));
      assertEquals(1, released.getCount(), "the request hangs all the while");
      letGo.countDown();
      await(released);
      // What was interrupted is done after all.
      assertEquals(POLL, soon(slept));
    }
  }

  private void peerPushesBeforeTheTick() {
    Function<WireRequest, Optional<WireResponse>> later = between.instead;
    between.instead = request -> Optional.empty();
    peerPushes(2);
    between.instead = later;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(20, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aListenerOfATickCannotCallItsClient() throws Exception {
    BlockingQueue<Class<?>> thrown = new LinkedBlockingQueue<>();
    device
        .client()
        .onTablesChanged(
            tables -> {
              try {
                device.client().sync();
              } catch (SyncOperationInProgressException e) {
                thrown.add(e.getClass());
              }
            });
    peerPushes(2);
    try (AutomaticDownloads downloads = downloads(WatchMode.OFF)) {
      assertEquals(SyncOperationInProgressException.class, soon(thrown));
    }
  }

  // --- Ending ----------------------------------------------------------------------------------

  @Test
  void aServerOfAnotherVersionEndsIt() throws Exception {
    between.answer("capabilities", response(200, "application/json", capabilities("v2")));
    Thread loop = started(WatchMode.AUTO);
    loop.join(20_000);
    assertFalse(loop.isAlive());
    assertEquals(0, slept.size());
  }

  @Test
  void otherTroubleDoesNotEndIt() throws Exception {
    between.answer("capabilities", response(200, "application/json", "no json"));
    try (AutomaticDownloads downloads = downloads(WatchMode.AUTO)) {
      assertEquals(POLL, soon(slept));
      between.instead = request -> Optional.empty();
      peerPushes(2);
      wake.release();
      soon(changed);
    }
  }

  private String capabilities(String version) {
    WireResponse real =
        account
            .server()
            .handle(
                WireRequest.of(
                    "GET",
                    "/sync/capabilities",
                    Map.of("Authorization", "Bearer x", "Oversync-Source-ID", "y"),
                    new byte[0]));
    assertEquals(200, real.status());
    return real.text().replace("\"v1\"", "\"" + version + "\"");
  }

  private Thread started(WatchMode mode) {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    device.onRequest(
        line -> {
          begun.countDown();
          await(go);
        });
    downloads(mode);
    await(begun);
    Thread loop = threads().get(0);
    device.onRequest(line -> {});
    go.countDown();
    return loop;
  }

  @Test
  void closingTheHandleEndsASilentStreamWithinASecond() throws Exception {
    AutomaticDownloads downloads = downloads(WatchMode.AUTO);
    peerPushes(2);
    soon(changed);
    Thread loop = threads().get(0);
    assertEquals(1, device.busyConnections());
    downloads.close();
    assertFalse(loop.isAlive());
    assertEquals(0, device.busyConnections());
    downloads.close();
    device.client().sync();
  }

  @Test
  void closingTheHandleEndsARequestThatHangs() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    between.instead =
        request -> {
          if (request.path().equals("/sync/pull")) {
            stuck.countDown();
            await(letGo);
          }
          return Optional.empty();
        };
    AutomaticDownloads downloads = downloads(WatchMode.OFF);
    await(stuck);
    Thread loop = threads().get(0);
    downloads.close();
    assertFalse(loop.isAlive());
    letGo.countDown();
  }

  @Test
  void closingTheClientEndsThemAll() throws Exception {
    downloads(WatchMode.AUTO);
    downloads(WatchMode.OFF);
    assertEquals(POLL, soon(slept));
    device.client().close();
    assertEquals(List.of(), threads());
    assertThrows(ClientClosedException.class, () -> downloads(WatchMode.AUTO));
  }
}
