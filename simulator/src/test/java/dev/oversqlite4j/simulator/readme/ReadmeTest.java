package dev.oversqlite4j.simulator.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.fsm.Diagram;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.server.SocketServer;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import okhttp3.OkHttpClient;
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
    assertEquals(1, java.size(), "one Java block, which is run here");
    Method run = compiled(java.get(0));
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

  @Test
  void theTwoCommandsAreThere() throws IOException {
    String readme = readme();
    assertTrue(readme.contains("./mvnw verify"));
    assertTrue(
        readme.contains(
            "./mvnw -q -pl simulator -am package -DskipTests"
                + " && java -jar simulator/target/oversqlite4j.jar simulate"));
  }

  private Method compiled(String source) throws Exception {
    Path file = Files.writeString(folder.resolve("Quickstart.java"), source);
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
        "the quickstart does not compile");
    URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader());
    Method run =
        loader
            .loadClass("Quickstart")
            .getDeclaredMethod("run", Path.class, String.class, OkHttpClient.class, String.class);
    run.setAccessible(true);
    return run;
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
