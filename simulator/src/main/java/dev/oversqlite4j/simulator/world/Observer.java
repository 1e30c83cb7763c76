package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.disk.LogicalContent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * A connection of nobody in the simulation, for looking; it keeps its statements.
 *
 * <p>It is asked after every commit, so it looks twice: one statement reads every table as one text
 * each, and only tables whose text is another one are taken apart. Nothing is assumed about what a
 * commit changes.
 */
public final class Observer implements AutoCloseable {

  // History: a row is written once, and looked at when it is new. Reading all of them after every
  // commit would cost more with every call.
  private static final Map<String, String> LATEST =
      Map.of("_fsm_journal", " WHERE seq > (SELECT coalesce(max(seq), 0) - 4 FROM _fsm_journal)");

  private static final int SCHEMAS_REMEMBERED_MAX = 200;
  private static final Map<List<String>, Map<String, List<String>>> COLUMNS =
      new ConcurrentHashMap<>();

  /** Grows with every commit that others make. */
  @FunctionalInterface
  interface Changes {
    long soFar() throws SQLException;
  }

  private final SimulatedApp app;
  private final Connection connection;
  private final Changes changes;
  private final Map<String, PreparedStatement> statements = new HashMap<>();
  private final SortedMap<String, Content> contents = new TreeMap<>();
  private Optional<PreparedStatement> everything = Optional.empty();
  private Optional<DeviceTables> tables = Optional.empty();
  private Map<String, List<String>> columns = Map.of();
  private Optional<String> contentHash = Optional.empty();
  private long changesSeen = -1;
  private long schemaVersion = -1;

  private Observer(SimulatedApp app, Connection connection, Optional<Changes> changes) {
    this.app = app;
    this.connection = connection;
    this.changes = changes.orElse(() -> number("PRAGMA data_version"));
  }

  /** Looks at what a connection sees; to be let go with it, and not to be closed. */
  static Observer inside(SimulatedApp app, Connection connection) {
    return new Observer(app, connection, Optional.empty());
  }

  /** One table: its rows as one text, and what that is hashed to once somebody asks. */
  private static final class Content {
    private final String text;
    private Optional<byte[]> hash = Optional.empty();

    Content(String text) {
      this.text = text;
    }

    byte[] hash(MessageDigest digest) {
      if (hash.isEmpty()) {
        hash = Optional.of(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
      }
      return hash.get();
    }
  }

  /** Whose tables are to be seen. */
  SimulatedApp app() {
    return app;
  }

  /** Looks at a database file of an app. */
  public static Observer of(SimulatedApp app, Path file) throws SQLException {
    return new Observer(app, connect(file), Optional.empty());
  }

  /** The same for a file all of whose commits somebody counts, so that SQLite need not be asked. */
  static Observer of(SimulatedApp app, Path file, Changes changes) throws SQLException {
    return new Observer(app, connect(file), Optional.of(changes));
  }

  private static Connection connect(Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA query_only=ON");
      // The last connection to close moves the log into the file; nothing here survives a power
      // cut.
      statement.execute("PRAGMA synchronous=OFF");
    }
    return connection;
  }

