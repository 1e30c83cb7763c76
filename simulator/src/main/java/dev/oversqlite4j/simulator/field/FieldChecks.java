package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.server.CommittedBundle;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.world.Business;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.DeviceTables.RowState;
import dev.oversqlite4j.simulator.world.Observer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What must hold of a file and of the server, judged by SQL and arithmetic of our own. */
final class FieldChecks {

  private FieldChecks() {}

  /** What a file says, read once. */
  record Look(DeviceTables tables, List<String> content) {}

  /** Everything that holds of a file at any moment a process may die. */
  static Look file(Path file, FieldLedger ledger) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        Observer observer = Observer.of(Business.APP, file)) {
      intact(statement, file);
      DeviceTables tables = DeviceTables.read(observer);
      ledger.requireKept(tables.rows(), "in " + file.getFileName());
      if (tables.installed()) {
        consistent(tables, file);
        journal(statement, tables, file);
      }
      return new Look(tables, DeviceTables.appContent(observer));
    } catch (SQLException e) {
      throw new FieldFailureException(file.getFileName() + " cannot be read after a crash", e);
    }
  }

  private static void intact(Statement statement, Path file) throws SQLException {
    try (ResultSet r = statement.executeQuery("PRAGMA integrity_check")) {
      require(r.next() && r.getString(1).equals("ok"), file, "SQLite finds the file damaged");
    }
    try (ResultSet r = statement.executeQuery("PRAGMA foreign_key_check")) {
      require(!r.next(), file, "a foreign key points nowhere");
    }
  }

  private static void consistent(DeviceTables now, Path file) {
    require(now.control().applyMode() == 0, file, "apply mode is on");
    for (RowId row : now.rows().keySet()) {
      RowState state = now.rowStates().get(row);
      require(
          state != null && !state.deleted() || now.pending(row),
          file,
          row + " is neither known to the server nor pending");
    }
    boolean none = now.control().outboxState().equals("none");
    require(none == now.outbox().isEmpty(), file, "outbox state and outbox rows disagree");
    require(
        none
            || now.outbox().size() == now.control().outboxRowCount()
                && now.control().sourceBundleId() == now.control().nextSourceBundleId(),
        file,
        "the outbox is not what it declares");
    require(
        now.discarded().stream().allMatch(d -> d.cause().equals("NO_OP_DELETE")),
        file,
        "local intent was discarded although nobody else writes these rows");
    require(now.quarantined().isEmpty(), file, "a row is quarantined although all are sound");
  }

  /** Property 42: the rows are a path, every link of the chain holds, and the end is the state. */
  private static void journal(Statement statement, DeviceTables now, Path file)
      throws SQLException {
    String at = "";
    String chain = "";
    long seq = 0;
    try (ResultSet r =
        statement.executeQuery(
            "SELECT machine, seq, \"trigger\", from_state, to_state, op_id, facts, at, chain"
                + " FROM _fsm_journal WHERE machine = 'oversqlite/lifecycle' ORDER BY seq")) {
      while (r.next()) {
        seq++;
        require(r.getLong(2) == seq, file, "journal row " + seq + " is missing");
        boolean session = r.getString(3).equals("OPEN");
        require(
            session ? r.getString(4).equals("UNOPENED") : r.getString(4).equals(at),
            file,
            "the journal's path breaks at row " + seq);
        at = r.getString(5);
        MessageDigest sha = sha256();
        digest(sha, chain);
        for (int column = 1; column <= 8; column++) {
          digest(sha, r.getString(column));
        }
        chain = HexFormat.of().formatHex(sha.digest());
        require(chain.equals(r.getString(9)), file, "the journal's chain breaks at row " + seq);
      }
    }
    require(at.equals(state(now.control())), file, "the journal ends at " + at);
  }

  private static void digest(MessageDigest sha, String field) {
    byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
    sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    sha.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Spec 9.1, as far as these devices get; nobody detaches, prunes or retires here. */
  private static String state(DeviceTables.Control control) {
    if (control.operation().equals("remote_replace")) {
      return control.stageComplete() ? "REPLACE_STAGED" : "REPLACE_PENDING";
    }
    if (!control.binding().equals("attached")) {
      return "OPENED";
    }
    return switch (control.outboxState()) {
      case "committed_remote" -> "PUSH_COMMITTED";
      case "prepared" -> "PUSH_PREPARED";
      default -> control.lease().isEmpty() ? "ATTACHED" : "SEEDING";
    };
  }

  /** After everybody has synced: nothing waits, and the file shows what the server has. */
  static void settled(Path file, Look look, ModelServer server, String user) {
    DeviceTables now = look.tables();
    require(
        now.dirty().isEmpty() && now.outbox().isEmpty() && now.held().isEmpty(),
        file,
        "rows are still pending after two syncs");
    require(now.rows().equals(serverRows(server, user)), file, "its rows are not the server's");
    require(
        now.control().checkpoint() == server.latestBundleSeq(user),
        file,
        "its checkpoint is not the server's latest bundle");
  }

  /** 15, 17: every source's bundles are 1, 2, 3 and so on. */
  static void bundles(ModelServer server, String user) {
    Map<String, Long> last = new TreeMap<>();
    for (CommittedBundle bundle : server.bundles(user)) {
      long expected = last.merge(bundle.sourceId(), 1L, Long::sum);
      if (bundle.sourceBundleId() != expected) {
        throw new FieldFailureException(
            "the server has bundle "
                + bundle.sourceBundleId()
                + " of a source instead of "
                + expected);
      }
    }
  }

  /** The tag of every live row at the server. */
  static Map<RowId, String> serverRows(ModelServer server, String user) {
    Map<RowId, String> rows = new TreeMap<>();
    for (String table : Table.ALL) {
      server
          .liveRows(user, table)
          .forEach(
              (key, payload) -> {
                String mark = "\"" + Business.tagColumn(table) + "\":\"";
                int start = payload.indexOf(mark) + mark.length();
                rows.put(
                    new RowId(table, key), payload.substring(start, payload.indexOf('"', start)));
              });
    }
    return rows;
  }

  private static void require(boolean holds, Path file, String otherwise) {
    if (!holds) {
      throw new FieldFailureException(file.getFileName() + ": " + otherwise);
    }
  }
}
