package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.AttachOutcome;
import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.sync.RequestHash;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that another client of this protocol wrote opens as it is: one ADOPT row, and apart from
 * triggers and tables of our own nothing changes (architecture, adoption).
 */
class AdoptionTest {

  private static final String ID = "00000000-0000-4000-8000-00000000000";
  private static final String SOURCE = "5f000000-0000-4000-8000-000000000001";
  private static final String LEASE = "1e000000-0000-4000-8000-000000000001";

  /** The tables as the protocol generation shares them; the other client's triggers are its own. */
  private static final String OTHER_CLIENT =
      """
      CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, v TEXT);
      CREATE TABLE _sync_apply_state (
        singleton_key INTEGER NOT NULL PRIMARY KEY CHECK (singleton_key = 1),
        apply_mode    INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE _sync_row_state (
        schema_name TEXT NOT NULL, table_name TEXT NOT NULL, key_json TEXT NOT NULL,
        row_version INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
        updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        PRIMARY KEY (schema_name, table_name, key_json));
      CREATE TABLE _sync_dirty_rows (
        schema_name TEXT NOT NULL, table_name TEXT NOT NULL, key_json TEXT NOT NULL,
        op TEXT NOT NULL CHECK (op IN ('INSERT','UPDATE','DELETE')),
        base_row_version INTEGER NOT NULL DEFAULT 0, payload TEXT,
        dirty_ordinal INTEGER NOT NULL DEFAULT 0,
        updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        PRIMARY KEY (schema_name, table_name, key_json));
      CREATE INDEX idx_sync_dirty_rows_dirty_ordinal ON _sync_dirty_rows(dirty_ordinal);
      CREATE TABLE _sync_snapshot_stage (
        snapshot_id TEXT NOT NULL, row_ordinal INTEGER NOT NULL, schema_name TEXT NOT NULL,
        table_name TEXT NOT NULL, key_json TEXT NOT NULL, row_version INTEGER NOT NULL,
        payload TEXT NOT NULL, PRIMARY KEY (snapshot_id, row_ordinal),
        UNIQUE (snapshot_id, schema_name, table_name, key_json));
      CREATE TABLE _sync_source_state (
        source_id TEXT NOT NULL PRIMARY KEY, next_source_bundle_id INTEGER NOT NULL DEFAULT 1,
        replaced_by_source_id TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
      CREATE TABLE _sync_attachment_state (
        singleton_key INTEGER NOT NULL PRIMARY KEY CHECK (singleton_key = 1),
        current_source_id TEXT NOT NULL DEFAULT '',
        binding_state TEXT NOT NULL DEFAULT 'anonymous'
          CHECK (binding_state IN ('anonymous', 'attached')),
        attached_user_id TEXT NOT NULL DEFAULT '', schema_name TEXT NOT NULL DEFAULT '',
        last_bundle_seq_seen INTEGER NOT NULL DEFAULT 0,
        rebuild_required INTEGER NOT NULL DEFAULT 0,
        pending_initialization_id TEXT NOT NULL DEFAULT '');
      CREATE TABLE _sync_operation_state (
        singleton_key INTEGER NOT NULL PRIMARY KEY CHECK (singleton_key = 1),
        kind TEXT NOT NULL DEFAULT 'none'
          CHECK (kind IN ('none', 'remote_replace', 'source_recovery')),
        target_user_id TEXT NOT NULL DEFAULT '', staged_snapshot_id TEXT NOT NULL DEFAULT '',
        snapshot_bundle_seq INTEGER NOT NULL DEFAULT 0,
        snapshot_row_count INTEGER NOT NULL DEFAULT 0,
        snapshot_byte_count INTEGER NOT NULL DEFAULT 0,
        snapshot_stage_complete INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
        replacement_source_id TEXT NOT NULL DEFAULT '');
      CREATE TABLE _sync_outbox_bundle (
        singleton_key INTEGER NOT NULL PRIMARY KEY CHECK (singleton_key = 1),
        canonical_json_contract TEXT NOT NULL
          CHECK (canonical_json_contract = 'jcs_uniform_numeric_strings_v1'),
        state TEXT NOT NULL DEFAULT 'none'
          CHECK (state IN ('none', 'prepared', 'committed_remote')),
        source_id TEXT NOT NULL DEFAULT '', source_bundle_id INTEGER NOT NULL DEFAULT 0,
        initialization_id TEXT NOT NULL DEFAULT '',
        canonical_request_hash TEXT NOT NULL DEFAULT '', row_count INTEGER NOT NULL DEFAULT 0,
        remote_bundle_hash TEXT NOT NULL DEFAULT '',
        remote_bundle_seq INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE _sync_outbox_rows (
        source_bundle_id INTEGER NOT NULL, row_ordinal INTEGER NOT NULL,
        schema_name TEXT NOT NULL, table_name TEXT NOT NULL, key_json TEXT NOT NULL,
        wire_key_json TEXT NOT NULL, op TEXT NOT NULL CHECK (op IN ('INSERT','UPDATE','DELETE')),
        base_row_version INTEGER NOT NULL DEFAULT 0, local_payload TEXT, wire_payload TEXT,
        PRIMARY KEY (source_bundle_id, row_ordinal));
      CREATE TABLE _sync_managed_tables (
        schema_name TEXT NOT NULL, table_name TEXT NOT NULL,
        PRIMARY KEY (schema_name, table_name));
      INSERT INTO _sync_apply_state (singleton_key) VALUES (1);
      INSERT INTO _sync_attachment_state (singleton_key) VALUES (1);
      INSERT INTO _sync_operation_state (singleton_key) VALUES (1);
      INSERT INTO _sync_outbox_bundle (singleton_key, canonical_json_contract)
        VALUES (1, 'jcs_uniform_numeric_strings_v1');
      INSERT INTO _sync_managed_tables VALUES ('business', 't');
      CREATE TRIGGER trg_t_ai AFTER INSERT ON t WHEN (SELECT apply_mode FROM _sync_apply_state) = 0
        BEGIN SELECT 1;; END""";

