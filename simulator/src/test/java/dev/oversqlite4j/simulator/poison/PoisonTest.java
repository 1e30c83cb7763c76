package dev.oversqlite4j.simulator.poison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.PushRejectedException;
import dev.oversqlite4j.PushReport;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row the server can never accept: its schema has NOT NULL where the app's has not. */
class PoisonTest {

  private static final String USER = "ann";
  private static final List<String> DDL =
      List.of(
          "CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, name TEXT)",
          "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, title TEXT,"
              + " person_id TEXT REFERENCES person(id), after_id TEXT REFERENCES note(id)"
              + " DEFERRABLE INITIALLY DEFERRED)");

  @TempDir Path folder;
  private Path file;
  private final SplittableRandom ids = new SplittableRandom(3);
  private final ModelServer server =
      new ModelServer(serverSchema(), ServerLimits.july(), () -> 1_800_000_000_000L, this::uuid);
  private SocketServer socket;
  private OkHttpClient http;
  private OversqliteClient client;

  private final List<String> requests = new ArrayList<>();
  private int loseCommits;
  private int failCommits;
  private Optional<Runnable> onCommit = Optional.empty();

  private String uuid() {
    return new UUID(ids.nextLong(), ids.nextLong()).toString();
  }

  private static ServerSchema serverSchema() {
    Column name = new Column("name", ColumnKind.TEXT, Nullability.NOT_NULL);
    return new ServerSchema(
        "business",
        List.of(
            new ServerSchema.Table("person", "id", KeyKind.UUID, List.of(name)),
            new ServerSchema.Table(
                    "note",
                    "id",
                    KeyKind.UUID,
                    List.of(
                        new Column("title", ColumnKind.TEXT, Nullability.NOT_NULL),
                        new Column("person_id", ColumnKind.UUID, Nullability.NULLABLE),
                        new Column("after_id", ColumnKind.UUID, Nullability.NULLABLE)))
                .withForeignKey("person_id", "person", OnDelete.NO_ACTION)
                .withForeignKey("after_id", "note", OnDelete.NO_ACTION)));
  }

