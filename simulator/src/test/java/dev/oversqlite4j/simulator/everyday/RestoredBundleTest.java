package dev.oversqlite4j.simulator.everyday;

import static dev.oversqlite4j.simulator.everyday.Account.key;
import static dev.oversqlite4j.simulator.everyday.Account.note;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.simulator.everyday.Account.Device;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file restored from a backup has a frozen bundle that is committed long since, and rebuilds from
 * a snapshot of a later time before it learns that. What the server made of rows beside those of
 * the bundle is in the snapshot, or gone again.
 */
class RestoredBundleTest {

  private static final String NOTES = "SELECT title, person_id FROM note ORDER BY id";

  @TempDir Path folder;
  private Account account;
  private Device peer;
  private Device device;

  @BeforeEach
  void start() throws IOException {
    account = Account.withNotes(folder, "ON DELETE SET NULL", Optional.of(OnDelete.SET_NULL));
    peer = account.device(Resolver.clientWins());
    peer.run("INSERT INTO person VALUES ('" + key(1) + "', 'p')");
    peer.client().sync();
    device = account.device(Resolver.clientWins());
  }

  @AfterEach
  void stop() {
    account.close();
  }

  @Test
  void doesNotBringBackWhatTheServerChangedBesideItsRows() throws IOException {
    // The server sets the references of these to NULL when the device's deletion arrives.
    peer.run(note(2), note(3));
    peer.client().sync();
    device.run("DELETE FROM person");
    account.server().retire(Account.USER, source(), Optional.empty());
    assertThrows(SourceRecoveryRequiredException.class, () -> device.client().pushPending());
    Path backup = folder.resolve("backup.db");
    device.backUp(backup);
    device.client().rebuild();
    device.client().sync();

    peer.client().sync();
    assertEquals(List.of("t2 null", "t3 null"), peer.rows(NOTES));
    peer.run("DELETE FROM note WHERE id = '" + key(3) + "'");
    peer.client().sync();

    device.restore(backup);
    device.client().rebuild();
    device.client().sync();
    device.client().sync();
    assertEquals(List.of("t2 null"), peer.rows(NOTES));
    assertEquals(peer.rows(NOTES), device.rows(NOTES));
    assertEquals(0, device.client().pendingSyncStatus().pendingRowCount());
  }

  private String source() {
    return device.rows("SELECT current_source_id FROM _sync_attachment_state").get(0);
  }
}