  @FunctionalInterface
  interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  void query(String sql, RowReader reader) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        reader.read(rows);
      }
    }
  }

  /** The device's tables as they are now. */
  DeviceTables tables() throws SQLException {
    look();
    return tables.orElseThrow();
  }

  /** Whether a table has a column that counts as content. */
  boolean hasColumn(String table, String column) throws SQLException {
    look();
    return columns.getOrDefault(table, List.of()).contains(column);
  }

  /**
   * The SHA-256 of every table without times; of history, what is new.
   *
   * @return 64 lower-case hexadecimal digits
   */
  String contentHash() throws SQLException {
    look();
    if (contentHash.isEmpty()) {
      contentHash = Optional.of(hash());
    }
    return contentHash.get();
  }

  private String hash() {
    MessageDigest each = sha256();
    MessageDigest all = sha256();
    contents.forEach(
        (name, content) -> {
          all.update(name.getBytes(StandardCharsets.UTF_8));
          all.update((byte) 0);
          all.update(content.hash(each));
        });
    return HexFormat.of().formatHex(all.digest());
  }

  /** Nobody commits meanwhile: one actor runs at a time, and it is the one that looks. */
  private void look() throws SQLException {
    long version = changes.soFar();
    if (version == changesSeen && tables.isPresent()) {
      return;
    }
    Set<String> changed = new TreeSet<>();
    long schema = number("PRAGMA schema_version");
    if (schema != schemaVersion || everything.isEmpty()) {
      changed.addAll(prepareEverything());
      schemaVersion = schema;
    }
    if (everything.isPresent()) {
      try (ResultSet rows = everything.get().executeQuery()) {
        while (rows.next()) {
          String name = rows.getString(1);
          String text = rows.getString(2);
          Content before = contents.get(name);
          if (before == null || !before.text.equals(text)) {
            contents.put(name, new Content(text));
            changed.add(name);
          }
        }
      }
    }
    tables = Optional.of(DeviceTables.read(this, tables, changed, contents.keySet()));
    contentHash = Optional.empty();
    changesSeen = version;
  }

  private long number(String pragma) throws SQLException {
    long[] number = new long[1];
    query(pragma, row -> number[0] = row.getLong(1));
    return number[0];
  }

  /** One statement over all tables there are now; answers which are no longer there. */
  private Set<String> prepareEverything() throws SQLException {
    columns = columns();
    if (everything.isPresent()) {
      everything.get().close();
      everything = Optional.empty();
    }
    if (!columns.isEmpty()) {
      String sql =
          columns.entrySet().stream()
              .map(table -> select(table.getKey(), table.getValue()))
              .collect(Collectors.joining(" UNION ALL "));
      everything = Optional.of(connection.prepareStatement(sql));
    }
    Set<String> gone = new TreeSet<>(contents.keySet());
    gone.removeAll(columns.keySet());
    contents.keySet().removeAll(gone);
    return gone;
  }

  /** Of every table, by name; the same declarations have the same columns in every file. */
  private Map<String, List<String>> columns() throws SQLException {
    List<String> declared = new ArrayList<>();
    query(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table'",
        row -> {
          declared.add(row.getString(1));
          declared.add(row.getString(2));
        });
    Map<String, List<String>> known = COLUMNS.get(declared);
    if (known == null) {
      known = readColumns();
      if (COLUMNS.size() < SCHEMAS_REMEMBERED_MAX) {
        COLUMNS.put(declared, known);
      }
    }
    return known;
  }

  private Map<String, List<String>> readColumns() throws SQLException {
    Map<String, List<String>> columns = new TreeMap<>();
    // sqlite_sequence decides future keys and so is content; sqlite_stat tables are statistics.
    query(
        "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c"
            + " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'"
            + " ORDER BY 1, c.cid",
        row -> {
          List<String> of = columns.computeIfAbsent(row.getString(1), name -> new ArrayList<>());
          // Times are ours; a column of the app is content whatever it is called.
          if (!row.getString(1).startsWith("_")
              || !LogicalContent.TIMES_AND_CHAIN.contains(row.getString(2))) {
            of.add(row.getString(2));
          }
        });
    return Collections.unmodifiableMap(columns);
  }

  private static String select(String table, List<String> columns) {
    String row =
        columns.isEmpty()
            ? "''"
            : columns.stream()
                .map(column -> literal(table, column))
                .collect(Collectors.joining(", ", "concat_ws(',', ", ")"));
    return "SELECT '"
        + table.replace("'", "''")
        + "', coalesce(group_concat("
        + row
        + ", char(10)), '') FROM "
        + quoted(table)
        + LATEST.getOrDefault(table, "");
  }

  // quote() ends at the first NUL of a text. In tables of sync a text of the app is within JSON,
  // which escapes it; looking for it takes as long as all the rest.
  private static String literal(String table, String column) {
    String name = quoted(column);
    if (table.startsWith("_")) {
      return "quote(" + name + ")";
    }
    return "iif(instr(" + name + ", char(0)), hex(" + name + "), quote(" + name + "))";
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** For what an app promises about its own tables. */
  public Connection connection() {
    return connection;
  }

  /** Everything in the database, under a view. */
  public SortedMap<String, List<String>> content(LogicalContent view) throws SQLException {
    return view.dump(connection);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
