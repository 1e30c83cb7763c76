package dev.oversqlite4j.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.simulator.cli.Program.Ran;
import dev.oversqlite4j.simulator.disk.DatabaseImage;
import dev.oversqlite4j.simulator.farewell.FarewellRig;
import dev.oversqlite4j.simulator.world.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code journal --verify} names what is broken, on copies of files that real clients left. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JournalVerifyTest {

  @TempDir static Path folder;

  private FarewellRig rig;
  private int copies;

  @BeforeAll
  void leaveFiles() {
    rig = new FarewellRig(folder);
    Path attached = rig.newApp("attached.db");
    try (OversqliteClient client = rig.attached(attached)) {
      FarewellRig.person(attached, 1, "a");
      FarewellRig.person(attached, 2, "b");
      client.sync();
      FarewellRig.run(attached, "UPDATE person SET name = 'c' WHERE name = 'b'");
    }
    Path prepared = rig.newApp("prepared.db");
    try (OversqliteClient client = rig.attached(prepared)) {
      FarewellRig.person(prepared, 3, "c");
      FarewellRig.person(prepared, 4, "d");
      rig.interruption = failingAt("/chunks");
      assertThrows(OversqliteException.class, client::pushPending);
      rig.interruption = (method, path) -> {};
    }
    Path replacing = rig.newApp("replacing.db");
    FarewellRig.person(replacing, 5, "e");
    try (OversqliteClient client = rig.client(replacing)) {
      client.open();
      rig.interruption = failingAt("/sync/snapshot-sessions/");
      assertThrows(OversqliteException.class, () -> client.attach(FarewellRig.USER));
      rig.interruption = (method, path) -> {};
    }
    Path detached = rig.newApp("detached.db");
    try (OversqliteClient client = rig.attached(detached)) {
      client.detach();
    }
  }

  private static FarewellRig.Interruption failingAt(String where) {
    return (method, path) -> {
      if (path.contains(where) && !method.equals("DELETE")) {
        throw new IOException("no network");
      }
    };
  }

  @AfterAll
  void stop() {
    rig.close();
  }

  private Ran verify(String file, String... options) {
    String[] args = new String[3 + options.length];
    args[0] = "journal";
    args[1] = file;
    args[2] = "--verify";
    System.arraycopy(options, 0, args, 3, options.length);
    return new Program(folder, Parts.REAL).run(args);
  }

  private Ran broken(String original, String sql) throws IOException {
    Path copy = folder.resolve("copy" + copies++ + ".db");
    DatabaseImage.copy(folder.resolve(original + ".db"), copy);
    FarewellRig.run(copy, sql.split(";;"));
    return verify(copy.getFileName().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"attached", "prepared", "replacing", "detached"})
  void whatClientsLeaveHolds(String file) {
    Ran ran = verify(file + ".db");
    assertEquals(ExitCode.OK, ran.exitCode(), ran.out() + ran.err());
    assertTrue(ran.out().contains("Verified: "), ran.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          I1  | attached  | DELETE FROM _sync_operation_state
          I1  | attached  | DELETE FROM _sync_outbox_bundle
          I1  | attached  | DROP TABLE _sync_row_state
          I2  | attached  | UPDATE _sync_apply_state SET apply_mode = 1
          I3  | attached  | UPDATE _sync_attachment_state SET attached_user_id = ' '
          I3  | attached  | UPDATE _sync_attachment_state SET schema_name = 'other'
          I3  | detached  | UPDATE _sync_attachment_state SET last_bundle_seq_seen = 4
          I3  | attached  | UPDATE _sync_attachment_state SET last_bundle_seq_seen = -1
          I4  | attached  | UPDATE _sync_attachment_state SET current_source_id = 'nobody'
          I4  | attached  | UPDATE _sync_source_state SET next_source_bundle_id = 0
          I4  | detached  | UPDATE _sync_source_state SET replaced_by_source_id = source_id WHERE replaced_by_source_id <> ''
          I5  | replacing | UPDATE _sync_operation_state SET target_user_id = ''
          I5  | replacing | INSERT INTO _sync_dirty_rows VALUES ('business', 'person', '{}', 'DELETE', 0, NULL, 1, '')
          I6  | attached  | UPDATE _sync_operation_state SET kind = 'source_recovery', reason = 'unknown', replacement_source_id = 'x'
          I7  | attached  | UPDATE _sync_outbox_bundle SET row_count = 1
          I7  | prepared  | UPDATE _sync_outbox_bundle SET state = 'none', source_id = '', source_bundle_id = 0, initialization_id = '', canonical_request_hash = '', row_count = 0
          I8  | prepared  | UPDATE _sync_outbox_bundle SET source_id = 'another'
          I8  | prepared  | DELETE FROM _sync_outbox_rows WHERE row_ordinal = 1
          I8  | prepared  | UPDATE _sync_outbox_rows SET row_ordinal = 7 WHERE row_ordinal = 1
          I8  | prepared  | UPDATE _sync_outbox_rows SET wire_payload = replace(wire_payload, '"c"', '"z"')
          I9  | prepared  | UPDATE _sync_outbox_bundle SET remote_bundle_seq = 3
          I9  | prepared  | UPDATE _sync_outbox_bundle SET state = 'committed_remote'
          I10 | prepared  | UPDATE _sync_source_state SET next_source_bundle_id = 9
          I11 | attached  | UPDATE _sync_dirty_rows SET payload = NULL
          I11 | attached  | UPDATE _sync_dirty_rows SET dirty_ordinal = 0
          I12 | prepared  | UPDATE _sync_outbox_rows SET key_json = (SELECT min(key_json) FROM _sync_outbox_rows)
          I13 | attached  | DROP TRIGGER trg_person_ai;; INSERT INTO person VALUES ('new', 'x')
          I13 | attached  | DELETE FROM _sync_row_state WHERE key_json LIKE '%1"}'
          I13 | attached  | DROP TRIGGER trg_person_ad;; DELETE FROM person WHERE name = 'c'
          I14 | attached  | INSERT INTO _sync_snapshot_stage VALUES ('s', 1, 'business', 'person', '{}', 1, '{}')
          I14 | replacing | UPDATE _sync_operation_state SET snapshot_stage_complete = 1
          I15 | attached  | DROP TRIGGER trg_person_ad;; DELETE FROM person WHERE name = 'a'
          """)
  void eachBrokenInvariantIsNamed(String invariant, String file, String sql) throws IOException {
    Ran ran = broken(file, sql);
    assertEquals(ExitCode.SAFETY, ran.exitCode(), ran.out() + ran.err());
    assertTrue(ran.out().contains("BROKEN: " + invariant + ": "), ran.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          row 3: its chain does not match            | attached | UPDATE _fsm_journal SET op_id = 'x' WHERE seq = 3
          row 3: row 2 is missing before it          | attached | DELETE FROM _fsm_journal WHERE seq = 2
          row 2: row 1 is missing before it          | attached | DELETE FROM _fsm_journal WHERE seq = 1
          its chain does not match                   | detached | UPDATE _fsm_journal SET facts = replace(facts, '"foldedChain":"', '"foldedChain":"0')
          the sync tables say REBUILD_REQUIRED       | attached | UPDATE _sync_attachment_state SET rebuild_required = 1
          disagree about the checkpoint              | attached | UPDATE _sync_attachment_state SET last_bundle_seq_seen = last_bundle_seq_seen + 1
          disagree about the source                  | detached | UPDATE _sync_source_state SET source_id = 'x', replaced_by_source_id = '' WHERE replaced_by_source_id = '';; UPDATE _sync_source_state SET replaced_by_source_id = 'x' WHERE source_id <> 'x';; UPDATE _sync_attachment_state SET current_source_id = 'x'
          ends in ATTACHED                           | attached | UPDATE _sync_attachment_state SET pending_initialization_id = 'lease'
          """)
  void aJournalThatIsNotWhatHappenedIsNamed(String words, String file, String sql)
      throws IOException {
    Ran ran = broken(file, sql);
    assertEquals(ExitCode.SAFETY, ran.exitCode(), ran.out() + ran.err());
    assertTrue(ran.out().contains(words), ran.out());
  }

  @Test
  void jsonListsEverythingThatIsBroken() throws IOException {
    Path copy = folder.resolve("json.db");
    DatabaseImage.copy(folder.resolve("attached.db"), copy);
    FarewellRig.run(
        copy,
        "UPDATE _sync_apply_state SET apply_mode = 1",
        "UPDATE _sync_outbox_bundle SET row_count = 1");
    List<String> lines = verify("json.db", "--json").lines();
    String last = lines.get(lines.size() - 1);
    assertTrue(last.startsWith("{\"verified\":false,\"broken\":[\"I2: "), last);
    assertTrue(last.contains("\"I7: "), last);
  }

  @Test
  void lookingChangesNothing() throws IOException {
    byte[] before = Files.readAllBytes(folder.resolve("prepared.db"));
    verify("prepared.db");
    assertEquals(
        java.util.Arrays.hashCode(before),
        java.util.Arrays.hashCode(Files.readAllBytes(folder.resolve("prepared.db"))));
  }
}
