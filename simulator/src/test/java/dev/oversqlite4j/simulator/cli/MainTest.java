package dev.oversqlite4j.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.cli.Program.Ran;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.SyncServer;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

  @TempDir Path folder;

  private Ran run(String... args) {
    return new Program(folder, Parts.REAL).run(args);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "simulate --seeds 0",
        "simulate --seeds x",
        "simulate --profile nonsense",
        "simulate --shard 3",
        "simulate --shard 5/4",
        "replay",
        "replay --seed 1 --plan p.json",
        "replay --plan missing.json",
        "journal",
        "journal missing.db",
        "diagram --format png",
        "diagram --out no/such/folder/l.svg",
        "replay --seed 1 --html no/such/folder/run.html",
        "explore --crashes 3",
        "explore --scenario nonsense",
        "serve --revision may-2026",
        "serve --db no/such/folder/file.db",
        "serve --port 70000",
        "conformance",
        "conformance --url nowhere",
        "conformance --url http://127.0.0.1:1",
        "conformance --url http://127.0.0.1:1 --header x",
        "serve --schema missing.sql"
      })
  void refusesWrongArgumentsOnOneClearLine(String line) {
    Ran ran = run(line.isEmpty() ? new String[0] : line.split(" "));

    assertEquals(ExitCode.USAGE, ran.exitCode(), ran.err());
    assertTrue(ran.err().startsWith("oversqlite4j: "), ran.err());
    assertFalse(ran.err().contains("\tat "), ran.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "simulate",
        "replay",
        "explore",
        "demo",
        "serve",
        "conformance",
        "journal",
        "diagram",
        "bench"
      })
  void explainsEveryCommandWithAnExample(String command) {
    Ran ran = run(command, "--help");

    assertEquals(ExitCode.OK, ran.exitCode());
    assertTrue(ran.out().contains("Example: oversqlite4j " + command), ran.out());
    assertTrue(run("--help").out().contains("  " + command + " "));
  }

  @Test
  void printsTheSameJsonTwice() throws IOException {
    Ran first = run("simulate", "--seeds", "4", "--json");
    ObjectNode one = json(first);
    ObjectNode other = json(run("simulate", "--seeds", "4", "--json"));

    List<String> members = new ArrayList<>();
    one.fieldNames().forEachRemaining(members::add);
    assertEquals(
        List.of(
            "seeds",
            "failures",
            "firstFailingSeed",
            "operations",
            "fullOperations",
            "crashes",
            "powerLosses",
            "networkFaults",
            "serverFaults",
            "diskFaults",
            "schemaChanges",
            "faultKinds",
            "ackGapCrashes",
            "violatedProperties",
            "transitionsCovered",
            "transitionsTotal",
            "uncoveredTransitions",
            "cellsCovered",
            "cellsTotal",
            "uncoveredCells",
            "pairsCovered",
            "pairsTotal",
            "uncoveredPairs",
            "neverHappened",
            "traceHash",
            "seconds",
            "cpuSeconds"),
        members);
    assertEquals(4, one.get("seeds").asInt());
    assertTrue(one.get("traceHash").asText().matches("[0-9a-f]{64}"));
    assertEquals(1, first.lines().size());
    for (String time : List.of("seconds", "cpuSeconds")) {
      one.remove(time);
      other.remove(time);
    }
    assertEquals(one, other);
  }

  @Test
  void theSummaryTellsWhatIsNotCoveredWithoutFillingPages() {
    List<String> lines = run("simulate", "--seeds", "1").out().lines().toList();

    for (String section : List.of("transitions", "matrix cells", "state and fault")) {
      int at = 0;
      while (!lines.get(at).startsWith(section)) {
        at++;
      }
      assertTrue(lines.get(at).endsWith("; not:"), lines.get(at));
      List<String> listed =
          lines.stream().skip(at + 1).takeWhile(line -> line.startsWith("    ")).toList();
      assertEquals(11, listed.size(), section);
      assertTrue(listed.get(10).endsWith("--json and --report have all of them"), listed.get(10));
      assertTrue(listed.stream().allMatch(line -> line.length() < 160), listed.toString());
    }
    assertTrue(lines.stream().anyMatch(line -> line.matches(".*, and \\d+ more")));
  }

  private static ObjectNode json(Ran ran) throws IOException {
    return (ObjectNode) new ObjectMapper().readTree(ran.lines().get(ran.lines().size() - 1));
  }

  @Test
  void replaysASeedAndItsPlanAlike() throws IOException {
    Files.writeString(
        folder.resolve("plan.json"),
        PlanJson.write(new PlanGenerator().generate(3, Profile.CRASHES_ONLY)));

    Ran seed = run("replay", "--seed", "3", "--profile", "crashes-only");
    Ran plan = run("replay", "--plan", "plan.json");

    assertTrue(seed.out().contains("Trace hash "), seed.out());
    assertEquals(seed, plan);
  }

  @Test
  void refusesAFileThatIsNoPlan() throws IOException {
    Files.writeString(folder.resolve("bad.json"), "{\"version\":1}");

    Ran ran = run("replay", "--plan", "bad.json");

    assertEquals(ExitCode.USAGE, ran.exitCode());
    assertTrue(ran.err().contains("bad.json is not a plan"), ran.err());
  }

  @Test
  void refusesAFileThatIsNoDatabaseOrHasNoJournalAndLeavesItAlone()
      throws IOException, SQLException {
    Path text = folder.resolve("text.db");
    Files.writeString(text, "not a database, but long enough to have a header");
    Path database = folder.resolve("app.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("CREATE TABLE t(x)");
    }
    byte[] before = Files.readAllBytes(database);

    Ran noDatabase = run("journal", "text.db");
    Ran noJournal = run("journal", "app.db", "--verify");

    assertEquals(ExitCode.USAGE, noDatabase.exitCode());
    assertTrue(noDatabase.err().contains("is not a SQLite database"), noDatabase.err());
    assertEquals(ExitCode.USAGE, noJournal.exitCode());
    assertTrue(noJournal.err().contains("has no lifecycle journal"), noJournal.err());
    assertArrayEquals(before, Files.readAllBytes(database));
    assertEquals(List.of("app.db", "text.db"), names());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theDemoLeavesAJournalThatShowsTheRepairAndVerifies() throws SQLException {
    Ran demo = run("demo", "--keep", "story");
    assertEquals(ExitCode.OK, demo.exitCode(), demo.err());
    assertTrue(demo.out().contains("KILLED"), demo.out());
    for (String line : demo.lines()) {
      if (line.contains(" | ") && line.contains(" w")) {
        String[] sides = line.split("\\|");
        assertEquals(sides[0].strip(), sides[1].strip());
      }
    }

    Ran journal = run("journal", "story/phone.db", "--verify");
    assertEquals(ExitCode.OK, journal.exitCode(), journal.err());
    assertTrue(journal.out().contains("REPAIR"), journal.out());
    assertTrue(journal.out().contains("A process died while it was pushing."), journal.out());
    assertTrue(journal.out().contains("Verified: "), journal.out());
    assertEquals(ExitCode.USAGE, run("demo", "--keep", "story").exitCode());

    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("story/phone.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE _fsm_journal SET to_state = 'DETACHED' WHERE seq = 3");
    }
    Ran tampered = run("journal", "story/phone.db", "--verify");
    assertEquals(ExitCode.SAFETY, tampered.exitCode());
    assertTrue(tampered.out().contains("BROKEN: row 3"), tampered.out());
  }

  @Test
  void drawsTheLifecycle() throws IOException {
    assertTrue(run("diagram").out().startsWith("stateDiagram-v2\n"));
    assertEquals(ExitCode.OK, run("diagram", "--out", "l.mmd").exitCode());
    assertEquals(run("diagram").out(), Files.readString(folder.resolve("l.mmd")));
    assertTrue(run("diagram", "--format", "svg").out().startsWith("<svg "));
  }

  @Test
  void listsTheScenarios() {
    assertTrue(run("explore", "--list").out().contains("first-seed"));
  }

  @Test
  void derivesTheServersSchemaFromAnnotatedSql() throws IOException {
    Path file = folder.resolve("s.sql");
    Files.writeString(
        file,
        """
        CREATE TABLE local_only (x);
        -- @@{ enableSync=true }
        CREATE TABLE Item (id TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE, done BOOLEAN NOT NULL);
        -- @@{ enableSync=true }
        CREATE TABLE part (
          id BLOB PRIMARY KEY NOT NULL, item TEXT REFERENCES item(id) ON DELETE CASCADE, w REAL);
        """);

    ServerSchema schema = SchemaFile.read(file, "app");

    assertEquals("app", schema.name());
    assertEquals(
        "[Table[name=item, key=id, keyKind=TEXT, columns=[Column[name=name, kind=TEXT,"
            + " nullability=NULLABLE], Column[name=done, kind=BOOLEAN, nullability=NOT_NULL]],"
            + " foreignKeys=[], unique=[name], checks=[]], Table[name=part, key=id, keyKind=UUID,"
            + " columns=[Column[name=item, kind=TEXT, nullability=NULLABLE], Column[name=w,"
            + " kind=DOUBLE, nullability=NULLABLE]], foreignKeys=[ForeignKey[column=item,"
            + " references=item, onDelete=CASCADE]], unique=[], checks=[]]]",
        schema.tables().toString());
  }

  @Test
  void aPlantedBugEndsInAPlanThatShowsItAgain() throws IOException {
    // The client throws away a session that it asked for: pushes never get anywhere.
    Parts forgetful =
        new Parts() {
          @Override
          public SyncServer server(SyncServer real) {
            return broken(real);
          }
        };
    Program program = new Program(folder, forgetful);

    Ran ran = program.run("simulate", "--seeds", "2", "--profile", "calm");

    assertTrue(ran.exitCode() == 1 || ran.exitCode() == 2, ran.out() + ran.err());
    assertTrue(ran.out().contains("java -jar it.jar replay --seed 1"), ran.out());
    Path plan = folder.resolve("oversqlite4j-failures/seed-1-calm.json");
    assertEquals(ran.exitCode(), program.run("replay", "--plan", plan.toString()).exitCode());
    assertEquals(0, run("replay", "--plan", plan.toString()).exitCode());
    assertTrue(PlanJson.read(plan).why().isPresent());
    assertTrue(
        PlanJson.read(plan).steps().size()
            < new PlanGenerator().generate(1, Profile.CALM).steps().size());
  }

  @Test
  void writesAPageForTheCampaignAndOneForEachFailure() throws IOException {
    Parts forgetful =
        new Parts() {
          @Override
          public SyncServer server(SyncServer real) {
            return broken(real);
          }
        };
    Program program = new Program(folder, forgetful);

    Ran ran =
        program.run("simulate", "--seeds", "2", "--profile", "calm", "--report", "pages", "--json");

    assertEquals(1, ran.lines().size(), ran.out());
    assertTrue(ran.err().contains("Report: pages/index.html"), ran.err());
    try (Stream<Path> files = Files.list(folder.resolve("pages"))) {
      assertEquals(
          List.of("index.html", "seed-1-calm.html", "seed-2-calm.html"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    String index = Files.readString(folder.resolve("pages/index.html"));
    assertTrue(index.contains("href=\"seed-1-calm.html\""));
    assertTrue(index.contains("simulate --seeds 2 --start 1 --profile calm"));
    String failure = Files.readString(folder.resolve("pages/seed-1-calm.html"));
    assertTrue(failure.contains("java -jar oversqlite4j.jar replay --plan seed-1-calm.json"));
    assertFalse(failure.contains(folder.toString()));

    // The page of the smallest plan, as replay makes it of the stored one.
    String plan = "oversqlite4j-failures/seed-1-calm.json";
    program.run("replay", "--plan", plan, "--html", "again.html");
    assertEquals(failure, Files.readString(folder.resolve("again.html")));
  }

  @Test
  void refusesAReportWhereThereCanBeNoFolderBeforeItRunsAnything() throws IOException {
    Files.writeString(folder.resolve("file"), "");

    Ran ran = run("simulate", "--seeds", "1000000", "--report", "file");

    assertEquals(ExitCode.USAGE, ran.exitCode());
    assertTrue(ran.err().startsWith("oversqlite4j: --report file"), ran.err());
  }

  @Test
  void aPageChangesNothingAboutTheReplay() throws IOException {
    Ran without = run("replay", "--seed", "3", "--profile", "calm");
    Ran with = run("replay", "--seed", "3", "--profile", "calm", "--html", "run.html");

    assertEquals(without.out() + "Page: run.html\n", with.out());
    String page = Files.readString(folder.resolve("run.html"));
    assertTrue(page.contains("java -jar oversqlite4j.jar replay --seed 3 --profile calm"));
  }

  private static SyncServer broken(SyncServer real) {
    return (SyncServer)
        Proxy.newProxyInstance(
            SyncServer.class.getClassLoader(),
            new Class<?>[] {SyncServer.class},
            (proxy, method, args) -> {
              if (method.getName().equals("commitPush")) {
                throw new IllegalStateException("planted");
              }
              try {
                return method.invoke(real, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
