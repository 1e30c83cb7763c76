package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.DiscardedIntent;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SnapshotApplyRowTooLargeException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.StagedRow;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RolesTest {

  private static final String HASH = "ab".repeat(32);
  private static final RowKey P1 = person("p1");
  private static final RowKey P2 = person("p2");

  @TempDir Path directory;
  private TestDatabase db;
  private SqliteStore store;

  private static RowKey person(String id) {
    return new RowKey("person", "{\"id\":\"" + id + "\"}");
  }

  @BeforeEach
  void open() {
    db = TestDatabase.in(directory, TestDatabase.PEOPLE);
    store = db.installed();
  }

  @AfterEach
  void close() {
    store.close();
    db.close();
  }

  private void write(Consumer<LocalTransaction> work) {
    store.write(
        tx -> {
          work.accept(tx);
          return null;
        });
  }

  private ControlState state() {
    return store.read(tx -> tx.controlState());
  }

  /** A source, attached. */
  private void attach() {
    write(
        tx -> {
          tx.sources().ensure("s1");
          tx.attachment().bindSource("s1");
          tx.attachment().bind(new ControlState.Attached("u", 4, false, Optional.of("lease")));
        });
  }

  private static FrozenRow frozen(long ordinal, RowKey key) {
    return new FrozenRow(
        ordinal, key, key.keyJson(), RowOperation.DELETE, 3, Optional.empty(), Optional.empty());
  }

  private static OutboxState.Bundle bundle() {
    return new OutboxState.Bundle("s1", 1, Optional.of("lease"), HASH, 2);
  }

  @Test
  void attachmentAndOperationAreReadAsWritten() {
    assertEquals(
        new ControlState(
            Optional.empty(),
            new ControlState.Anonymous(),
            Operation.None.PLAIN,
            new OutboxState.Empty()),
        state());
    attach();
    write(tx -> tx.sources().ensure("s2"));
    ControlState.Attached attached = new ControlState.Attached("u", 4, true, Optional.of("lease"));
    write(tx -> tx.attachment().bind(attached));
    assertEquals(attached, state().binding());
    for (Operation.CheckpointRecoveryReason reason : Operation.CheckpointRecoveryReason.values()) {
      Operation none = new Operation.None(Optional.of(reason));
      write(tx -> tx.attachment().operation(none));
      assertEquals(none, state().operation());
    }
    for (SourceRecoveryReason reason : SourceRecoveryReason.values()) {
      Operation recovery = new Operation.SourceRecovery(reason, "s2");
      write(tx -> tx.attachment().operation(recovery));
      assertEquals(recovery, state().operation());
    }
    Operation replace =
        new Operation.RemoteReplace(
            "v", Optional.of(new Operation.StagedSnapshot("snap", 9, 2, 30, true)));
    write(
        tx -> {
          tx.attachment().bind(new ControlState.Anonymous());
          tx.attachment().operation(replace);
        });
    assertEquals(replace, state().operation());
    assertEquals(Optional.of("s1"), state().sourceId());
  }

  @Test
  void userHashesAreSaltedPerFile() {
    String hash = store.read(tx -> tx.attachment().userHash("u"));
    assertTrue(hash.matches("[0-9a-f]{64}"));
    assertEquals(hash, store.read(tx -> tx.attachment().userHash("u")));
    assertNotEquals(hash, store.read(tx -> tx.attachment().userHash("v")));
  }

  @Test
  void bundleIdsOnlyGrow() {
    write(
        tx -> {
          tx.sources().ensure("s1");
          tx.sources().raiseNextBundleId("s1", 5);
          tx.sources().raiseNextBundleId("s1", 3);
          tx.sources().ensure("s1");
          assertEquals(5, tx.sources().nextBundleId("s1"));
          assertTrue(tx.sources().exists("s1"));
          assertFalse(tx.sources().exists("s2"));
        });
  }

  @Test
  void dirtyRowsKeepTheirOrdinal() {
    write(
        tx -> {
          tx.dirtyRows().put(P1, RowOperation.INSERT, 0, Optional.of("{}"));
          tx.dirtyRows().put(P2, RowOperation.DELETE, 2, Optional.empty());
          tx.dirtyRows().put(P1, RowOperation.UPDATE, 7, Optional.of("{\"a\":1}"));
          assertEquals(
              List.of(P1, P2), tx.dirtyRows().all().stream().map(row -> row.key()).toList());
          assertEquals(7, tx.dirtyRows().find(P1).orElseThrow().baseRowVersion());
          tx.dirtyRows().remove(P1);
          assertEquals(Optional.empty(), tx.dirtyRows().find(P1));
          assertEquals(1, tx.dirtyRows().count());
        });
  }

  @Test
  void heldRowsComeBackExactly() throws SQLException {
    String all = "SELECT * FROM _sync_dirty_rows ORDER BY dirty_ordinal";
    db.run("INSERT INTO person (id) VALUES ('p3'), ('p1')");
    db.run("DELETE FROM person WHERE id = 'p3'");
    db.run(
        "UPDATE _sync_dirty_rows SET base_row_version = dirty_ordinal + 40, updated_at = 'then'");
    db.run("UPDATE _sync_dirty_rows SET dirty_ordinal = dirty_ordinal * 10");
    List<String> before = db.rows(all);
    assertEquals(2L, store.<Long>write(tx -> tx.discardedIntents().holdDirtyRows("op")));
    assertEquals(List.of(), db.rows(all));
    assertEquals(List.of(), store.read(tx -> tx.discardedIntents().list(0, 10)));
    assertEquals(2L, store.<Long>write(tx -> tx.discardedIntents().restoreHeld()));
    assertEquals(before, db.rows(all));
    assertEquals(0L, store.<Long>write(tx -> tx.discardedIntents().restoreHeld()));
  }

  @Test
  void discardedRowsAreListedAfterEverythingSeenBefore() throws SQLException {
    db.run("INSERT INTO person (id) VALUES ('p1'), ('p2')");
    write(tx -> tx.discardedIntents().holdDirtyRows("op-1"));
    write(
        tx ->
            tx.discardedIntents()
                .record(
                    "op-2", DiscardCause.NO_OP_DELETE, P1, RowOperation.DELETE, Optional.empty()));
    List<DiscardedIntent> first = store.read(tx -> tx.discardedIntents().list(0, 10));
    assertEquals(List.of("op-2"), first.stream().map(DiscardedIntent::opId).toList());
    assertEquals(2L, store.<Long>write(tx -> tx.discardedIntents().discardHeld()));
    List<DiscardedIntent> next =
        store.read(tx -> tx.discardedIntents().list(first.get(0).id(), 10));
    assertEquals(
        List.of("{\"id\":\"p1\"}", "{\"id\":\"p2\"}"),
        next.stream().map(DiscardedIntent::keyJson).toList());
    assertEquals(DiscardCause.REMOTE_REPLACE, next.get(0).cause());
    write(tx -> tx.discardedIntents().wipe());
    assertEquals(List.of(), store.read(tx -> tx.discardedIntents().list(0, 10)));
  }

  @Test
  void quarantineHoldsARowUntilItIsWrittenAgain() throws SQLException {
    db.run("INSERT INTO person (id) VALUES ('p1'), ('p2')");
    write(
        tx -> {
          tx.dirtyRows().all().forEach(row -> tx.quarantine().add(row, QuarantineCause.KEY_POLICY));
          assertEquals(0, tx.dirtyRows().count());
          assertEquals(2, tx.quarantine().count());
        });
    db.run("UPDATE person SET name = 'again' WHERE id = 'p2'");
    write(tx -> tx.quarantine().dropSuperseded());
    store.read(
        tx -> {
          assertEquals(
              List.of("{\"id\":\"p1\"}"),
              tx.quarantine().all().stream().map(row -> row.keyJson()).toList());
          assertEquals(QuarantineCause.KEY_POLICY, tx.quarantine().all().get(0).cause());
          return null;
        });
    write(tx -> tx.quarantine().wipe());
    assertEquals(0L, store.<Long>read(tx -> tx.quarantine().count()));
  }

  @Test
  void theOutboxGoesFromPreparedToCommittedToEmpty() {
    attach();
    write(tx -> tx.outbox().prepare(bundle(), List.of(frozen(0, P1), frozen(1, P2))));
    assertEquals(new OutboxState.Prepared(bundle()), state().outbox());
    assertThrows(
        IllegalStateException.class, () -> write(tx -> tx.outbox().prepare(bundle(), List.of())));
    write(tx -> tx.outbox().markCommitted(8, "hash"));
    assertEquals(new OutboxState.CommittedRemote(bundle(), 8, "hash"), state().outbox());
    assertEquals(List.of(frozen(0, P1), frozen(1, P2)), store.read(tx -> tx.outbox().rows()));
    write(tx -> tx.outbox().clear());
    assertEquals(new OutboxState.Empty(), state().outbox());
    assertEquals(0L, store.<Long>read(tx -> tx.outbox().rowCount()));
  }

  /** A large bundle is never held as a whole; a gap between pages hides nothing. */
  @Test
  void theOutboxIsReadAPageAtATime() {
    attach();
    List<FrozenRow> rows = new ArrayList<>();
    for (int i = 0; i < 2 * Outbox.PAGE_ROWS + 1; i++) {
      rows.add(frozen(i < 3 ? i : i + 1, person("p" + i)));
    }
    write(tx -> tx.outbox().prepare(bundle(), rows));
    List<FrozenRow> read = new ArrayList<>();
    store.read(
        tx -> {
          tx.outbox().forEach(read::add);
          return null;
        });
    assertEquals(rows, read);
  }

  @Test
  void stagePagesKeepBothBudgets() {
    List<StagedRow> rows =
        List.of(
            new StagedRow(1, person("1"), 1, "é".repeat(5)),
            new StagedRow(2, person("2"), 1, "x".repeat(10)),
            new StagedRow(3, person("3"), 1, "x".repeat(31)),
            new StagedRow(4, person("4"), 1, "x"));
    write(tx -> tx.stage().append("snap", rows));
    write(tx -> tx.stage().append("other", rows.subList(0, 1)));
    store.read(
        tx -> {
          assertEquals(rows.subList(0, 2), tx.stage().page("snap", 0, 10, 20));
          assertEquals(rows.subList(0, 1), tx.stage().page("snap", 0, 10, 19));
          assertEquals(rows.subList(0, 1), tx.stage().page("snap", 0, 1, 1000));
          assertEquals(rows, tx.stage().page("snap", 0, 10, 1000));
          assertEquals(List.of(), tx.stage().page("snap", 4, 10, 1000));
          SnapshotApplyRowTooLargeException tooLarge =
              assertThrows(
                  SnapshotApplyRowTooLargeException.class,
                  () -> tx.stage().page("snap", 2, 10, 30));
          assertEquals(3, tooLarge.ordinal());
          assertEquals(31, tooLarge.bytes());
          assertEquals(4, tx.stage().count("snap"));
          return null;
        });
    write(tx -> tx.stage().clear());
    assertEquals(0L, store.<Long>read(tx -> tx.stage().count("other")));
  }

  @Test
  void authoritativeWritesAreNotCaptured() throws SQLException {
    String row =
        "{\"id\":\"p1\",\"name\":\"n\",\"age\":\"1\",\"height\":\"0.5\",\"happy\":\"1\","
            + "\"photo\":\"00\"}";
    write(
        tx -> {
          tx.rows().authoritative(() -> tx.rows().upsertLocal(P1, row));
          tx.rows().authoritative(() -> tx.rows().upsertLocal(P1, row.replace("\"n\"", "null")));
          tx.rows().setAuthority(P1, new RowAuthority(3, RowAuthority.Liveness.LIVE));
          assertEquals(Optional.of(row.replace("\"n\"", "null")), tx.rows().live(P1));
          assertTrue(tx.rows().anyLiveAuthority());
          tx.rows().setAuthority(P1, new RowAuthority(4, RowAuthority.Liveness.TOMBSTONE));
          assertEquals(
              Optional.of(new RowAuthority(4, RowAuthority.Liveness.TOMBSTONE)),
              tx.rows().authority(P1));
          assertFalse(tx.rows().anyLiveAuthority());
          tx.rows().forgetAuthority(P1);
          assertEquals(Optional.empty(), tx.rows().authority(P1));
          tx.rows().authoritative(() -> tx.rows().delete(P1));
          assertEquals(Optional.empty(), tx.rows().live(P1));
          assertThrows(IllegalStateException.class, () -> tx.rows().delete(P1));
        });
    assertEquals(List.of(), db.dirty());
  }

  /** A row that cannot be sent must survive a rebuild all the same. */
  @Test
  void strayStorageClassesArePutBackAsTheyWere() throws SQLException {
    String all =
        "SELECT typeof(name), name, typeof(age), age, typeof(height), height, typeof(happy), happy,"
            + " typeof(photo), photo FROM person ORDER BY id";
    db.run(
        "INSERT INTO person VALUES ('p1', x'41', 'abc', 'def', x'31', 'text'), ('p2', NULL,"
            + " 0.30000000000000004, 9e999, 2, 17), ('p3', 'a', 1e300, -9e999, 0.5, 1.5)");
    List<String> before = db.rows(all);
    write(
        tx ->
            tx.rows()
                .authoritative(
                    () ->
                        tx.dirtyRows()
                            .all()
                            .forEach(
                                row -> {
                                  tx.rows().delete(row.key());
                                  tx.rows().upsertLocal(row.key(), row.payload().orElseThrow());
                                })));
    assertEquals(before, db.rows(all));
  }

  @Test
  void wipingReachesTablesOfOtherCaseAndThoseNoLongerRegistered() throws SQLException {
    db.run(
        "CREATE TABLE Former (id TEXT PRIMARY KEY NOT NULL, p TEXT REFERENCES person(id)"
            + " ON DELETE RESTRICT)");
    db.run("INSERT INTO _sync_managed_tables VALUES ('business', 'former'), ('business', 'gone')");
    db.run("INSERT INTO person (id) VALUES ('p1')");
    db.run("INSERT INTO former VALUES ('f', 'p1')");
    db.run("INSERT INTO note (id, person_id) VALUES (x'01', 'p1')");
    db.run("UPDATE note SET ref = x'01'");
    write(
        tx -> {
          tx.rows().setAuthority(P1, new RowAuthority(1, RowAuthority.Liveness.LIVE));
          tx.rows().authoritative(() -> assertEquals(3, tx.rows().wipeAll()));
        });
    for (String table : List.of("person", "former", "note", "_sync_row_state")) {
      assertEquals(List.of("0"), db.rows("SELECT count(*) FROM " + table), table);
    }
  }

  @Test
  void theJournalIsWrittenInTheTransaction() {
    write(
        tx -> {
          assertEquals(1, tx.journal().append("m", "GO", "A", "B", "op", Facts.of("n", 1)));
          assertEquals("B", tx.journal().head("m").orElseThrow().to());
          assertEquals(tx, tx.journal().unwrap(LocalTransaction.class));
        });
    assertThrows(
        IllegalStateException.class,
        () ->
            write(
                tx -> {
                  tx.journal().append("m", "GO", "B", "C", "op", Facts.none());
                  throw new IllegalStateException();
                }));
    assertEquals(1, store.<Integer>read(tx -> tx.journalEntries("m", 0, 10).size()));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '@',
      value = {
        "I1 @ DELETE FROM _sync_apply_state",
        "I1 @ DELETE FROM _sync_operation_state",
        "I3 @ UPDATE _sync_attachment_state SET binding_state = 'anonymous'",
        "I3 @ UPDATE _sync_attachment_state SET attached_user_id = ' '",
        "I3 @ UPDATE _sync_attachment_state SET schema_name = 'other'",
        "I3 @ UPDATE _sync_attachment_state SET last_bundle_seq_seen = -1",
        "I3 @ UPDATE _sync_attachment_state SET rebuild_required = 2",
        "I3 @ UPDATE _sync_attachment_state SET binding_state = 'anonymous', attached_user_id = ''",
        "I4 @ UPDATE _sync_attachment_state SET current_source_id = 'a b'",
        "I4 @ UPDATE _sync_attachment_state SET current_source_id = ''",
        "I4 @ DELETE FROM _sync_source_state",
        "I4 @ UPDATE _sync_source_state SET replaced_by_source_id = 's2' WHERE source_id = 's1'",
        "I4 @ INSERT INTO _sync_source_state (source_id, replaced_by_source_id) VALUES ('a', 'b'),"
            + " ('b', 'a')",
        "I4 @ INSERT INTO _sync_source_state (source_id, replaced_by_source_id) VALUES ('a', 's2')",
        "I5 @ UPDATE _sync_operation_state SET kind = 'remote_replace', target_user_id = 'v'",
        "I6 @ UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'made_up',"
            + " replacement_source_id = 's2'",
        "I6 @ UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'source_retired',"
            + " replacement_source_id = 's2'",
        "reason @ UPDATE _sync_operation_state SET reason = 'made_up'",
        "I7 @ UPDATE _sync_outbox_bundle SET state = 'none'",
        "I8 @ UPDATE _sync_outbox_bundle SET source_id = 's2'",
        "I8 @ UPDATE _sync_outbox_bundle SET row_count = 3",
        "I8 @ UPDATE _sync_outbox_bundle SET canonical_request_hash = 'x'",
        "I8 @ UPDATE _sync_outbox_rows SET row_ordinal = row_ordinal + 1 WHERE row_ordinal = 1",
        "I8 @ UPDATE _sync_outbox_rows SET source_bundle_id = 2 WHERE row_ordinal = 1",
        "I8 @ DELETE FROM _sync_outbox_rows",
        "I9 @ UPDATE _sync_outbox_bundle SET remote_bundle_seq = 1",
        "I9 @ UPDATE _sync_outbox_bundle SET state = 'committed_remote'"
      })
  void damagedControlTablesAreNamed(String invariant, String damage) throws SQLException {
    attach();
    write(
        tx -> {
          tx.sources().ensure("s2");
          tx.outbox().prepare(bundle(), List.of(frozen(0, P1), frozen(1, P2)));
        });
    state();
    db.run(damage);
    CorruptLocalStateException corrupt =
        assertThrows(CorruptLocalStateException.class, this::state);
    assertTrue(corrupt.reason().contains(invariant), corrupt.reason());
  }

  @Test
  void leftOverRowsOfAnEmptyOutboxAreNamed() throws SQLException {
    db.run(
        "INSERT INTO _sync_outbox_rows (source_bundle_id, row_ordinal, schema_name, table_name,"
            + " key_json, wire_key_json, op) VALUES (1, 0, 'business', 't', '{}', '{}', 'DELETE')");
    assertTrue(assertThrows(CorruptLocalStateException.class, this::state).reason().contains("I7"));
  }

  @Test
  void aDirtyRowBesideARemoteReplaceIsNamed() throws SQLException {
    db.run("INSERT INTO person (id) VALUES ('p1')");
    db.run("UPDATE _sync_operation_state SET kind = 'remote_replace', target_user_id = 'v'");
    assertTrue(assertThrows(CorruptLocalStateException.class, this::state).reason().contains("I5"));
  }
}
