package dev.oversqlite4j.simulator.revisions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.SocketServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A file is restored from a backup and uses a bundle id again (spec 4.4.6). July notices by the
 * request hash; June has none, so the client looks at what was committed before it acknowledges.
 */
class RestoredFileTest {
  private static final String ONE = "00000000-0000-4000-8000-000000000001";
  private static final String TWO = "00000000-0000-4000-8000-000000000002";

  private final Things things;

  RestoredFileTest(@TempDir Path folder) {
    things = new Things(folder);
  }

  /** What the file holds that the server does not have, against the same write of {@link #ONE}. */
  private enum Written {
    ANOTHER_KEY("INSERT INTO thing (id, name) VALUES ('" + TWO + "', 'mine')"),
    ANOTHER_OPERATION("DELETE FROM thing"),
    ANOTHER_VALUE("UPDATE thing SET name = 'mine'"),
    ANOTHER_NULL("UPDATE thing SET name = 'theirs', ratio = NULL");

    private final String sql;

    Written(String sql) {
      this.sql = sql;
    }
  }

  static Stream<Arguments> written() {
    return Arrays.stream(Revision.values())
        .flatMap(r -> Arrays.stream(Written.values()).map(w -> Arguments.of(r, w)));
  }

  private static final String THEIRS = "UPDATE thing SET name = 'theirs'";

  @ParameterizedTest
  @MethodSource("written")
  void otherContentUnderAUsedBundleIdGetsASourceOfItsOwn(Revision revision, Written written)
      throws IOException {
    ModelServer server = things.server(revision);
    try (SocketServer socket = SocketServer.start(server, 0)) {
      restored(socket);
      try (OversqliteClient client = things.device("device.db", socket)) {
        things.sql("device.db", written.sql);
        String before = client.sourceInfo().currentSourceId();

        SourceRecoveryRequiredException required =
            assertThrows(SourceRecoveryRequiredException.class, client::pushPending);

        assertEquals(SourceRecoveryReason.SOURCE_SEQUENCE_OUT_OF_ORDER, required.reason());
        assertTrue(client.sourceInfo().sourceRecoveryRequired());
        client.rebuild();
        client.sync();
        assertNotEquals(before, client.sourceInfo().currentSourceId());
        assertEquals(0, client.pendingSyncStatus().pendingRowCount());
        // Rows of one key collide, and the server wins.
        int rows = written == Written.ANOTHER_KEY ? 2 : 1;
        assertEquals(rows, server.liveRows(Things.USER, "thing").size());
        assertEquals(rows, things.rows("device.db").size());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void theSameContentIsAcknowledged(Revision revision) throws IOException {
    ModelServer server = things.server(revision);
    try (SocketServer socket = SocketServer.start(server, 0)) {
      restored(socket);
      try (OversqliteClient client = things.device("device.db", socket)) {
        things.sql("device.db", THEIRS);

        assertEquals(PushOutcome.COMMITTED, client.pushPending().outcome());

        assertEquals(2, server.latestBundleSeq(Things.USER));
        assertEquals(0, client.pendingSyncStatus().pendingRowCount());
      }
    }
  }

  /** A file with one synced row, from before another write of that row was committed. */
  private void restored(SocketServer socket) throws IOException {
    Path backup = things.file("backup.db");
    try (OversqliteClient client = things.device("device.db", socket)) {
      things.sql(
          "device.db", "INSERT INTO thing (id, name, ratio) VALUES ('" + ONE + "', 'first', 0.5)");
      client.pushPending();
    }
    Files.copy(things.file("device.db"), backup);
    try (OversqliteClient client = things.device("device.db", socket)) {
      things.sql("device.db", THEIRS);
      client.pushPending();
    }
    Files.copy(backup, things.file("device.db"), StandardCopyOption.REPLACE_EXISTING);
  }
}