  private static final SyncSchema SCHEMA = SyncSchema.of("business").table("t").build();

  @TempDir Path directory;
  private TestDatabase db;
  private EchoServer server;

  @BeforeEach
  void otherClientWasHere() throws SQLException {
    db = TestDatabase.in(directory, OTHER_CLIENT);
    server = new EchoServer("business");
    server.register("t", "id");
    server.accepts(Integer.MAX_VALUE);
    db.run("INSERT INTO _sync_source_state (source_id) VALUES (?)", SOURCE);
    db.run("UPDATE _sync_attachment_state SET current_source_id = ?", SOURCE);
  }

  @AfterEach
  void close() {
    db.close();
  }

  private void attached(String more) throws SQLException {
    db.run(
        "UPDATE _sync_attachment_state SET binding_state = 'attached', attached_user_id = 'ada',"
            + " schema_name = 'business'"
            + more);
  }

  /** A row the other client has captured. */
  private void dirty(int number) throws SQLException {
    db.run("INSERT INTO t VALUES (?, 'v')", ID + number);
    db.run(
        "INSERT INTO _sync_dirty_rows (schema_name, table_name, key_json, op, payload,"
            + " dirty_ordinal) SELECT 'business', 't', json_object('id', id), 'INSERT',"
            + " json_object('id', id, 'v', v), ? FROM t WHERE id = ?",
        number,
        ID + number);
  }

  /** A row the other client has frozen as the only one of bundle 1. */
  private void frozen(int number, String state) throws SQLException {
    db.run("INSERT INTO t VALUES (?, 'v')", ID + number);
    String key = "{\"id\":\"" + ID + number + "\"}";
    String payload = "{\"id\":\"" + ID + number + "\",\"v\":\"v\"}";
    FrozenRow row =
        new FrozenRow(
            0,
            new RowKey("t", key),
            key,
            RowOperation.INSERT,
            0,
            Optional.of(payload),
            Optional.of(payload));
    db.run(
        "INSERT INTO _sync_outbox_rows VALUES (1, 0, 'business', 't', ?1, ?1, 'INSERT', 0, ?2, ?2)",
        key,
        payload);
    db.run(
        "UPDATE _sync_outbox_bundle SET state = ?, source_id = ?, source_bundle_id = 1,"
            + " row_count = 1, canonical_request_hash = ?",
        state,
        SOURCE,
        RequestHash.of("business", List.of(row)));
  }

