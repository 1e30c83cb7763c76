package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.LifecycleState;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.UninstallMode;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Control tables that break an invariant of spec 2.3, one after the other (T3). */
class CorruptStateTest {

  private static final SyncSchema SCHEMA = SyncSchema.of("business").table("t").build();
  private static final String ID = "00000000-0000-4000-8000-000000000001";

  @TempDir Path directory;
  private TestDatabase db;
  private EchoServer server;

  enum Outbox {
    EMPTY,
    PREPARED
  }

  enum AtOpen {
    /** The next open puts it right (spec 4.1 steps 2 and 3d). */
    REPAIRED,
    CORRUPT,
    /** Costs per row, so it is found by whoever reads the rows. */
    FOUND_LATER
  }

  /** A damage done to an attached file. */
  record Damage(String invariant, AtOpen atOpen, Outbox outbox, DetachOutcome detach, String sql) {
    @Override
    public String toString() {
      return invariant + " " + sql;
    }
  }

  static Stream<Damage> damages() {
    DetachOutcome left = DetachOutcome.DETACHED;
    DetachOutcome blocked = DetachOutcome.BLOCKED_UNSYNCED_DATA;
    return Stream.of(
        new Damage("I1", AtOpen.REPAIRED, Outbox.EMPTY, left, "DELETE FROM _sync_operation_state"),
        new Damage("I1", AtOpen.REPAIRED, Outbox.EMPTY, left, "DELETE FROM _sync_outbox_bundle"),
        new Damage(
            "I2",
            AtOpen.REPAIRED,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_apply_state SET apply_mode = 1"),
        new Damage(
            "I3",
            AtOpen.REPAIRED,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_attachment_state SET attached_user_id = ' '"),
        new Damage(
            "I3",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_attachment_state SET last_bundle_seq_seen = -1"),
        new Damage("I4", AtOpen.CORRUPT, Outbox.EMPTY, left, "DELETE FROM _sync_source_state"),
        new Damage(
            "I4",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_source_state SET replaced_by_source_id = 'nobody'"),
        new Damage(
            "I4",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_source_state SET next_source_bundle_id = 0"),
        new Damage(
            "I5",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_attachment_state SET binding_state = 'anonymous', attached_user_id = '',"
                + " schema_name = ''; UPDATE _sync_operation_state SET kind = 'remote_replace'"),
        new Damage(
            "I6",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'whatever'"),
        new Damage(
            "I6",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'source_retired'"),
        new Damage(
            "I7",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_outbox_bundle SET remote_bundle_seq = 4"),
        new Damage(
            "I7",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_bundle SET state = 'none', source_id = '', source_bundle_id = 0,"
                + " canonical_request_hash = '', row_count = 0"),
        new Damage("I8", AtOpen.CORRUPT, Outbox.PREPARED, blocked, "DELETE FROM _sync_outbox_rows"),
        new Damage(
            "I8",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_rows SET wire_payload = replace(wire_payload, 'v', 'w')"),
        new Damage(
            "I9",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_bundle SET state = 'committed_remote'"),
        new Damage(
            "I10",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_source_state SET next_source_bundle_id = 7"),
        new Damage("I1", AtOpen.REPAIRED, Outbox.EMPTY, left, "DELETE FROM _sync_apply_state"),
        new Damage("I1", AtOpen.REPAIRED, Outbox.EMPTY, left, "DELETE FROM _sync_attachment_state"),
        new Damage(
            "I3",
            AtOpen.REPAIRED,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_attachment_state SET binding_state = 'anonymous', attached_user_id = '',"
                + " last_bundle_seq_seen = 4"),
        new Damage(
            "I3",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_attachment_state SET rebuild_required = 2"),
        new Damage(
            "I4",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_source_state SET source_id = 'a b';"
                + " UPDATE _sync_attachment_state SET current_source_id = 'a b'"),
        new Damage(
            "I4",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "INSERT INTO _sync_source_state (source_id, replaced_by_source_id)"
                + " VALUES ('x', 'y'), ('y', 'x')"),
        new Damage(
            "I6",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'source_retired',"
                + " replacement_source_id = (SELECT current_source_id FROM _sync_attachment_state);"
                + " UPDATE _sync_attachment_state SET rebuild_required = 1"),
        new Damage(
            "I6",
            AtOpen.CORRUPT,
            Outbox.EMPTY,
            left,
            "INSERT INTO _sync_source_state (source_id, next_source_bundle_id) VALUES ('used', 2);"
                + " UPDATE _sync_operation_state SET kind = 'source_recovery',"
                + " reason = 'source_retired', replacement_source_id = 'used';"
                + " UPDATE _sync_attachment_state SET rebuild_required = 1"),
        new Damage(
            "I8",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_bundle SET canonical_request_hash = 'none'"),
        new Damage(
            "I8",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_rows SET row_ordinal = 1"),
        new Damage(
            "I8",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_rows SET source_bundle_id = 2"),
        new Damage(
            "I8",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_bundle SET source_id = 'other'"),
        new Damage(
            "I8",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_rows SET base_row_version = 7"),
        new Damage(
            "I9",
            AtOpen.CORRUPT,
            Outbox.PREPARED,
            blocked,
            "UPDATE _sync_outbox_bundle SET remote_bundle_seq = 7"),
        new Damage(
            "I11",
            AtOpen.FOUND_LATER,
            Outbox.EMPTY,
            blocked,
            "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, dirty_ordinal)"
                + " VALUES ('business', 't', '{\"id\":\"x\"}', 'INSERT', 1)"));
  }

  @BeforeEach
  void create() {
    db = TestDatabase.in(directory, "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, v TEXT)");
    server = new EchoServer("business");
    server.register("t", "id");
  }

  @AfterEach
  void close() {
    db.close();
  }

  private OversqliteClient open() {
    OversqliteClient client = db.client(SCHEMA, server);
    client.open();
    return client;
  }

  private OversqliteClient attached(Outbox outbox) throws SQLException {
    OversqliteClient client = open();
    client.attach("ada");
    if (outbox == Outbox.PREPARED) {
      db.run("INSERT INTO t VALUES (?, 'v')", ID);
      assertThrows(TransientRetryExhaustedException.class, client::pushPending);
    }
    return client;
  }

  private void damage(Damage damage) throws SQLException {
    for (String statement : damage.sql().split("; ")) {
      db.run(statement);
    }
  }

  private static void assertNamed(Damage damage, Executable operation) {
    CorruptLocalStateException corrupt = assertThrows(CorruptLocalStateException.class, operation);
    assertTrue(corrupt.reason().contains("(" + damage.invariant() + ")"), corrupt.reason());
    assertTrue(corrupt.table().startsWith("_sync_"));
  }

  private void assertLeavable(Damage damage, OversqliteClient client) throws SQLException {
    client.sourceInfo();
    assertTrue(client.journal().entries(0, 100).size() > 1);
    assertEquals(damage.detach(), client.detach());
    if (damage.detach() == DetachOutcome.DETACHED && !damage.invariant().equals("I1")) {
      client.close();
      try (OversqliteClient again = open()) {
        again.attach("bob");
        assertEquals(LifecycleState.ATTACHED, again.state());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("damages")
  void isNamedByTheNextOperation(Damage damage) throws SQLException {
    try (OversqliteClient client = attached(damage.outbox())) {
      damage(damage);
      assertNamed(damage, client::pushPending);
      client.sourceInfo();
      client.journal().entries(0, 10);
    }
  }

  @ParameterizedTest
  @MethodSource("damages")
  void opensAndCanBeLeft(Damage damage) throws SQLException {
    attached(damage.outbox()).close();
    damage(damage);
    List<String> before = db.rows("SELECT * FROM _sync_operation_state, _sync_outbox_bundle");
    try (OversqliteClient client = open()) {
      List<JournalEntry> entries = client.journal().entries(0, 100);
      String last = entries.get(entries.size() - 1).trigger();
      assertEquals(damage.atOpen() == AtOpen.CORRUPT ? "CORRUPT" : "OPEN", last);
      if (damage.atOpen() == AtOpen.CORRUPT) {
        assertEquals(before, db.rows("SELECT * FROM _sync_operation_state, _sync_outbox_bundle"));
        assertEquals(LifecycleState.OPENED, client.state());
        assertTrue(
            entries
                .get(entries.size() - 1)
                .facts()
                .path("invariant")
                .asText()
                .contains("(" + damage.invariant() + ")"));
        assertNamed(
            damage,
            () -> {
              client.attach("ada");
              client.pushPending();
            });
        assertLeavable(damage, client);
      }
    }
  }

  /** Nobody can tell which of the rows the account has, so first capture must not guess. */
  @Test
  void stateWithoutASourceIsNamedAndCanBeGivenUp() throws SQLException {
    try (OversqliteClient client = attached(Outbox.EMPTY)) {
      server.accepts(1);
      db.run("INSERT INTO t VALUES (?, 'v')", ID);
      client.pushPending();
    }
    db.run(
        "UPDATE _sync_attachment_state SET current_source_id = '', binding_state = 'anonymous',"
            + " attached_user_id = '', schema_name = '', last_bundle_seq_seen = 0");
    try (OversqliteClient client = open()) {
      List<JournalEntry> entries = client.journal().entries(0, 100);
      assertEquals("CORRUPT", entries.get(entries.size() - 1).trigger());
      assertEquals("", client.sourceInfo().currentSourceId());
      CorruptLocalStateException corrupt =
          assertThrows(CorruptLocalStateException.class, () -> client.attach("ada"));
      assertTrue(corrupt.reason().contains("(I4)"), corrupt.reason());
      assertEquals(DetachOutcome.DETACHED, client.detach());
      client.uninstallSync(UninstallMode.DISCARD_PENDING);
    }
    try (OversqliteClient again = open()) {
      again.attach("ada");
      assertEquals(1, again.pendingSyncStatus().pendingRowCount());
    }
  }

  @Test
  void aFileWithoutAJournalIsJournaledToo() throws SQLException {
    attached(Outbox.EMPTY).close();
    db.run("DROP TABLE _fsm_journal");
    db.run("UPDATE _sync_outbox_bundle SET remote_bundle_seq = 4");
    try (OversqliteClient client = open()) {
      assertEquals(
          List.of("CORRUPT"),
          client.journal().entries(0, 10).stream().map(JournalEntry::trigger).toList());
    }
  }
}
