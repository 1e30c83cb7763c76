package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.sync.RequestHash;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The invariants of the sync tables, I1 to I15 of spec 2.3, each as a query that finds what breaks
 * it. What the server sent is not kept as text, so I13 and I15 are checked as far as keys go: every
 * row of the app is known to the server or waiting, every row known to the server is there, and
 * what waits is what the app sees.
 */
final class Invariants {

  private static final List<String> SINGLETONS =
      List.of(
          "_sync_apply_state",
          "_sync_attachment_state",
          "_sync_operation_state",
          "_sync_outbox_bundle");

  private static final List<String> TABLES =
      List.of(
          "_sync_row_state",
          "_sync_dirty_rows",
          "_sync_snapshot_stage",
          "_sync_source_state",
          "_sync_outbox_rows",
          "_sync_managed_tables");

  /** A query that answers a row if the invariant is broken, and how to say so. */
  private record Rule(String invariant, String broken, String query) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "I2",
              "the apply mode is on outside a transaction",
              "SELECT 1 FROM _sync_apply_state WHERE apply_mode <> 0"),
          new Rule(
              "I3",
              "binding and user of the attachment disagree",
              "SELECT 1 FROM _sync_attachment_state"
                  + " WHERE (binding_state = 'attached') <> (trim(attached_user_id) <> '')"),
          new Rule(
              "I3",
              "the attachment names a schema nobody registered",
              "SELECT 1 FROM _sync_attachment_state WHERE binding_state = 'attached'"
                  + " AND schema_name NOT IN (SELECT schema_name FROM _sync_managed_tables)"),
          new Rule(
              "I3",
              "nobody is attached, but there is a schema, checkpoint, rebuild gate or lease",
              "SELECT 1 FROM _sync_attachment_state WHERE binding_state = 'anonymous'"
                  + " AND (schema_name <> '' OR last_bundle_seq_seen <> 0 OR rebuild_required <> 0"
                  + " OR pending_initialization_id <> '')"),
          new Rule(
              "I3",
              "the checkpoint is negative or the rebuild gate is no flag",
              "SELECT 1 FROM _sync_attachment_state"
                  + " WHERE last_bundle_seq_seen < 0 OR rebuild_required NOT IN (0, 1)"),
          new Rule(
              "I4",
              "the current source has no row, or was replaced",
              "SELECT 1 FROM _sync_attachment_state AS a WHERE a.current_source_id <> ''"
                  + " AND NOT EXISTS (SELECT 1 FROM _sync_source_state AS s"
                  + " WHERE s.source_id = a.current_source_id AND s.replaced_by_source_id = '')"),
          new Rule(
              "I4",
              "a source id is malformed, or its next bundle id is not positive",
              "SELECT 1 FROM _sync_source_state WHERE source_id = '' OR source_id GLOB '*[^!-~]*'"
                  + " OR next_source_bundle_id < 1"),
          new Rule(
              "I4",
              "the lineage of a source does not end at the current one",
              "WITH RECURSIVE walk(start, at) AS (SELECT source_id, replaced_by_source_id"
                  + " FROM _sync_source_state WHERE replaced_by_source_id <> ''"
                  + " UNION SELECT w.start, s.replaced_by_source_id FROM walk AS w"
                  + " JOIN _sync_source_state AS s ON s.source_id = w.at"
                  + " WHERE s.replaced_by_source_id <> '')"
                  + " SELECT 1 FROM _sync_source_state AS s WHERE s.replaced_by_source_id <> ''"
                  + " AND NOT EXISTS (SELECT 1 FROM walk AS w, _sync_attachment_state AS a"
                  + " WHERE w.start = s.source_id AND w.at = a.current_source_id)"),
          new Rule(
              "I5",
              "a remote replace is pending although a user is attached, without a user of its own,"
                  + " or beside rows that wait to be sent",
              "SELECT 1 FROM _sync_operation_state AS o, _sync_attachment_state AS a,"
                  + " _sync_outbox_bundle AS b WHERE o.kind = 'remote_replace'"
                  + " AND (a.binding_state <> 'anonymous' OR trim(o.target_user_id) = ''"
                  + " OR b.state <> 'none' OR EXISTS (SELECT 1 FROM _sync_dirty_rows))"),
          new Rule(
              "I6",
              "a source recovery is pending without attachment or rebuild gate, for no known reason,"
                  + " or without a fresh replacement",
              "SELECT 1 FROM _sync_operation_state AS o, _sync_attachment_state AS a"
                  + " WHERE o.kind = 'source_recovery' AND NOT (a.binding_state = 'attached'"
                  + " AND a.rebuild_required = 1 AND o.reason IN ('history_pruned',"
                  + " 'source_sequence_out_of_order', 'source_sequence_changed', 'source_retired')"
                  + " AND o.replacement_source_id <> a.current_source_id"
                  + " AND EXISTS (SELECT 1 FROM _sync_source_state AS s"
                  + " WHERE s.source_id = o.replacement_source_id AND s.next_source_bundle_id = 1"
                  + " AND s.replaced_by_source_id = ''))"),
          new Rule(
              "I7",
              "the outbox is empty, but has rows or left-over columns",
              "SELECT 1 FROM _sync_outbox_bundle WHERE state = 'none'"
                  + " AND (EXISTS (SELECT 1 FROM _sync_outbox_rows) OR source_id <> ''"
                  + " OR source_bundle_id <> 0 OR initialization_id <> ''"
                  + " OR canonical_request_hash <> '' OR row_count <> 0"
                  + " OR remote_bundle_hash <> '' OR remote_bundle_seq <> 0)"),
          new Rule(
              "I8",
              "the frozen bundle is not of the current source",
              "SELECT 1 FROM _sync_outbox_bundle AS b, _sync_attachment_state AS a"
                  + " WHERE b.state <> 'none'"
                  + " AND (b.source_id <> a.current_source_id OR b.source_bundle_id < 1)"),
          new Rule(
              "I8",
              "the frozen rows are not those of the bundle",
              "SELECT 1 FROM _sync_outbox_bundle AS b, (SELECT count(*) AS n, min(row_ordinal) AS"
                  + " low, max(row_ordinal) AS high, min(source_bundle_id) AS one,"
                  + " max(source_bundle_id) AS other FROM _sync_outbox_rows) AS r"
                  + " WHERE b.state <> 'none' AND NOT (r.n >= 1 AND r.n = b.row_count"
                  + " AND r.low = 0 AND r.high = r.n - 1 AND r.one = b.source_bundle_id"
                  + " AND r.other = b.source_bundle_id)"),
          new Rule(
              "I9",
              "a prepared bundle has a remote identity, or a committed one has none",
              "SELECT 1 FROM _sync_outbox_bundle WHERE state = 'prepared'"
                  + " AND (remote_bundle_seq <> 0 OR remote_bundle_hash <> '')"
                  + " OR state = 'committed_remote'"
                  + " AND (remote_bundle_seq <= 0 OR trim(remote_bundle_hash) = '')"),
          new Rule(
              "I10",
              "the prepared bundle does not carry the next id of its source",
              "SELECT 1 FROM _sync_outbox_bundle AS b JOIN _sync_source_state AS s USING (source_id)"
                  + " WHERE b.state = 'prepared' AND b.source_bundle_id <> s.next_source_bundle_id"),
          new Rule(
              "I11",
              "a dirty row has a payload that does not belong to its operation, or no ordinal",
              "SELECT 1 FROM _sync_dirty_rows"
                  + " WHERE (payload IS NULL) <> (op = 'DELETE') OR dirty_ordinal < 1"),
          new Rule(
              "I12",
              "a key is frozen twice",
              "SELECT 1 FROM _sync_outbox_rows GROUP BY schema_name, table_name, key_json"
                  + " HAVING count(*) > 1"),
          new Rule(
              "I14",
              "rows are staged for no snapshot that is being downloaded",
              "SELECT 1 FROM _sync_snapshot_stage AS t, _sync_operation_state AS o,"
                  + " _sync_attachment_state AS a WHERE t.snapshot_id <> o.staged_snapshot_id"
                  + " AND NOT (a.binding_state = 'attached' AND a.rebuild_required = 1)"),
          new Rule(
              "I14",
              "the stage says it is complete and is not",
              "SELECT 1 FROM _sync_operation_state AS o WHERE o.snapshot_stage_complete = 1"
                  + " AND (SELECT count(*) FROM _sync_snapshot_stage AS t"
                  + " WHERE t.snapshot_id = o.staged_snapshot_id) <> o.snapshot_row_count"));

  private final Connection connection;

  Invariants(Connection connection) {
    this.connection = connection;
  }

  /** What is broken, each with the number of its invariant; empty if all of them hold. */
  List<String> broken() throws SQLException {
    List<String> broken = new ArrayList<>();
    for (String table : SINGLETONS) {
      if (!exists(table)) {
        return List.of("I1: the table " + table + " is missing");
      }
      if (!first("SELECT count(*) FROM " + table).equals(Optional.of("1"))) {
        broken.add("I1: " + table + " does not have exactly one row");
      }
    }
    for (String table : TABLES) {
      if (!exists(table)) {
        return List.of("I1: the table " + table + " is missing");
      }
    }
    for (Rule rule : RULES) {
      if (first(rule.query()).isPresent()) {
        broken.add(rule.invariant() + ": " + rule.broken());
      }
    }
    if (!frozenHashFits()) {
      broken.add("I8: the request hash does not fit the frozen rows");
    }
    for (Map.Entry<String, String> table : managedTables().entrySet()) {
      rowsOf(table.getKey(), table.getValue(), broken);
    }
    return broken;
  }

  /** The state the tables say (spec 9.1), and what a journal row keeps of them. */
  Map<String, String> view() throws SQLException {
    Map<String, String> view = new TreeMap<>();
    try (PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT a.current_source_id AS source,
                  iif(a.binding_state = 'attached', a.last_bundle_seq_seen, '') AS checkpoint,
                  a.pending_initialization_id AS lease,
                  iif(b.state = 'none', '', b.source_bundle_id) AS sourceBundleId,
                  iif(b.state = 'none', '', b.row_count) AS outboxRows,
                  b.canonical_request_hash AS requestHash,
                  iif(b.state = 'committed_remote', b.remote_bundle_seq, '') AS committedAs,
                  iif(o.kind = 'source_recovery', upper(o.reason), '') AS recovery,
                  o.replacement_source_id AS replacement,
                  CASE WHEN o.kind = 'remote_replace'
                      THEN iif(o.snapshot_stage_complete = 1, 'REPLACE_STAGED', 'REPLACE_PENDING')
                    WHEN o.kind = 'source_recovery' THEN 'SOURCE_RECOVERY'
                    WHEN a.binding_state <> 'attached' THEN 'OPENED'
                    WHEN a.rebuild_required = 1 THEN
                      iif(b.state = 'committed_remote', 'REBUILD_COMMITTED', 'REBUILD_REQUIRED')
                    WHEN b.state = 'committed_remote' THEN 'PUSH_COMMITTED'
                    WHEN b.state = 'prepared' THEN 'PUSH_PREPARED'
                    WHEN a.pending_initialization_id <> '' THEN 'SEEDING'
                    ELSE 'ATTACHED' END AS state
                FROM _sync_attachment_state AS a, _sync_operation_state AS o,
                  _sync_outbox_bundle AS b""");
        ResultSet row = statement.executeQuery()) {
      if (row.next()) {
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          view.put(row.getMetaData().getColumnLabel(i), row.getString(i));
        }
      }
    }
    return view;
  }

  private boolean frozenHashFits() throws SQLException {
    Optional<String> hash =
        first("SELECT canonical_request_hash FROM _sync_outbox_bundle WHERE state <> 'none'");
    List<FrozenRow> rows = new ArrayList<>();
    String schema = "";
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT row_ordinal, schema_name, table_name, key_json, wire_key_json, op,"
                    + " base_row_version, wire_payload FROM _sync_outbox_rows"
                    + " ORDER BY row_ordinal");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        schema = row.getString(2);
        rows.add(
            new FrozenRow(
                row.getLong(1),
                new RowKey(row.getString(3), row.getString(4)),
                row.getString(5),
                RowOperation.valueOf(row.getString(6)),
                row.getLong(7),
                Optional.empty(),
                Optional.ofNullable(row.getString(8))));
      }
    }
    return hash.isEmpty() || rows.isEmpty() || RequestHash.of(schema, rows).equals(hash.get());
  }

  /** Real names of the registered tables that still exist, with the SQL of a row's key. */
  private Map<String, String> managedTables() throws SQLException {
    Map<String, String> tables = new TreeMap<>();
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT DISTINCT t.name, c.name, c.type FROM _sync_managed_tables AS m"
                    + " JOIN sqlite_schema AS t ON t.type = 'table'"
                    + " AND t.name = m.table_name COLLATE NOCASE"
                    + " JOIN pragma_table_info(t.name) AS c ON c.pk = 1");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        String key = "r." + identifier(row.getString(2));
        String hex = "lower(hex(" + key + "))";
        String type = row.getString(3).toUpperCase(Locale.ROOT);
        boolean text = type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT");
        tables.put(
            row.getString(1),
            "json_object('"
                + row.getString(2).toLowerCase(Locale.ROOT).replace("'", "''")
                + "', "
                + (text ? "iif(typeof(" + key + ") = 'blob', " + hex + ", " + key + ")" : hex)
                + ")");
      }
    }
    return tables;
  }

  private void rowsOf(String table, String key, List<String> broken) throws SQLException {
    String rows = "(SELECT " + key + " AS k FROM " + identifier(table) + " AS r)";
    String name = "'" + table.toLowerCase(Locale.ROOT).replace("'", "''") + "'";
    String live =
        "(SELECT key_json FROM _sync_row_state WHERE deleted = 0 AND table_name = " + name + ")";
    StringBuilder waiting =
        new StringBuilder(
            "(SELECT key_json FROM _sync_dirty_rows WHERE table_name = "
                + name
                + " UNION ALL SELECT key_json FROM _sync_outbox_rows WHERE table_name = "
                + name);
    if (exists("_fsm_quarantine")) {
      waiting.append(" UNION ALL SELECT key_json FROM _fsm_quarantine WHERE table_name = ");
      waiting.append(name);
    }
    if (exists("_fsm_discarded_intent")) {
      // Held while a remote replace is pending, or given up with the row left as it is.
      waiting.append(" UNION ALL SELECT key_json FROM _fsm_discarded_intent WHERE table_name = ");
      waiting.append(name).append(" AND (pending = 1 OR cause = 'QUARANTINE_DISCARDED')");
    }
    waiting.append(")");
    String untracked =
        "SELECT 1 FROM " + rows + " WHERE k NOT IN " + live + " AND k NOT IN " + waiting;
    if (first(untracked).isPresent()) {
      broken.add("I13: a row of " + table + " is neither known to the server nor waiting");
    }
    // What a REPLACE evicted is noted, or found by a scan, when the next push looks for it.
    boolean evictsUnseen =
        first(
                "SELECT 1 FROM pragma_index_list('"
                    + table.replace("'", "''")
                    + "') AS l WHERE l.\"unique\" = 1 AND (l.partial = 1 OR EXISTS (SELECT 1 FROM"
                    + " pragma_index_xinfo(l.name) AS x WHERE x.key = 1 AND x.name IS NULL))")
            .isPresent();
    String noted =
        exists("_fsm_touched")
            ? " AND key_json NOT IN (SELECT key_json FROM _fsm_touched WHERE table_name = "
                + name
                + ")"
            : "";
    String vanished =
        "SELECT 1 FROM "
            + live
            + " WHERE key_json NOT IN "
            + rows
            + " AND key_json NOT IN "
            + waiting
            + noted;
    if (!evictsUnseen && first(vanished).isPresent()) {
      broken.add("I15: a row of " + table + " that the server has is gone, and nobody deleted it");
    }
    String unlike =
        "SELECT 1 FROM _sync_dirty_rows WHERE table_name = "
            + name
            + " AND (op = 'DELETE') = (key_json IN "
            + rows
            + ")"
            + noted;
    if (!evictsUnseen && first(unlike).isPresent()) {
      broken.add("I13: what waits of " + table + " is not what the app's rows show");
    }
  }

  private boolean exists(String table) throws SQLException {
    return first("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '" + table + "'")
        .isPresent();
  }

  private Optional<String> first(String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    }
  }

  private static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