  @BeforeEach
  void start() throws Exception {
    file = folder.resolve("app.db");
    DDL.forEach(this::run);
    socket = SocketServer.start(server, 0);
    http =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain -> {
                  okhttp3.Request request =
                      chain
                          .request()
                          .newBuilder()
                          .header("Authorization", "Bearer " + USER)
                          .build();
                  requests.add(request.method() + " " + request.url().encodedPath());
                  boolean commit = request.url().encodedPath().endsWith("/commit");
                  if (commit) {
                    onCommit.ifPresent(Runnable::run);
                  }
                  if (commit && failCommits > 0) {
                    failCommits--;
                    return failed(request);
                  }
                  Response response = chain.proceed(request);
                  if (commit && loseCommits > 0) {
                    loseCommits--;
                    response.close();
                    return failed(request);
                  }
                  return response;
                })
            .build();
    open();
  }

  /** What a server says that broke after, or before, it did its work. */
  private static Response failed(okhttp3.Request request) {
    return new Response.Builder()
        .request(request)
        .protocol(Protocol.HTTP_1_1)
        .code(500)
        .message("")
        .header("Content-Type", "application/json")
        .body(
            ResponseBody.create(
                "{\"error\":\"push_session_commit_failed\",\"message\":\"x\"}", null))
        .build();
  }

  private void open() {
    client = device(file);
  }

  private OversqliteClient device(Path database) {
    OversqliteClient opened =
        OversqliteClient.builder()
            .schema(SyncSchema.of("business").table("person", "id").table("note", "id").build())
            .store(SqliteStore.at(database))
            .server(HttpSyncServer.at(socket.baseUri().toString(), http))
            .options(SyncOptions.builder().sleeper(duration -> {}).build())
            .build();
    opened.open();
    opened.attach(USER);
    return opened;
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    socket.close();
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  private void run(String sql) {
    run(file, sql);
  }

  private static void run(Path database, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String key(int n) {
    return String.format("00000000-0000-4000-8000-%012d", n);
  }

  private void person(int n, String name) {
    run("INSERT INTO person VALUES ('" + key(n) + "', " + name + ")");
  }

  private void note(int n, String title, Optional<Integer> person, Optional<Integer> after) {
    run(
        "INSERT INTO note VALUES ('"
            + key(n)
            + "', "
            + title
            + ", "
            + person.map(p -> "'" + key(p) + "'").orElse("NULL")
            + ", "
            + after.map(a -> "'" + key(a) + "'").orElse("NULL")
            + ")");
  }

  /** Table, number and cause. */
  private static List<String> shown(List<QuarantinedRow> rows) {
    return rows.stream().map(r -> r.table() + " " + number(r.keyJson()) + " " + r.cause()).toList();
  }

  private static int number(String keyJson) {
    return Integer.parseInt(keyJson.replaceAll(".*-0*(\\d+)\"}", "$1"));
  }

  private TreeSet<Integer> onServer(String table) {
    TreeSet<Integer> numbers = new TreeSet<>();
    server
        .liveRows(USER, table)
        .keySet()
        .forEach(k -> numbers.add(Integer.parseInt(k.substring(24))));
    return numbers;
  }

  private long commits() {
    return requests.stream().filter(r -> r.endsWith("/commit")).count();
  }

  private List<String> triggers() {
    return client.journal().entries(0, 1000).stream().map(e -> e.trigger()).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 9})
  void oneRowIsIsolatedWhereverItIsAndTheRestIsSent(int rows) {
    for (int poison = 1; poison <= rows; poison++) {
      int base = poison * 100;
      for (int n = 1; n <= rows; n++) {
        person(base + n, n == poison ? "NULL" : "'a'");
      }
      requests.clear();
      PushReport report = client.pushPending();
      assertEquals(
          List.of("person " + (base + poison) + " " + QuarantineCause.REJECTED_BY_SERVER),
          shown(report.quarantined()));
      assertEquals(rows == 1 ? PushOutcome.NO_CHANGE : PushOutcome.COMMITTED, report.outcome());
      int from = base;
      TreeSet<Integer> expected = new TreeSet<>();
      IntStream.rangeClosed(1, rows).forEach(n -> expected.add(from + n));
      expected.remove(base + poison);
      assertEquals(expected, new TreeSet<>(onServer("person").tailSet(base)));
      int bound = 32 - Integer.numberOfLeadingZeros(rows - 1) + 2;
      // Three for the first bundle: the bounded retries.
      assertTrue(commits() <= 3 + bound, commits() + " commits for " + rows + " rows");
      assertEquals(0, client.pendingSyncStatus().pendingRowCount() - poison);
    }
    assertTrue(triggers().contains("PUSH_REJECTED"));
  }

  private Optional<String> name(int n) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT name FROM person WHERE id = '" + key(n) + "'")) {
      return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatRefersToARejectedRowGoesWithItAndComesBackWithIt() {
    person(1, "'a'");
    person(2, "NULL");
    note(1, "'t'", Optional.of(1), Optional.empty());
    note(2, "'t'", Optional.of(2), Optional.empty());
    note(3, "'t'", Optional.empty(), Optional.of(2));
    assertEquals(
        new TreeSet<>(
            List.of(
                "person 2 REJECTED_BY_SERVER",
                "note 2 DEPENDS_ON_QUARANTINED",
                "note 3 DEPENDS_ON_QUARANTINED")),
        new TreeSet<>(shown(client.pushPending().quarantined())));
    assertEquals(new TreeSet<>(List.of(1)), onServer("note"));
    // A row written later that refers to one in quarantine, too; the server is not even asked.
    note(4, "'t'", Optional.of(2), Optional.empty());
    long before = commits();
    assertEquals(
        List.of("note 4 DEPENDS_ON_QUARANTINED"), shown(client.pushPending().quarantined()));
    assertEquals(before, commits());

    run("UPDATE person SET name = 'b' WHERE id = '" + key(2) + "'");
    assertEquals(List.of(), client.pushPending().quarantined());
    assertEquals(List.of(), client.quarantined());
    assertEquals(new TreeSet<>(List.of(1, 2, 3, 4)), onServer("note"));
    assertEquals(0, client.pendingSyncStatus().pendingRowCount());
  }

  /** W-19: a row that cannot be encoded waits alone; without that nothing would ever be sent. */
  /** Before a row is blamed the push pulls; where the pull cannot go on, the search still can. */
  @Test
  void whatCannotBePulledDoesNotKeepTheRowFromBeingIsolated() throws IOException {
    Path other = folder.resolve("other.db");
    DDL.forEach(sql -> run(other, sql));
    try (OversqliteClient peer = device(other)) {
      run(other, "INSERT INTO note VALUES ('" + key(50) + "', 'same', NULL, NULL)");
      peer.pushPending();
    }
    run("CREATE UNIQUE INDEX one_title ON note (title)");
    note(1, "'same'", Optional.empty(), Optional.empty());
    person(1, "NULL");
    person(2, "'a'");

    PushReport report = client.pushPending();

    assertEquals(
        List.of("person 1 " + QuarantineCause.REJECTED_BY_SERVER), shown(report.quarantined()));
    assertEquals(new TreeSet<>(List.of(1, 50)), onServer("note"));
    assertEquals(new TreeSet<>(List.of(2)), onServer("person"));
  }

  @Test
  void w19OneUnsendableRowBlocksNoOther() {
    person(1, "'a'");
    person(2, "'nul' || char(0) || 'inside'");
    person(3, "'c'");
    PushReport report = client.pushPending();
    assertEquals(PushOutcome.COMMITTED, report.outcome());
    assertEquals(List.of("person 2 " + QuarantineCause.NUL_IN_TEXT), shown(report.quarantined()));
    assertEquals(new TreeSet<>(List.of(1, 3)), onServer("person"));
    client.sync();
    assertEquals(1, client.pendingSyncStatus().pendingRowCount());
  }

  @Test
  void whatRefersToAnUnsendableRowGoesWithIt() {
    run("INSERT INTO person VALUES ('no uuid', 'a')");
    run("INSERT INTO note VALUES ('" + key(1) + "', 't', 'no uuid', NULL)");
    note(2, "'t'", Optional.empty(), Optional.empty());
    PushReport report = client.pushPending();
    assertEquals(
        List.of(QuarantineCause.KEY_POLICY, QuarantineCause.DEPENDS_ON_QUARANTINED),
        report.quarantined().stream().map(QuarantinedRow::cause).toList());
    assertEquals(new TreeSet<>(List.of(2)), onServer("note"));
    assertEquals(1, commits());
  }

  @Test
  void rowsThatOnlyGoTogetherAreNotTakenForTheBadOne() {
    // The first refers to the second, which a cut between them would leave behind.
    note(1, "'t'", Optional.empty(), Optional.of(2));
    note(2, "'t'", Optional.empty(), Optional.empty());
    note(3, "NULL", Optional.empty(), Optional.empty());
    assertEquals(List.of("note 3 REJECTED_BY_SERVER"), shown(client.pushPending().quarantined()));
    assertEquals(new TreeSet<>(List.of(1, 2)), onServer("note"));
  }

  @Test
  void aRejectedRowIsRetriedOrDiscardedAsTheAppDecides() {
    person(1, "NULL");
    person(2, "NULL");
    // One row is isolated per call; the second one fails the rest of the first.
    assertThrows(PushRejectedException.class, () -> client.pushPending());
    client.pushPending();
    assertEquals(2, client.quarantined().size());
    assertEquals(DetachOutcome.BLOCKED_UNSYNCED_DATA, client.detach());

    client.retryQuarantined();
    assertEquals(List.of(), client.quarantined());
    assertEquals(2, client.pendingSyncStatus().pendingRowCount());
    assertThrows(PushRejectedException.class, () -> client.pushPending());
    client.pushPending();
    List<QuarantinedRow> again = client.quarantined();
    assertEquals(2, again.size());

    run("UPDATE person SET name = 'b' WHERE id = '" + key(2) + "'");
    client.pushPending();
    client.discardQuarantined(again);
    assertEquals(List.of(), client.quarantined());
    List<DiscardedIntent> discarded = client.discardedIntents(0, 10);
    assertEquals(
        List.of(DiscardCause.QUARANTINE_DISCARDED),
        discarded.stream().map(DiscardedIntent::cause).toList());
    assertEquals(1, number(discarded.get(0).keyJson()));
    assertEquals(new TreeSet<>(List.of(2)), onServer("person"));
    assertTrue(triggers().containsAll(List.of("QUARANTINE_RETRIED", "QUARANTINE_DISCARDED")));
    assertEquals(DetachOutcome.DETACHED, client.detach());
    assertThrows(AttachRequiredException.class, () -> client.retryQuarantined());
    assertThrows(AttachRequiredException.class, () -> client.discardQuarantined(again));
  }

  @Test
  void aCommitThatOnlyLookedRejectedIsAcknowledged() {
    person(1, "'a'");
    person(2, "'b'");
    loseCommits = 3;
    PushReport report = client.pushPending();
    assertEquals(PushOutcome.COMMITTED, report.outcome());
    assertEquals(List.of(), report.quarantined());
    assertEquals(1, server.bundles(USER).size());
    assertTrue(!triggers().contains("PUSH_REJECTED"));
  }

  @Test
  void aServerThatRejectsEverythingCostsOneRowAndNothingIsLost() {
    IntStream.rangeClosed(1, 4).forEach(n -> person(n, "'a'"));
    failCommits = 1000;
    assertThrows(PushRejectedException.class, () -> client.pushPending());
    assertEquals(1, client.quarantined().size());
    assertEquals(4, client.pendingSyncStatus().pendingRowCount());
    failCommits = 0;
    client.retryQuarantined();
    client.pushPending();
    assertEquals(new TreeSet<>(List.of(1, 2, 3, 4)), onServer("person"));
    assertEquals(1, server.bundles(USER).size(), "no bundle id was skipped or left behind");
  }

  @Test
  void anEditMadeWhileTheRowWasRejectedGetsItsChance() {
    person(1, "NULL");
    onCommit = Optional.of(() -> run("UPDATE person SET name = 'c' WHERE id = '" + key(1) + "'"));
    assertEquals(List.of(), client.pushPending().quarantined());
    onCommit = Optional.empty();
    client.pushPending();
    assertEquals(new TreeSet<>(List.of(1)), onServer("person"));
    assertEquals(Optional.of("c"), name(1));
  }

  @Test
  void aProcessThatDiesWhileItSearchesJustStartsOver() {
    IntStream.rangeClosed(1, 5).forEach(n -> person(n, n == 4 ? "NULL" : "'a'"));
    onCommit =
        Optional.of(
            () -> {
              if (commits() == 5) {
                throw new IllegalStateException("died");
              }
            });
    assertThrows(RuntimeException.class, () -> client.pushPending());
    assertTrue(triggers().contains("PUSH_REJECTED"));
    onCommit = Optional.empty();
    client.close();
    open();
    assertEquals(List.of("person 4 REJECTED_BY_SERVER"), shown(client.pushPending().quarantined()));
    client.pushPending();
    assertEquals(new TreeSet<>(List.of(1, 2, 3, 5)), onServer("person"));
  }

  @Test
  void aPeersEditOfAQuarantinedRowIsAConflictAndOverwritesNothing() {
    person(1, "'a'");
    client.sync();
    run("UPDATE person SET name = NULL WHERE id = '" + key(1) + "'");
    assertEquals(1, client.pushPending().quarantined().size());

    Path other = folder.resolve("other.db");
    DDL.forEach(sql -> run(other, sql));
    OversqliteClient peer = device(other);
    run(other, "UPDATE person SET name = 'peer' WHERE id = '" + key(1) + "'");
    peer.sync();
    peer.close();

    client.pullToStable();
    assertEquals(Optional.empty(), name(1));
    assertEquals(1, client.quarantined().size());
    run("UPDATE person SET name = 'mine' WHERE id = '" + key(1) + "'");
    client.sync();
    assertEquals(Optional.of("peer"), name(1));
    assertEquals(
        List.of(DiscardCause.CONFLICT_SERVER_WINS),
        client.discardedIntents(0, 10).stream().map(DiscardedIntent::cause).toList());
  }

  private static String text(Path database, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path otherFile() {
    Path other = folder.resolve("other.db");
    DDL.forEach(sql -> run(other, sql));
    return other;
  }

  @Test
  void property58AChangedKeyIsADeletionAndAnInsertionForAPeer() {
    person(1, "'a'");
    client.sync();
    Path other = otherFile();
    try (OversqliteClient peer = device(other)) {
      run("UPDATE person SET id = '" + key(2) + "' WHERE id = '" + key(1) + "'");
      client.sync();
      peer.sync();
    }
    assertEquals(key(2), text(other, "SELECT group_concat(id) FROM person"));
    assertEquals(new TreeSet<>(List.of(2)), onServer("person"));
  }

  @Test
  void property59RowsThatReferInACircleGoEverywhere() {
    person(1, "'a'");
    run(
        "INSERT INTO note VALUES ('%1$s', 't', '%1$s', '%2$s'), ('%2$s', 't', '%1$s', '%1$s')"
            .formatted(key(1), key(2)));
    client.sync();
    Path other = otherFile();
    String titles = "SELECT group_concat(title, ' ') FROM note";
    try (OversqliteClient peer = device(other)) {
      assertEquals("t t", text(other, titles), "snapshot");
      run("UPDATE note SET title = 'u'");
      client.sync();
      peer.sync();
      assertEquals("u u", text(other, titles), "pull");
      assertEquals(DetachOutcome.DETACHED, peer.detach());
      assertEquals("0", text(other, "SELECT count(*) FROM note"), "detach");
      peer.attach(USER);
      run("DELETE FROM note");
      run("DELETE FROM person");
      client.sync();
      peer.sync();
      assertEquals("0", text(other, "SELECT count(*) FROM person"), "pull of deletions");
    }
  }
}
