package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.ProgressPhase;
import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncOperationInProgressException;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncProgress;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the app hears of a running operation, and what it may do meanwhile (spec 1.1, 1.2, 4.11).
 */
class ProgressTest {

  @TempDir Path folder;
  private Account account;
  private final List<String> calls = new ArrayList<>();
  private Device device;
  private final List<String> heard = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    account =
        new Account(
            folder,
            new ServerSchema("business", List.of(table("person"), table("note"))),
            List.of(
                "CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, name TEXT)",
                "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, name TEXT)"));
    device = device(Resolver.serverWins());
  }

  private Device device(Resolver resolver) {
    return account.device(resolver, ProgressTest::small);
  }

  private static void small(SyncOptions.Builder options) {
    options.uploadLimit(2).snapshotChunkRows(2);
  }

  private static ServerSchema.Table table(String name) {
    return new ServerSchema.Table(
        name,
        "id",
        KeyKind.UUID,
        List.of(new Column("name", ColumnKind.TEXT, Nullability.NULLABLE)));
  }

  @AfterEach
  void stop() {
    account.close();
  }

  private static void write(Device device, String table, int n, String name) {
    device.run(
        "INSERT INTO "
            + table
            + " VALUES ('"
            + key(n)
            + "', '"
            + name
            + "') ON CONFLICT DO UPDATE SET name = excluded.name");
  }

  private void listen(OversqliteClient client) {
    client.onProgress(progress -> heard.add(shown(progress)));
  }

  private static String shown(SyncProgress p) {
    return p.operation()
        + " "
        + p.phase()
        + " "
        + p.done()
        + (p.total().isPresent() ? "/" + p.total().getAsLong() : "");
  }

  @Test
  void aPushCountsTheRowsItUploaded() {
    write(device, "person", 1, "a");
    write(device, "person", 2, "b");
    write(device, "note", 3, "c");
    listen(device.client());
    device.client().pushPending();
    assertEquals(
        List.of(
            "PUSH_PENDING PUSHING 0",
            "PUSH_PENDING PUSHING 0/3",
            "PUSH_PENDING PUSHING 2/3",
            "PUSH_PENDING PUSHING 3/3",
            "PUSH_PENDING IDLE 0"),
        heard);
  }

  @Test
  void aPullCountsTheBundlesItApplied() {
    Device peer = device(Resolver.serverWins());
    write(device, "person", 1, "a");
    device.client().sync();
    write(device, "person", 2, "a");
    device.client().sync();
    listen(peer.client());
    peer.client().pullToStable();
    assertEquals(
        List.of(
            "PULL_TO_STABLE PULLING 0",
            "PULL_TO_STABLE PULLING 1",
            "PULL_TO_STABLE PULLING 2",
            "PULL_TO_STABLE IDLE 0"),
        heard);
  }

  @Test
  void anAttachCountsTheRowsItStages() {
    write(device, "person", 1, "a");
    write(device, "person", 2, "b");
    write(device, "note", 3, "c");
    device.client().sync();
    device.client().detach();
    listen(device.client());
    device.client().attach(Account.USER);
    assertEquals(
        List.of(
            "ATTACH ATTACHING 0",
            "ATTACH STAGING_REMOTE_STATE 0/3",
            "ATTACH STAGING_REMOTE_STATE 2/3",
            "ATTACH STAGING_REMOTE_STATE 3/3",
            "ATTACH APPLYING_REMOTE_STATE 0/3",
            "ATTACH APPLYING_REMOTE_STATE 3/3",
            "ATTACH IDLE 0"),
        heard);
  }

  @Test
  void aFailureEndsIdleToo() {
    write(device, "person", 1, "a");
    listen(device.client());
    device.onRequest(
        request -> {
          throw new IllegalStateException("no network today");
        });
    assertThrows(RuntimeException.class, () -> device.client().sync());
    assertEquals("SYNC IDLE 0", heard.get(heard.size() - 1));
    assertEquals(1, heard.stream().filter(h -> h.endsWith(ProgressPhase.IDLE + " 0")).count());
  }

  @Test
  void listenersAreToldExactlyTheTablesThatWereWritten() {
    Device peer = device(Resolver.serverWins());
    List<Set<String>> changed = new ArrayList<>();
    peer.client().onTablesChanged(changed::add);
    write(device, "person", 1, "a");
    device.client().sync();
    write(device, "person", 2, "a");
    device.client().sync();
    peer.client().sync();
    assertEquals(List.of(Set.of("person")), changed);
    peer.client().sync();
    assertEquals(1, changed.size());
    // The row is gone here already: its replay writes none.
    peer.run("DELETE FROM person WHERE id = '" + key(1) + "'");
    peer.client().pushPending();
    assertEquals(1, changed.size());
    device.client().onTablesChanged(changed::add);
    device.client().sync();
    assertEquals(List.of(Set.of("person"), Set.of("person")), changed);
  }

  @Test
  void aListenerThatThrowsOrCallsTheClientChangesNothing() {
    OversqliteClient client = device.client();
    client.onProgress(progress -> refused(client));
    client.onTablesChanged(
        tables -> {
          refused(client);
          throw new IllegalStateException("listener");
        });
    client.onProgress(
        progress -> {
          throw new IllegalStateException("listener");
        });
    write(device, "person", 1, "a");
    // Another connection can write while a listener runs: no transaction is open.
    client.onProgress(progress -> write(device, "note", 9, "from a listener"));
    client.sync();
    assertTrue(calls.size() > 3);
    client.syncStatus();
  }

  private void refused(OversqliteClient client) {
    assertThrows(SyncOperationInProgressException.class, client::sourceInfo);
    calls.add("refused");
  }

  @Test
  void aResolverCannotCallTheClient() {
    OversqliteClient[] client = new OversqliteClient[1];
    Device other =
        device(
            conflict -> {
              refused(client[0]);
              return Resolution.keepLocal();
            });
    client[0] = other.client();
    write(device, "person", 1, "a");
    device.client().sync();
    write(other, "person", 1, "b");
    other.client().sync();
    assertEquals(List.of("refused"), calls);
  }

  @Test
  void aPauseIsNoConcernOfExplicitCalls() {
    OversqliteClient client = device.client();
    client.pauseUploads();
    client.pauseDownloads();
    write(device, "person", 1, "a");
    client.sync();
    assertEquals(0, client.pendingSyncStatus().pendingRowCount());
    client.onProgress(progress -> client.pauseUploads());
    client.sync();
    client.resumeUploads();
    client.resumeDownloads();
    client.close();
    client.pauseUploads();
  }
}
