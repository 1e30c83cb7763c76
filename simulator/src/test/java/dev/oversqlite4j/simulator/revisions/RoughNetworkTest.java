package dev.oversqlite4j.simulator.revisions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.SocketServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real clients whose connections are reset or fall silent: whatever that does to a call, nothing is
 * lost, and no thread, connection or file handle stays behind.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RoughNetworkTest {
  private static final int SEQUENTIAL = 100;
  private static final int CONCURRENT = 16;
  private static final int FILES = 4;

  private final Path folder;
  private final Things things;

  RoughNetworkTest(@TempDir Path folder) {
    this.folder = folder;
    this.things = new Things(folder);
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void oneClientAfterTheOtherAndManyAtOnce(Revision revision) throws Exception {
    ModelServer server = things.server(revision);
    try (SocketServer socket = SocketServer.start(server, 0)) {
      // What a process opens once and for all.
      use("device0.db", socket.baseUri().toString(), 0);
    }
    Set<Thread> threads = threads();
    List<String> handles = handles();

    int resets;
    int stalls;
    try (SocketServer socket = SocketServer.start(server, 0);
        RoughProxy rough = new RoughProxy(socket.baseUri(), 11 + revision.ordinal())) {
      for (int n = 1; n <= SEQUENTIAL; n++) {
        use("device" + n % FILES + ".db", rough.url(), n);
      }
      ExecutorService pool = Executors.newFixedThreadPool(CONCURRENT);
      try {
        List<Callable<Void>> uses = new ArrayList<>();
        for (int n = 0; n < CONCURRENT; n++) {
          int number = n;
          uses.add(
              () -> {
                use("many" + number + ".db", rough.url(), SEQUENTIAL + 1 + number);
                return null;
              });
        }
        for (Future<Void> use : pool.invokeAll(uses)) {
          use.get();
        }
      } finally {
        pool.shutdown();
      }
      resets = rough.resets.get();
      stalls = rough.stalls.get();
      everythingArrives(socket, server);
    }

    assertTrue(resets >= 10 && stalls >= 10, resets + " resets, " + stalls + " stalls");
    for (Thread thread : threads()) {
      if (!threads.contains(thread)) {
        thread.join(5_000);
        assertFalse(thread.isAlive(), thread.getName() + " is left");
      }
    }
    assertEquals(handles, handles());
  }

  /** One process: opens, attaches, writes a row and syncs, as far as the network lets it. */
  private void use(String file, String url, int n) {
    OkHttpClient http = new OkHttpClient.Builder().readTimeout(Duration.ofMillis(100)).build();
    try (OversqliteClient client = things.client(file, url, http)) {
      client.open();
      things.sql(
          file,
          "INSERT INTO thing (id, name) VALUES ('00000000-0000-4000-8000-"
              + String.format("%012d", n)
              + "', 'row "
              + n
              + "')");
      client.attach(Things.USER);
      client.sync();
    } catch (OversqliteException interrupted) {
      assertTrue(interrupted.retryable(), interrupted::toString);
    } finally {
      http.connectionPool().evictAll();
      assertEquals(0, http.connectionPool().connectionCount());
    }
  }

  private void everythingArrives(SocketServer socket, ModelServer server) {
    List<String> files = new ArrayList<>();
    for (int n = 0; n < FILES; n++) {
      files.add("device" + n + ".db");
    }
    for (int n = 0; n < CONCURRENT; n++) {
      files.add("many" + n + ".db");
    }
    for (int round = 0; round < 2; round++) {
      for (String file : files) {
        OkHttpClient http = new OkHttpClient();
        try (OversqliteClient client = things.client(file, socket.baseUri().toString(), http)) {
          client.open();
          client.attach(Things.USER);
          client.sync();
        } finally {
          http.connectionPool().evictAll();
        }
      }
    }
    int rows = server.liveRows(Things.USER, "thing").size();
    for (String file : files) {
      assertEquals(rows, things.rows(file).size(), file);
    }
  }

  /** Without OkHttp's own, which all clients of a process share and which end when idle. */
  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().matches("(OkHttp|Okio).*"))
        .collect(Collectors.toSet());
  }

  /** Open sockets and files of the devices; empty where the system does not tell. */
  private List<String> handles() throws IOException {
    Path own = Path.of("/proc/self/fd");
    if (!Files.isDirectory(own)) {
      return List.of();
    }
    Set<String> open = new TreeSet<>();
    try (Stream<Path> descriptors = Files.list(own)) {
      for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:") || target.startsWith(folder.toString())) {
            open.add(target);
          }
        } catch (IOException closed) {
          // It was the one that lists them.
        }
      }
    }
    return List.copyOf(open);
  }
}
