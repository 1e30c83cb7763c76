package dev.oversqlite4j.persistence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalFailedException;
import dev.oversqlite4j.spi.Clock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The table {@code _fsm_journal}, on a connection whose transaction is the caller's.
 *
 * <p>Append-only, but bounded: every so many rows of a machine a {@value #CHECKPOINT} row repeats
 * where the machine stands and what the journal was chained to so far, and rows from before the
 * checkpoint before that are dropped. What is kept can still be verified: the first row of a
 * machine is either its first ever, or says itself what came before it.
 *
 * <p>Each row carries the SHA-256 of the previous row's chain and of its own columns, because
 * SQLite pages have no checksums: a flipped bit in an old row would otherwise pass as history.
 * Every hashed field is preceded by its length, so that no two different rows hash alike.
 *
 * <p>Stateless and thread-safe as far as its connections are. SQL errors pass through.
 */
final class JournalTable {

  private static final String CREATE =
      """
      CREATE TABLE IF NOT EXISTS _fsm_journal (
        machine TEXT NOT NULL,
        seq INTEGER NOT NULL,
        "trigger" TEXT NOT NULL,
        from_state TEXT NOT NULL,
        to_state TEXT NOT NULL,
        op_id TEXT NOT NULL,
        facts TEXT NOT NULL,
        at TEXT NOT NULL,
        chain TEXT NOT NULL,
        PRIMARY KEY (machine, seq)
      ) STRICT, WITHOUT ROWID""";

  private static final String COLUMNS =
      "machine, seq, \"trigger\", from_state, to_state, op_id, facts, at, chain";

  static final String EXISTS =
      "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_fsm_journal'";

  private static final String HEAD =
      "SELECT " + COLUMNS + " FROM _fsm_journal WHERE machine = ? ORDER BY seq DESC LIMIT 1";

  private static final String LAST_LINK =
      "SELECT seq, chain FROM _fsm_journal WHERE machine = ? ORDER BY seq DESC LIMIT 1";

  private static final String APPEND =
      "INSERT INTO _fsm_journal (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String AFTER =
      "SELECT " + COLUMNS + " FROM _fsm_journal WHERE machine = ? AND seq > ? ORDER BY seq LIMIT ?";

  private static final String ALL =
      "SELECT " + COLUMNS + " FROM _fsm_journal ORDER BY machine, seq";

  private static final String ALL_OF_MACHINE =
      "SELECT " + COLUMNS + " FROM _fsm_journal WHERE machine = ? ORDER BY seq";

  private static final String BY_SEQ =
      "SELECT " + COLUMNS + " FROM _fsm_journal WHERE machine = ? AND seq = ?";

  private static final String DROP_BEFORE_LAST_CHECKPOINT =
      "DELETE FROM _fsm_journal WHERE machine = ?1 AND seq < (SELECT max(seq) FROM _fsm_journal"
          + " WHERE machine = ?1 AND \"trigger\" = '"
          + JournalTable.CHECKPOINT
          + "' AND json_extract(facts, '$."
          + JournalTable.FOLDED_CHAIN
          + "') IS NOT NULL)";

  private static final String OF_OTHER_MACHINES =
      "SELECT 1 FROM _fsm_journal WHERE machine < ?1 OR machine > ?1 LIMIT 1";

  private static final String DROP_MACHINE = "DELETE FROM _fsm_journal WHERE machine = ?";

  private static final String DROP_ALL = "DELETE FROM _fsm_journal";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The trigger of rows that no machine fired, but the journal itself wrote. */
  static final String CHECKPOINT = "CHECKPOINT";

  /** The facts of a row before which rows may be missing: how many, and what they chain to. */
  static final String FOLDED_ROWS = "foldedRows";

  static final String FOLDED_CHAIN = "foldedChain";

  /**
   * How many rows of a machine there are from checkpoint to checkpoint; up to twice as many stay.
   */
  private static final int ROWS_PER_CHECKPOINT = 1000;

  private final Clock clock;
  private final int rowsPerCheckpoint;

  JournalTable(Clock clock) {
    this(clock, ROWS_PER_CHECKPOINT);
  }

  JournalTable(Clock clock, int rowsPerCheckpoint) {
    this.clock = Objects.requireNonNull(clock, "clock");
    this.rowsPerCheckpoint = rowsPerCheckpoint;
  }

  /** Where prepared statements come from, and whether they are kept. */
  interface Statements {
    PreparedStatement prepared(String sql) throws SQLException;

    /** The statement was used. */
    void done(PreparedStatement statement) throws SQLException;

    /** Each statement is prepared for one use. */
    static Statements once(Connection connection) {
      return new Statements() {
        @Override
        public PreparedStatement prepared(String sql) throws SQLException {
          return connection.prepareStatement(sql);
        }

        @Override
        public void done(PreparedStatement statement) throws SQLException {
          statement.close();
        }
      };
    }
  }

  void createIfMissing(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE);
    }
  }

  boolean exists(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(EXISTS)) {
      return rows.next();
    }
  }

  /** The last row of a machine. */
  Optional<JournalEntry> head(Statements statements, String machine) throws SQLException {
    return headRow(statements, machine).map(Row::entry);
  }

  private static Optional<Row> headRow(Statements statements, String machine) throws SQLException {
    PreparedStatement statement = statements.prepared(HEAD);
    try {
      statement.setString(1, machine);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(Row.read(rows)) : Optional.empty();
      }
    } finally {
      statements.done(statement);
    }
  }

  /** Appends a row and returns its sequence number. */
  long append(
      Statements statements,
      String machine,
      String trigger,
      String from,
      String to,
      String opId,
      Facts facts)
      throws SQLException {
    Link last = lastLink(statements, machine);
    if ((last.seq + 1) % rowsPerCheckpoint == 0 && last.seq > 0) {
      last = checkpoint(statements, machine);
    }
    Row row =
        new Row(
                machine,
                last.seq + 1,
                trigger,
                from,
                to,
                opId,
                facts.json().toString(),
                clock.now().toString(),
                "")
            .chainedTo(last.chain);
    insert(statements, row);
    return row.seq;
  }

  private static void insert(Statements statements, Row row) throws SQLException {
    PreparedStatement statement = statements.prepared(APPEND);
    try {
      row.bind(statement);
      statement.executeUpdate();
    } finally {
      statements.done(statement);
    }
  }

  /** Repeats where the machine stands, and drops what the checkpoint before this one repeated. */
  private Link checkpoint(Statements statements, String machine) throws SQLException {
    Row head = headRow(statements, machine).orElseThrow();
    PreparedStatement drop = statements.prepared(DROP_BEFORE_LAST_CHECKPOINT);
    try {
      drop.setString(1, machine);
      drop.executeUpdate();
    } finally {
      statements.done(drop);
    }
    Row row =
        new Row(
                machine,
                head.seq + 1,
                CHECKPOINT,
                head.to,
                head.to,
                "",
                head.factsAfter(head.seq, head.chain),
                clock.now().toString(),
                "")
            .chainedTo(head.chain);
    insert(statements, row);
    return new Link(row.seq, row.chain);
  }

  /**
   * Makes the last row of a machine the only one. Deletes without a condition if it may, see {@link
   * ErasureRole}.
   */
  void fold(Statements statements, String machine) throws SQLException {
    Row head = headRow(statements, machine).orElseThrow();
    Optional<Row> before = row(statements, machine, head.seq - 1);
    if (before.isEmpty()) {
      return;
    }
    String chain = before.get().chain;
    Row only =
        new Row(
                machine,
                head.seq,
                head.trigger,
                head.from,
                head.to,
                head.opId,
                head.factsAfter(before.get().seq, chain),
                head.at,
                "")
            .chainedTo(chain);
    boolean shared = exists(statements, OF_OTHER_MACHINES, machine);
    PreparedStatement drop = statements.prepared(shared ? DROP_MACHINE : DROP_ALL);
    try {
      if (shared) {
        drop.setString(1, machine);
      }
      drop.executeUpdate();
    } finally {
      statements.done(drop);
    }
    insert(statements, only);
  }

  private static boolean exists(Statements statements, String sql, String machine)
      throws SQLException {
    PreparedStatement statement = statements.prepared(sql);
    try {
      statement.setString(1, machine);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    } finally {
      statements.done(statement);
    }
  }

  private static Optional<Row> row(Statements statements, String machine, long seq)
      throws SQLException {
    PreparedStatement statement = statements.prepared(BY_SEQ);
    try {
      statement.setString(1, machine);
      statement.setLong(2, seq);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(Row.read(rows)) : Optional.empty();
      }
    } finally {
      statements.done(statement);
    }
  }

  /** Rows of a machine after a sequence number, oldest first. */
  List<JournalEntry> entries(Connection connection, String machine, long afterSeq, int limit)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(AFTER)) {
      statement.setString(1, machine);
      statement.setLong(2, afterSeq);
      statement.setInt(3, limit);
      List<JournalEntry> entries = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          entries.add(Row.read(rows).entry());
        }
      }
      return List.copyOf(entries);
    }
  }

  /** Recomputes the chains of all machines. */
  ChainCheck verify(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ALL)) {
      return verify(statement);
    }
  }

  /** Recomputes the chain of one machine. */
  ChainCheck verify(Connection connection, String machine) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ALL_OF_MACHINE)) {
      statement.setString(1, machine);
      return verify(statement);
    }
  }

  private static ChainCheck verify(PreparedStatement statement) throws SQLException {
    long count = 0;
    String machine = "";
    Link last = Link.NONE;
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        Row row = Row.read(rows);
        if (count == 0 || !row.machine.equals(machine)) {
          machine = row.machine;
          last = row.before();
        }
        if (row.seq != last.seq + 1) {
          return new ChainCheck.Broken(
              machine, row.seq, "row " + (last.seq + 1) + " is missing before it");
        }
        if (!row.chainedTo(last.chain).equals(row)) {
          return new ChainCheck.Broken(machine, row.seq, "its chain does not match its columns");
        }
        last = new Link(row.seq, row.chain);
        count++;
      }
    }
    return new ChainCheck.Intact(count);
  }

  private static Link lastLink(Statements statements, String machine) throws SQLException {
    PreparedStatement statement = statements.prepared(LAST_LINK);
    try {
      statement.setString(1, machine);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? new Link(rows.getLong(1), rows.getString(2)) : Link.NONE;
      }
    } finally {
      statements.done(statement);
    }
  }

  /** Where the next row is chained to. */
  private record Link(long seq, String chain) {
    static final Link NONE = new Link(0, "");
  }

  /** A row as stored: the chain is over its texts, not over what they parse to. */
  private record Row(
      String machine,
      long seq,
      String trigger,
      String from,
      String to,
      String opId,
      String facts,
      String at,
      String chain) {

    static Row read(ResultSet rows) throws SQLException {
      return new Row(
          rows.getString(1),
          rows.getLong(2),
          rows.getString(3),
          rows.getString(4),
          rows.getString(5),
          rows.getString(6),
          rows.getString(7),
          rows.getString(8),
          rows.getString(9));
    }

    void bind(PreparedStatement statement) throws SQLException {
      statement.setString(1, machine);
      statement.setLong(2, seq);
      statement.setString(3, trigger);
      statement.setString(4, from);
      statement.setString(5, to);
      statement.setString(6, opId);
      statement.setString(7, facts);
      statement.setString(8, at);
      statement.setString(9, chain);
    }

    Row chainedTo(String previous) {
      MessageDigest sha = sha256();
      for (String field :
          List.of(previous, machine, Long.toString(seq), trigger, from, to, opId, facts, at)) {
        byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
        sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        sha.update(bytes);
      }
      String link = HexFormat.of().formatHex(sha.digest());
      return new Row(machine, seq, trigger, from, to, opId, facts, at, link);
    }

    /** The facts of this row, and that rows up to {@code seq} may be missing. */
    String factsAfter(long seq, String chain) {
      return entry().facts().put(FOLDED_ROWS, seq).put(FOLDED_CHAIN, chain).toString();
    }

    /** What the first row of a journal is chained to: nothing, or what it says itself. */
    Link before() {
      try {
        JsonNode known = JSON.readTree(facts);
        return seq > 1 && known.path(FOLDED_ROWS).asLong() == seq - 1
            ? new Link(seq - 1, known.path(FOLDED_CHAIN).asText())
            : Link.NONE;
      } catch (JsonProcessingException damaged) {
        return Link.NONE;
      }
    }

    JournalEntry entry() {
      try {
        if (JSON.readTree(facts) instanceof ObjectNode object) {
          return new JournalEntry(
              machine, seq, trigger, from, to, opId, object, Instant.parse(at), chain);
        }
        throw unreadable(null);
      } catch (JsonProcessingException | DateTimeException damaged) {
        throw unreadable(damaged);
      }
    }

    private JournalFailedException unreadable(Exception cause) {
      return new JournalFailedException(
          "Row "
              + seq
              + " of machine "
              + machine
              + " in the journal cannot be read: its facts or its time are damaged."
              + " Verify the journal to see what else is.",
          cause);
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException impossible) {
        // Every Java platform has to have it.
        throw new IllegalStateException(impossible);
      }
    }
  }
}
