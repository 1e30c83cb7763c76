package dev.oversqlite4j.simulator.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Diagram;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.simulator.SimulationReport.Failure;
import dev.oversqlite4j.simulator.Simulator;
import dev.oversqlite4j.simulator.junit.SimulationTest;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what the code does. */
class ReadmeTest {

  private static final String USER = "ann";

  @TempDir Path folder;

  @Test
  void theDiagramIsTheDeclaration() throws IOException {
    assertEquals(
        List.of(Diagram.mermaid(LifecycleDefinition.get())),
        blocks("mermaid"),
        "replace the diagram by what this prints:"
            + " java -jar simulator/target/oversqlite4j.jar diagram --format mermaid");
  }

  @Test
  void theQuickstartCompilesAndRuns() throws Exception {
    List<String> java = blocks("java");
    assertEquals(3, java.size(), "three Java blocks, all of which are run here");
    Method run =
        compiled("Quickstart", java.get(0))
            .getDeclaredMethod("run", Path.class, String.class, OkHttpClient.class, String.class);
    run.setAccessible(true);
    Path database = folder.resolve("app.db");
    ModelServer server = server();
    try (SocketServer socket = SocketServer.start(server, 0)) {
      OkHttpClient http =
          new OkHttpClient.Builder()
              .addInterceptor(
                  chain ->
                      chain.proceed(
                          chain
                              .request()
                              .newBuilder()
                              .header("Authorization", "Bearer " + USER)
                              .build()))
              .build();
      run.invoke(null, database, socket.baseUri().toString(), http, USER);
      assertEquals(1, server.liveRows(USER, "person").size(), "the row arrived");
      // The next sign-in finds the account in use and gets its rows.
      run.invoke(null, database, socket.baseUri().toString(), http, USER);
      assertEquals(2, server.liveRows(USER, "person").size(), "the second run's row, too");
      http.dispatcher().executorService().shutdown();
      http.connectionPool().evictAll();
    }
  }

  /** Many requests are refused at once, of which the client's own are some. */
  @Test
  void theTokensOfTheReadmeAreRenewedOnce() throws Exception {
    Constructor<?> maker =
        compiled("Tokens", blocks("java").get(1))
            .getDeclaredConstructor(String.class, Supplier.class);
    maker.setAccessible(true);
    Method run =
        compiled("Quickstart", blocks("java").get(0))
            .getDeclaredMethod("run", Path.class, String.class, OkHttpClient.class, String.class);
    run.setAccessible(true);
    AtomicInteger renewals = new AtomicInteger();
    Supplier<String> renewal = () -> renewals.incrementAndGet() == 1 ? USER : "another";
    Object tokens = maker.newInstance("expired", renewal);
    Method client = tokens.getClass().getDeclaredMethod("client");
    client.setAccessible(true);
    OkHttpClient http = (OkHttpClient) client.invoke(tokens);
    ModelServer server = server();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (SocketServer socket =
        SocketServer.start(
            new WireHandler() {
              @Override
              public WireResponse handle(WireRequest request) {
                return "Bearer expired".equals(request.headers().get("authorization"))
                    ? new WireResponse(401, Map.of(), new byte[0])
                    : server.handle(request);
              }

              @Override
              public Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
                  throws InterruptedException {
                return server.nextHint(user, afterBundleSeq, waitMillis);
              }
            },
            0)) {
      Request request =
          new Request.Builder()
              .url(socket.baseUri() + "sync/capabilities")
              .header("Oversync-Source-ID", "tablet")
              .build();
      List<Callable<Integer>> calls =
          Collections.nCopies(
              8,
              () -> {
                try (Response answer = http.newCall(request).execute()) {
                  return answer.code();
                }
              });
      for (Future<Integer> status : threads.invokeAll(calls)) {
        assertEquals(200, status.get());
      }
      run.invoke(null, folder.resolve("app.db"), socket.baseUri().toString(), http, USER);
      assertEquals(1, server.liveRows(USER, "person").size(), "the row arrived");
      assertEquals(1, renewals.get());
    } finally {
      threads.shutdownNow();
      http.dispatcher().executorService().shutdown();
      http.connectionPool().evictAll();
    }
  }