  private OversqliteClient adopted(String state) throws SQLException {
    Map<String, List<String>> before = shared();
    OversqliteClient client = db.client(SCHEMA, server);
    client.open();
    assertEquals(0, server.calls());
    List<JournalEntry> entries = client.journal().entries(0, 10);
    assertEquals(
        List.of("UNOPENED ADOPT " + state, "UNOPENED OPEN " + state),
        entries.stream().map(e -> e.from() + " " + e.trigger() + " " + e.to()).toList());
    assertEquals(before, shared(), "apart from triggers and tables of our own nothing changes");
    assertEquals(SOURCE, client.sourceInfo().currentSourceId());
    return client;
  }

  private Map<String, List<String>> shared() throws SQLException {
    Map<String, List<String>> content = new TreeMap<>();
    for (String table :
        db.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%fsm%'")) {
      content.put(table, db.rows("SELECT * FROM " + table));
    }
    content.put("sql", db.rows("SELECT sql FROM sqlite_schema WHERE name LIKE '%sync_%'"));
    return content;
  }

  private void syncsOn(OversqliteClient client) throws SQLException {
    db.run("INSERT INTO t VALUES (?, 'ours')", ID + 9);
    assertEquals(PushOutcome.COMMITTED, client.pushPending().outcome());
    assertEquals(0, client.pendingSyncStatus().pendingRowCount());
    assertEquals(db.rows("SELECT count(*) FROM t"), List.of(String.valueOf(server.rows().size())));
    client.close();
    // The other client would find nothing to complain of, and we nothing to adopt again.
    try (OversqliteClient again = db.client(SCHEMA, server)) {
      again.open();
      assertEquals(
          1,
          again.journal().entries(0, 100).stream()
              .filter(e -> e.trigger().equals("ADOPT"))
              .count());
    }
  }

  private static AttachOutcome attach(OversqliteClient client) {
    return assertInstanceOf(AttachResult.Connected.class, client.attach("ada")).outcome();
  }

  @Test
  void anonymous() throws SQLException {
    dirty(1);
    OversqliteClient client = adopted("OPENED");
    assertEquals(AttachOutcome.SEEDED_FROM_LOCAL, attach(client));
    syncsOn(client);
  }

  @Test
  void attached() throws SQLException {
    attached(", last_bundle_seq_seen = 0");
    dirty(1);
    OversqliteClient client = adopted("ATTACHED");
    assertEquals(AttachOutcome.RESUMED_ATTACHED_STATE, attach(client));
    syncsOn(client);
  }

  @Test
  void leaseHeld() throws SQLException {
    attached(", pending_initialization_id = '" + LEASE + "'");
    dirty(1);
    OversqliteClient client = adopted("SEEDING");
    attach(client);
    syncsOn(client);
  }

  @Test
  void outboxPrepared() throws SQLException {
    attached("");
    frozen(1, "prepared");
    dirty(2);
    OversqliteClient client = adopted("PUSH_PREPARED");
    attach(client);
    syncsOn(client);
  }

  @Test
  void outboxCommittedRemotely() throws SQLException {
    attached("");
    frozen(1, "prepared");
    // The server has it: what the other client acknowledged is bundle 1.
    server.committed(
        List.of(
            new FrozenRow(
                0,
                new RowKey("t", "{\"id\":\"" + ID + "1\"}"),
                "{\"id\":\"" + ID + "1\"}",
                RowOperation.INSERT,
                0,
                Optional.empty(),
                Optional.of("{\"id\":\"" + ID + "1\",\"v\":\"v\"}"))));
    db.run(
        "UPDATE _sync_outbox_bundle SET state = 'committed_remote', remote_bundle_seq = 1,"
            + " remote_bundle_hash = 'hash'");
    OversqliteClient client = adopted("PUSH_COMMITTED");
    attach(client);
    syncsOn(client);
  }

