package dev.oversqlite4j.simulator.world;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is in a device's file, read with plain SQL and none of the client's code: an oracle that
 * shared the client's mistakes would not see them.
 *
 * @param installed whether the client has created its tables; everything else is empty if not
 * @param rows tag by key of every app row
 * @param tail the journal's last rows, oldest first
 */
public record DeviceTables(
    boolean installed,
    Control control,
    Map<RowId, String> rows,
    Map<RowId, RowState> rowStates,
    Map<RowId, Intent> dirty,
    Map<RowId, Intent> outbox,
    Map<RowId, Intent> held,
    List<Discarded> discarded,
    Map<RowId, Intent> quarantined,
    List<JournalRow> tail) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TAIL = 4;
  private static final int JOURNAL_COLUMNS = 9;

  private static final String INTENT =
      "SELECT table_name, key_json, op, base_row_version, %s, %s FROM %s";
  private static final Set<String> SINGLETONS =
      Set.of(
          "_sync_apply_state",
          "_sync_attachment_state",
          "_sync_operation_state",
          "_sync_outbox_bundle",
          "_sync_snapshot_stage",
          "_sync_source_state");

  /** A row of the app by its wire key. */
  public record RowId(String table, String key) implements Comparable<RowId> {
    @Override
    public int compareTo(RowId other) {
      int byTable = table.compareTo(other.table);
      return byTable != 0 ? byTable : key.compareTo(other.key);
    }
  }

  /**
   * The singletons.
   *
   * @param stagedRowsMissing how many rows a stage that is called complete lacks
   */
  public record Control(
      int applyMode,
      String source,
      String binding,
      String user,
      long checkpoint,
      boolean rebuildRequired,
      String lease,
      String operation,
      String targetUser,
      boolean stageComplete,
      long stagedRowsMissing,
      String outboxState,
      long sourceBundleId,
      long nextSourceBundleId,
      long outboxRowCount,
      String requestHash,
      String replacement) {}

  public record RowState(long version, boolean deleted) {}

  /** Local intent; the tag is empty for a deletion. */
  public record Intent(String op, long base, Optional<String> tag, long ordinal) {}

  public record Discarded(RowId row, String op, Optional<String> tag, String cause) {}

  public record JournalRow(long seq, String trigger, String from, String to, Link link) {}

  /** Whether a journal row is chained to the one before it. */
  public enum Link {
    CHAINED,
    BROKEN
  }

  /** The same without the journal, which every call may append to. */
  public DeviceTables withoutJournal() {
    return new DeviceTables(
        installed,
        control,
        rows,
        rowStates,
        dirty,
        outbox,
        held,
        discarded,
        quarantined,
        List.of());
  }

  /** The durable state, by section 9.1 once more; nobody is attached reads OPENED. */
  public String derived() {
    if (control.operation().equals("remote_replace")) {
      return control.stageComplete() ? "REPLACE_STAGED" : "REPLACE_PENDING";
    }
    if (control.operation().equals("source_recovery")) {
      return "SOURCE_RECOVERY";
    }
    if (!control.binding().equals("attached")) {
      return "OPENED";
    }
    if (control.rebuildRequired()) {
      return control.outboxState().equals("committed_remote")
          ? "REBUILD_COMMITTED"
          : "REBUILD_REQUIRED";
    }
    return switch (control.outboxState()) {
      case "committed_remote" -> "PUSH_COMMITTED";
      case "prepared" -> "PUSH_PREPARED";
      default -> control.lease().isEmpty() ? "ATTACHED" : "SEEDING";
    };
  }

  /** The durable state as the journal tells it, where the tables alone do not. */
  public String state() {
    if (!installed) {
      return "UNOPENED";
    }
    return derived().equals("OPENED") && fold().equals("DETACHED") ? "DETACHED" : derived();
  }

  /** The state the journal ends in; empty if there is none. */
  public String fold() {
    return tail.isEmpty() ? "" : tail.get(tail.size() - 1).to();
  }

  /** True if local intent of this row waits here in any form. */
  public boolean pending(RowId row) {
    return dirty.containsKey(row)
        || outbox.containsKey(row)
        || held.containsKey(row)
        || quarantined.containsKey(row);
  }

  /** Whose data the file holds or waits for. */
  static Optional<String> owner(Device device) {
    DeviceTables tables = read(device.observer());
    if (!tables.installed()) {
      return Optional.empty();
    }
    String owner =
        tables.control().operation().equals("remote_replace")
            ? tables.control().targetUser()
            : tables.control().user();
    return owner.isEmpty() ? Optional.empty() : Optional.of(owner);
  }

  /** What is there now. */
  public static DeviceTables read(Observer observer) {
    try {
      return observer.tables();
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
  }

  /**
   * Reads what has changed.
   *
   * @param earlier what was there before; empty if nothing was read yet
   * @param changed the tables that are not as they were then
   * @param existing the tables there are now
   */
  static DeviceTables read(
      Observer s, Optional<DeviceTables> earlier, Set<String> changed, Set<String> existing)
      throws SQLException {
    Map<RowId, String> rows =
        earlier.isPresent() && changed.stream().noneMatch(name -> s.app().table(name).isPresent())
            ? earlier.get().rows
            : appRows(s);
    if (!existing.contains("_sync_attachment_state")) {
      return new DeviceTables(
          false, null, rows, Map.of(), Map.of(), Map.of(), Map.of(), List.of(), Map.of(),
          List.of());
    }
    // A file of another client has the shared tables only.
    boolean ours = existing.contains("_fsm_journal");
    DeviceTables before = earlier.filter(DeviceTables::installed).orElse(null);
    Map<RowId, RowState> states =
        before != null && !changed.contains("_sync_row_state") ? before.rowStates : rowStates(s);
    boolean audit = before == null || changed.contains("_fsm_discarded_intent");
    return new DeviceTables(
        true,
        before != null && Collections.disjoint(changed, SINGLETONS) ? before.control : control(s),
        rows,
        states,
        before != null && !changed.contains("_sync_dirty_rows")
            ? before.dirty
            : intents(s, String.format(INTENT, "payload", "dirty_ordinal", "_sync_dirty_rows")),
        before != null && !changed.contains("_sync_outbox_rows")
            ? before.outbox
            : intents(
                s, String.format(INTENT, "local_payload", "row_ordinal", "_sync_outbox_rows")),
        ours ? (audit ? held(s) : before.held) : Map.of(),
        ours ? (audit ? discarded(s) : before.discarded) : List.of(),
        ours
            ? (before != null && !changed.contains("_fsm_quarantine")
                ? before.quarantined
                : intents(s, String.format(INTENT, "payload", "dirty_ordinal", "_fsm_quarantine")))
            : Map.of(),
        ours
            ? (before != null && !changed.contains("_fsm_journal") ? before.tail : tail(s))
            : List.of());
  }

  private static Map<RowId, Intent> held(Observer s) throws SQLException {
    return intents(
        s,
        String.format(INTENT, "payload", "dirty_ordinal", "_fsm_discarded_intent")
            + " WHERE pending = 1");
  }

  private static Map<RowId, RowState> rowStates(Observer s) throws SQLException {
    Map<RowId, RowState> states = new TreeMap<>();
    s.query(
        "SELECT table_name, key_json, row_version, deleted FROM _sync_row_state",
        r -> states.put(rowId(s, r), new RowState(r.getLong(3), r.getInt(4) != 0)));
    return states;
  }

  private static List<Discarded> discarded(Observer s) throws SQLException {
    List<Discarded> discarded = new ArrayList<>();
    s.query(
        "SELECT table_name, key_json, op, payload, cause FROM _fsm_discarded_intent"
            + " WHERE pending = 0 ORDER BY id",
        r ->
            discarded.add(
                new Discarded(
                    rowId(s, r),
                    r.getString(3),
                    tag(s, rowId(s, r), r.getString(4)),
                    r.getString(5))));
    return discarded;
  }

  private static List<JournalRow> tail(Observer s) throws SQLException {
    List<List<String>> newestFirst = new ArrayList<>();
    s.query(
        "SELECT machine, seq, \"trigger\", from_state, to_state, op_id, facts, at, chain"
            + " FROM _fsm_journal WHERE machine = 'oversqlite/lifecycle' ORDER BY seq DESC LIMIT "
            + (TAIL + 1),
        r -> {
          List<String> columns = new ArrayList<>();
          for (int i = 1; i <= JOURNAL_COLUMNS; i++) {
            columns.add(r.getString(i));
          }
          newestFirst.add(columns);
        });
    List<JournalRow> tail = new ArrayList<>();
    for (int i = Math.min(TAIL, newestFirst.size()) - 1; i >= 0; i--) {
      List<String> row = newestFirst.get(i);
      String previous =
          i + 1 < newestFirst.size()
              ? newestFirst.get(i + 1).get(JOURNAL_COLUMNS - 1)
              : parse(row.get(6)).path("foldedChain").asText();
      String link = JournalChain.link(previous, row.subList(0, JOURNAL_COLUMNS - 1));
      tail.add(
          new JournalRow(
              Long.parseLong(row.get(1)),
              row.get(2),
              row.get(3),
              row.get(4),
              link.equals(row.get(JOURNAL_COLUMNS - 1)) ? Link.CHAINED : Link.BROKEN));
    }
    return tail;
  }

  private static Control control(Observer s) throws SQLException {
    Control[] control = new Control[1];
    s.query(
        """
        SELECT p.apply_mode, a.current_source_id, a.binding_state, a.attached_user_id,
               a.last_bundle_seq_seen, a.rebuild_required, a.pending_initialization_id,
               o.kind, o.target_user_id, o.snapshot_stage_complete,
               iif(o.snapshot_stage_complete, o.snapshot_row_count -
                 (SELECT count(*) FROM _sync_snapshot_stage s
                  WHERE s.snapshot_id = o.staged_snapshot_id), 0),
               b.state, b.source_bundle_id,
               coalesce((SELECT next_source_bundle_id FROM _sync_source_state
                         WHERE source_id = a.current_source_id), 0),
               b.row_count, b.canonical_request_hash, o.replacement_source_id
        FROM _sync_apply_state p, _sync_attachment_state a, _sync_operation_state o,
             _sync_outbox_bundle b\
        """,
        r ->
            control[0] =
                new Control(
                    r.getInt(1),
                    r.getString(2),
                    r.getString(3),
                    r.getString(4),
                    r.getLong(5),
                    r.getInt(6) != 0,
                    r.getString(7),
                    r.getString(8),
                    r.getString(9),
                    r.getInt(10) != 0,
                    r.getLong(11),
                    r.getString(12),
                    r.getLong(13),
                    r.getLong(14),
                    r.getLong(15),
                    r.getString(16),
                    r.getString(17)));
    return control[0];
  }

  /** The mark of every app row. */
  static Map<RowId, String> appRows(Observer s) throws SQLException {
    Map<RowId, String> rows = new TreeMap<>();
    for (AppTable table : s.app().tables()) {
      s.query(
          "SELECT "
              + table.key()
              + ", "
              + String.join(", ", table.marks())
              + " FROM "
              + table.name(),
          r -> {
            String key = table.wireKeyOfLocal(Marks.text(r, 1));
            rows.put(new RowId(table.name(), key), Marks.ofRow(table, r, 2));
          });
    }
    return rows;
  }

  /** Every value of every app row as SQL text, for comparing devices. */
  public static List<String> appContent(Observer observer) {
    List<String> content = new ArrayList<>();
    try {
      for (AppTable table : observer.app().tables()) {
        List<String> columns = new ArrayList<>(List.of(table.key()));
        table.columns().forEach(column -> columns.add(column.name()));
        observer.query(
            "SELECT "
                + String.join(", ", columns)
                + " FROM "
                + table.name()
                + " ORDER BY "
                + table.key(),
            r -> {
              List<String> values = new ArrayList<>(List.of(table.name()));
              for (int i = 1; i <= columns.size(); i++) {
                values.add(Marks.text(r, i));
              }
              content.add(String.join(" | ", values));
            });
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
    return content;
  }

  private static Map<RowId, Intent> intents(Observer s, String sql) throws SQLException {
    Map<RowId, Intent> intents = new TreeMap<>();
    s.query(
        sql,
        r ->
            intents.put(
                rowId(s, r),
                new Intent(
                    r.getString(3),
                    r.getLong(4),
                    tag(s, rowId(s, r), r.getString(5)),
                    r.getLong(6))));
    return intents;
  }

  private static RowId rowId(Observer s, ResultSet r) throws SQLException {
    return rowId(s.app().table(r.getString(1)).orElseThrow(), r.getString(2));
  }

  /** The row of a {@code key_json}. */
  static RowId rowId(AppTable table, String keyJson) {
    String key = parse(keyJson).path(table.key()).asText();
    return new RowId(table.name(), table.wireKeyOfLocal(key));
  }

  private static Optional<String> tag(Observer s, RowId row, String payload) {
    AppTable table = s.app().table(row.table()).orElseThrow();
    return payload == null ? Optional.empty() : Optional.of(Marks.ofLocal(table, parse(payload)));
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A control table holds text that is not JSON", e);
    }
  }
}
