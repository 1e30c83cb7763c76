package dev.oversqlite4j.simulator.everyday;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Property 7: whenever a request is under way, another connection of the app can take the write
 * lock at once. However slow the server is, no write of the app waits for it.
 */
class OpenLockTest {

  private static final ServerSchema SCHEMA =
      new ServerSchema(
          "business",
          List.of(
              new ServerSchema.Table(
                  "note",
                  "id",
                  KeyKind.UUID,
                  List.of(new Column("name", ColumnKind.TEXT, Nullability.NULLABLE)))));

  private static final List<String> DDL =
      List.of("CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, name TEXT)");

  @TempDir Path folder;

  private final Set<String> seen = new TreeSet<>();

  private Account.Device watched(Account account) {
    Account.Device device = account.device(Resolver.clientWins(), OpenLockTest::small);
    device.onRequest(
        request -> {
          seen.add(request.replaceAll("[0-9a-f-]{36}|[0-9]+", "*"));
          device.run("UPDATE _sync_apply_state SET apply_mode = 0");
        });
    return device;
  }

  private static void small(SyncOptions.Builder options) {
    options.uploadLimit(2).downloadLimit(2).snapshotChunkRows(2).snapshotApplyBatchRows(2);
  }

  private static void insert(Account.Device device, int from, int to) {
    for (int n = from; n < to; n++) {
      device.run("INSERT INTO note VALUES ('" + Account.key(n) + "', 'n')");
    }
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void noRequestIsMadeUnderALock(Revision revision) throws IOException {
    try (Account account = new Account(folder, revision, SCHEMA, DDL)) {
      Account.Device one = watched(account);
      insert(one, 0, 7);
      one.client().sync();
      Account.Device other = watched(account);
      other.run("UPDATE note SET name = 'theirs' WHERE id = '" + Account.key(0) + "'");
      other.client().sync();
      one.run("UPDATE note SET name = 'ours' WHERE id = '" + Account.key(0) + "'");
      one.client().sync();
      insert(one, 7, 12);
      one.client().pushPending();
      other.client().pullToStable();
      other.run("UPDATE note SET name = 'edited' WHERE id = '" + Account.key(0) + "'");
      other.client().rebuild();
      other.client().sync();
      assertEquals(DetachOutcome.DETACHED, other.client().syncThenDetach().detach());
      other.client().attach(Account.USER);
      assertEquals(List.of("12"), other.rows("SELECT count(*) FROM note"));
    }
    assertEquals(
        Set.of(
            "DELETE /sync/snapshot-sessions/*",
            "GET /sync/capabilities",
            "GET /sync/committed-bundles/*/rows",
            "GET /sync/pull",
            "GET /sync/snapshot-sessions/*",
            "POST /sync/connect",
            "POST /sync/push-sessions",
            "POST /sync/push-sessions/*/chunks",
            "POST /sync/push-sessions/*/commit",
            "POST /sync/snapshot-sessions"),
        seen);
  }
}
