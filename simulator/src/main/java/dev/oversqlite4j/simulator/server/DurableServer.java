package dev.oversqlite4j.simulator.server;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A {@link ModelServer} that survives its process. Every request that may change something is kept
 * in a SQLite file with the time and the ids it saw, before it is answered; opening the file plays
 * them again, and because the model is deterministic the same state comes out.
 *
 * <p>Thread-safe. One process at a time may have the file open.
 */
public final class DurableServer implements WireHandler, AutoCloseable {
  private static final int LAYOUT = 1;

  private final ModelServer model;
  private final Connection file;
  private final LongSupplier clock;
  private final Supplier<String> ids;

  // What the model sees while it handles one request; guarded by this.
  private long now;
  private final Deque<String> recorded = new ArrayDeque<>();
  private final List<String> used = new ArrayList<>();
  private boolean broken;

  private DurableServer(
      Revision revision,
      ServerSchema schema,
      ServerLimits limits,
      LongSupplier clock,
      Supplier<String> ids,
      Connection file) {
    this.clock = clock;
    this.ids = ids;
    this.file = file;
    this.now = clock.getAsLong();
    this.model = new ModelServer(revision, schema, limits, () -> now, this::nextId);
  }

  /**
   * Opens or creates the file and restores what it holds.
   *
   * @param file holds nothing else
   * @throws IllegalArgumentException the file is of another revision or schema; use another file
   * @throws SQLException the file cannot be used: no database, not writable, or open elsewhere
   */
  public static DurableServer open(
      Path file,
      Revision revision,
      ServerSchema schema,
      ServerLimits limits,
      LongSupplier clock,
      Supplier<String> ids)
      throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try {
      claim(connection, revision.label() + " " + schema);
      DurableServer server = new DurableServer(revision, schema, limits, clock, ids, connection);
      server.playAgain();
      return server;
    } catch (SQLException | RuntimeException failed) {
      connection.close();
      throw failed;
    }
  }

  private static void claim(Connection file, String identity) throws SQLException {
    try (Statement statement = file.createStatement()) {
      statement.execute("PRAGMA locking_mode = EXCLUSIVE");
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS served (layout INTEGER NOT NULL, identity TEXT NOT NULL)");
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS request (
            seq INTEGER PRIMARY KEY, at_millis INTEGER NOT NULL, ids TEXT NOT NULL,
            method TEXT NOT NULL, target TEXT NOT NULL, token TEXT NOT NULL,
            source TEXT NOT NULL, body BLOB NOT NULL)""");
      try (ResultSet row = statement.executeQuery("SELECT layout, identity FROM served")) {
        if (row.next()) {
          if (row.getInt(1) != LAYOUT || !row.getString(2).equals(identity)) {
            throw new IllegalArgumentException(
                "it was served with another revision or schema; use another file");
          }
          return;
        }
      }
    }
    try (PreparedStatement insert = file.prepareStatement("INSERT INTO served VALUES (?, ?)")) {
      insert.setInt(1, LAYOUT);
      insert.setString(2, identity);
      insert.executeUpdate();
    }
  }

  private synchronized void playAgain() throws SQLException {
    try (Statement statement = file.createStatement();
        ResultSet row = statement.executeQuery("SELECT * FROM request ORDER BY seq")) {
      while (row.next()) {
        now = row.getLong("at_millis");
        recorded.clear();
        row.getString("ids").lines().forEach(recorded::add);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("authorization", row.getString("token"));
        headers.put("oversync-source-id", row.getString("source"));
        model.handle(
            WireRequest.of(
                row.getString("method"), row.getString("target"), headers, row.getBytes("body")));
      }
    }
    recorded.clear();
  }

  private String nextId() {
    String id = recorded.isEmpty() ? ids.get() : recorded.remove();
    used.add(id);
    return id;
  }

  @Override
  public synchronized WireResponse handle(WireRequest request) {
    if (broken) {
      return WireResponse.plain(503, "The server cannot write its file any more; start it again.");
    }
    now = clock.getAsLong();
    used.clear();
    WireResponse response = model.handle(request);
    if (mayChange(request) && response.status() != 401) {
      try {
        append(request);
      } catch (SQLException failed) {
        // What the model now holds is not on disk, so nobody may be told of it.
        broken = true;
        return WireResponse.plain(503, "The server cannot write its file; start it again.");
      }
    }
    return response;
  }

  private static boolean mayChange(WireRequest request) {
    return request.method().equals("POST") || request.method().equals("DELETE");
  }

  private void append(WireRequest request) throws SQLException {
    try (PreparedStatement insert =
        file.prepareStatement("INSERT INTO request VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setLong(1, now);
      insert.setString(2, String.join("\n", used));
      insert.setString(3, request.method());
      // What changes something takes no query.
      insert.setString(4, request.path());
      insert.setString(5, request.headers().getOrDefault("authorization", ""));
      insert.setString(6, request.headers().getOrDefault("oversync-source-id", ""));
      insert.setBytes(7, request.body());
      insert.executeUpdate();
    }
  }

  @Override
  public Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
      throws InterruptedException {
    return model.nextHint(user, afterBundleSeq, waitMillis);
  }

  /** Knob: see {@link ModelServer#offerWatch}; not kept in the file. */
  public void offerWatch(State.WatchOffer offer) {
    model.offerWatch(offer);
  }

  /** A copy of what the server remembers. */
  public State state() {
    return model.state();
  }

  /** Closes the file; what was answered is in it. */
  @Override
  public synchronized void close() throws SQLException {
    broken = true;
    file.close();
  }
}