  @Test
  void rebuildRequired() throws SQLException {
    attached(", rebuild_required = 1");
    db.run("UPDATE _sync_operation_state SET reason = 'history_pruned'");
    adopted("REBUILD_REQUIRED").close();
  }

  @Test
  void rebuildRequiredWithACommittedBundle() throws SQLException {
    attached(", rebuild_required = 1");
    frozen(1, "prepared");
    db.run(
        "UPDATE _sync_outbox_bundle SET state = 'committed_remote', remote_bundle_seq = 1,"
            + " remote_bundle_hash = 'hash'");
    adopted("REBUILD_COMMITTED").close();
  }

  @Test
  void sourceRecovery() throws SQLException {
    attached(", rebuild_required = 1");
    dirty(1);
    db.run("INSERT INTO _sync_source_state (source_id) VALUES ('next')");
    db.run(
        "UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'source_retired',"
            + " replacement_source_id = 'next'");
    try (OversqliteClient client = adopted("SOURCE_RECOVERY")) {
      assertEquals(
          Optional.of(SourceRecoveryReason.SOURCE_RETIRED),
          client.sourceInfo().sourceRecoveryReason());
    }
  }

  /** The other client deleted the dirty rows when it began; a cancel must not forget the rows. */
  @Test
  void remoteReplacePendingAndCancelled() throws SQLException {
    db.run("INSERT INTO t VALUES (?, 'v')", ID + 1);
    db.run("UPDATE _sync_operation_state SET kind = 'remote_replace', target_user_id = 'ada'");
    OversqliteClient client = adopted("REPLACE_PENDING");
    client.close();
    client = db.client(SCHEMA, server);
    client.open();
    assertEquals(DetachOutcome.DETACHED, client.detach());
    assertEquals(
        List.of("{\"id\":\"" + ID + "1\"}|INSERT|0"),
        db.rows("SELECT key_json, op, base_row_version FROM _sync_dirty_rows"));
    attach(client);
    syncsOn(client);
  }

  @Test
  void remoteReplaceStaged() throws SQLException {
    db.run("INSERT INTO t VALUES (?, 'given up')", ID + 1);
    db.run(
        "INSERT INTO _sync_snapshot_stage VALUES ('snap', 1, 'business', 't', ?, 3, ?)",
        "{\"id\":\"" + ID + "2\"}",
        "{\"id\":\"" + ID + "2\",\"v\":\"theirs\"}");
    db.run(
        "UPDATE _sync_operation_state SET kind = 'remote_replace', target_user_id = 'ada',"
            + " staged_snapshot_id = 'snap', snapshot_bundle_seq = 3, snapshot_row_count = 1,"
            + " snapshot_byte_count = 90, snapshot_stage_complete = 1");
    OversqliteClient client = adopted("REPLACE_STAGED");
    assertEquals(AttachOutcome.USED_REMOTE_STATE, attach(client));
    assertEquals(List.of(ID + "2|theirs"), db.rows("SELECT * FROM t"));
    assertEquals(1, client.discardedIntents(0, 10).size(), "what was given up is in the audit");
    client.close();
  }

  @Test
  void aJournalThatIsThereIsNoAdoption() throws SQLException {
    attached("");
    adopted("ATTACHED").close();
    List<String> triggers = new ArrayList<>();
    try (OversqliteClient client = db.client(SCHEMA, server)) {
      client.open();
      attach(client);
      server.accepts(0);
      db.run("INSERT INTO t VALUES (?, 'v')", ID + 1);
      assertThrows(TransientRetryExhaustedException.class, client::pushPending);
      client.journal().entries(2, 10).forEach(entry -> triggers.add(entry.trigger()));
    }
    assertEquals(List.of("OPEN", "RESUME", "FREEZE", "PUSH_ABORT"), triggers);
    assertTrue(
        db.rows("SELECT sql FROM sqlite_schema WHERE name = 'trg_t_ai'").get(0).length() > 99);
  }
}
