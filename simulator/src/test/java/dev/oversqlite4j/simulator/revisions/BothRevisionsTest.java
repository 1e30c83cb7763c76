package dev.oversqlite4j.simulator.revisions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real client against both revisions over a socket: every kind of value, every silent re-send.
 */
class BothRevisionsTest {
  private static final String KEY = "00000000-0000-4000-8000-000000000001";

  private final Things things;

  BothRevisionsTest(@TempDir Path folder) {
    things = new Things(folder);
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void valuesTravelByPullAndBySnapshot(Revision revision) throws Exception {
    String values = "a <&> \u2028 b|123456789012|0.1|00FF10|1";
    try (SocketServer socket = SocketServer.start(things.server(revision), 0);
        OversqliteClient first = things.device("first.db", socket)) {
      try (OversqliteClient second = things.device("second.db", socket)) {
        things.sql(
            "first.db",
            "INSERT INTO thing VALUES ('"
                + KEY
                + "', 'a <&> ' || char(8232) || ' b', 123456789012, 0.1, x'00ff10', 1)");
        first.pushPending();
        assertEquals(0, first.pendingSyncStatus().pendingRowCount());
        second.pullToStable();
        assertEquals(List.of(values), things.rows("second.db"));
        assertEquals(List.of(values), things.rows("first.db"));
      }
      try (OversqliteClient third = things.device("third.db", socket)) {
        assertEquals(List.of(values), things.rows("third.db"));
      }
    }
  }

  /** Takes the first chunk and the first commit, and lets OkHttp send both again. */
  private static final class Resending implements WireHandler {
    private final ModelServer server;
    private final Map<String, Integer> seen = new java.util.TreeMap<>();

    Resending(ModelServer server) {
      this.server = server;
    }

    @Override
    public synchronized WireResponse handle(WireRequest request) {
      WireResponse response = server.handle(request);
      String last = request.path().substring(request.path().lastIndexOf('/') + 1);
      boolean first = seen.merge(last, 1, Integer::sum) == 1;
      return first && (last.equals("chunks") || last.equals("commit"))
          ? new WireResponse(503, Map.of("Retry-After", "0"), new byte[0])
          : response;
    }

    @Override
    public Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
        throws InterruptedException {
      return server.nextHint(user, afterBundleSeq, waitMillis);
    }
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void chunksAndCommitsThatOkHttpSentTwiceAreRecovered(Revision revision) throws Exception {
    ModelServer server = things.server(revision);
    Resending resending = new Resending(server);
    try (SocketServer socket = SocketServer.start(resending, 0);
        OversqliteClient client = things.device("first.db", socket)) {
      things.sql("first.db", "INSERT INTO thing (id, name) VALUES ('" + KEY + "', 'x')");
      client.pushPending();
      assertEquals(0, client.pendingSyncStatus().pendingRowCount());
      assertEquals(1, server.latestBundleSeq("ada"));
      assertEquals(1, server.liveRows("ada", "thing").size());
      assertTrue(resending.seen.get("chunks") >= 2, resending.seen.toString());
      assertTrue(resending.seen.get("commit") >= 2, resending.seen.toString());
    }
  }
}