  private static final String MISTAKE = "      merged.set(\"done\", local.get(\"done\"));\n";

  @Test
  void theTestOfTheReadmeFindsTheMistakeInItsResolver() throws Exception {
    Failure found = simulated(blocks("java").get(2)).run().failure().orElseThrow();
    assertEquals(0, found.property(), "an invariant of the app: " + found);
    String shown = blocks("text").get(0);
    String what = "invariant \"done says when\": device ";
    assertTrue(found.message().startsWith(what) && shown.startsWith(what), found.toString());
    assertTrue(found.plan().steps().size() <= 12, found.plan().toString());
  }

  @Test
  void theMendedResolverOfTheReadmePasses() throws Exception {
    String source = blocks("java").get(2);
    assertTrue(source.contains(MISTAKE));
    String mended = source.replace(MISTAKE, MISTAKE + MISTAKE.replace("\"done\"", "\"done_at\""));
    Path plan = simulated(source).run().failure().orElseThrow().file();
    simulated(mended).plan(plan).run().orThrow();
  }

  /** What the only method of the test describes, with as many seeds as it says. */
  private Simulator.Builder simulated(String source) throws Exception {
    for (Method method : compiled("TodoSyncTest", source).getDeclaredMethods()) {
      SimulationTest test = method.getAnnotation(SimulationTest.class);
      if (test != null) {
        method.setAccessible(true);
        Constructor<?> maker = method.getDeclaringClass().getDeclaredConstructor();
        maker.setAccessible(true);
        Simulator.Builder described =
            Simulator.builder().seeds(test.seeds()).artefacts(folder.resolve("sim"));
        method.invoke(maker.newInstance(), described);
        return described;
      }
    }
    throw new AssertionError("no @SimulationTest in it");
  }

  @Test
  void theTwoCommandsAreThere() throws IOException {
    String readme = readme();
    assertTrue(readme.contains("./mvnw verify"));
    assertTrue(
        readme.contains(
            "./mvnw -q -pl simulator -am package -DskipTests"
                + " && java -jar simulator/target/oversqlite4j.jar simulate"));
  }

  private Class<?> compiled(String name, String source) throws Exception {
    Path file = Files.writeString(folder.resolve(name + ".java"), source);
    List<String> arguments =
        List.of(
            "--release",
            "17",
            "-Xlint:all,-processing,-classfile",
            "-Werror",
            "-proc:none",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            folder.toString(),
            file.toString());
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new)),
        name + " does not compile");
    URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader());
    return loader.loadClass(name);
  }

  private static ModelServer server() {
    SplittableRandom ids = new SplittableRandom(3);
    ServerSchema schema =
        new ServerSchema(
            "business",
            List.of(
                new ServerSchema.Table(
                    "person",
                    "id",
                    KeyKind.UUID,
                    List.of(new Column("name", ColumnKind.TEXT, Nullability.NOT_NULL))),
                new ServerSchema.Table(
                        "note",
                        "id",
                        KeyKind.UUID,
                        List.of(
                            new Column("person_id", ColumnKind.UUID, Nullability.NULLABLE),
                            new Column("title", ColumnKind.TEXT, Nullability.NOT_NULL)))
                    .withForeignKey("person_id", "person", OnDelete.NO_ACTION)));
    return new ModelServer(
        schema,
        ServerLimits.july(),
        () -> 1_800_000_000_000L,
        () -> new UUID(ids.nextLong(), ids.nextLong()).toString());
  }

  /** The fenced blocks of one language, each ending with a line break. */
  private static List<String> blocks(String language) throws IOException {
    Matcher fence =
        Pattern.compile("^```" + language + "\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
            .matcher(readme());
    List<String> blocks = new ArrayList<>();
    while (fence.find()) {
      blocks.add(fence.group(1));
    }
    return blocks;
  }

  private static String readme() throws IOException {
    // Tests run in their module's directory.
    return Files.readString(Path.of("..", "README.md"));
  }
}
