package dev.oversqlite4j.simulator.disk;

import dev.oversqlite4j.simulator.seam.Incarnation;
import java.io.PrintWriter;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

/**
 * The disk of one incarnation: connections to a real SQLite file whose every statement and commit
 * is a seam.
 *
 * <p>Before each statement and each commit the incarnation is consulted, and after each commit that
 * took effect. Once the incarnation is dead, every JDBC call on anything that came from here throws
 * {@link dev.oversqlite4j.simulator.seam.SimulatedCrash} and has no effect: {@code rollback} and
 * {@code close} in {@code finally} blocks included. The real connections stay open until {@link
 * #discard()}, so that the file can be copied as the crash left it.
 *
 * <p>A statement that meets SQLITE_BUSY reaches a {@code LOCK} seam and tries again, a limited
 * number of times. SQLITE_BUSY_SNAPSHOT passes through at once: waiting does not cure it. So does a
 * batch, which the driver forgets when it fails.
 *
 * <p>Threads: as safe as the driver's own connections; one actor runs at a time.
 */
public final class SeamDataSource implements DataSource {

  /** Prepares each new real connection before it is handed out, without consulting the seams. */
  @FunctionalInterface
  public interface ConnectionSetup {
    /**
     * Prepares one connection, for example by {@link DeterministicFunctions#register}.
     *
     * @param connection the driver's own connection
     * @throws SQLException if it cannot be prepared
     */
    void prepare(Connection connection) throws SQLException;
  }

  private final Path file;
  private final Incarnation incarnation;
  private final LogicalContent content;
  private final int busyRetriesMax;
  private final ConnectionSetup setup;
  private final List<SQLiteConnection> open = new ArrayList<>();
  private int connections;
  private volatile long written;

  /**
   * The disk of one incarnation.
   *
   * @param file the database file; SQLite creates it if it is missing
   * @param incarnation whose disk this is
   * @param content what the trace records of the content after each commit of a write transaction
   * @param busyRetriesMax how many times one statement is tried again after SQLITE_BUSY
   * @param setup prepares each new connection
   */
  public SeamDataSource(
      Path file,
      Incarnation incarnation,
      LogicalContent content,
      int busyRetriesMax,
      ConnectionSetup setup) {
    this.file = Objects.requireNonNull(file, "file");
    this.incarnation = Objects.requireNonNull(incarnation, "incarnation");
    this.content = Objects.requireNonNull(content, "content");
    this.busyRetriesMax = busyRetriesMax;
    this.setup = Objects.requireNonNull(setup, "setup");
  }

  @Override
  public Connection getConnection() throws SQLException {
    incarnation.ensureAlive("getConnection");
    SQLiteConfig config = new SQLiteConfig();
    config.setSynchronous(SQLiteConfig.SynchronousMode.OFF);
    config.setBusyTimeout(0);
    SQLiteConnection raw = (SQLiteConnection) config.createConnection("jdbc:sqlite:" + file);
    int number;
    synchronized (open) {
      open.add(raw);
      number = ++connections;
    }
    setup.prepare(raw);
    return new SeamConnection(this, number, raw, incarnation, content, busyRetriesMax).proxy();
  }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    return getConnection();
  }

  /** Ends the incarnation this disk belongs to, at a moment of the caller's choice. */
  public void dead() {
    incarnation.die();
  }

  /**
   * Closes every real connection; open transactions roll back. To be called once the crashed file
   * has been copied. Ends the incarnation if it still lives.
   *
   * @throws SQLException if the driver cannot close one of them
   */
  public void discard() throws SQLException {
    dead();
    List<SQLiteConnection> left;
    synchronized (open) {
      left = List.copyOf(open);
      open.clear();
    }
    for (SQLiteConnection raw : left) {
      raw.close();
    }
  }

  /** The connection below the seams of one of ours, for looking into its open transaction. */
  public static Connection beneath(Connection connection) {
    return ((SeamConnection) Proxy.getInvocationHandler(connection)).raw();
  }

  /**
   * How many write transactions were committed through it so far: what it returned last time is
   * what it returns now if the content is what it was.
   */
  public long written() {
    return written;
  }

  void noteWritten() {
    synchronized (open) {
      written++;
    }
  }

  void forget(SQLiteConnection raw) {
    synchronized (open) {
      open.remove(raw);
    }
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    throw new SQLFeatureNotSupportedException("The simulated disk has no log writer.");
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    throw new SQLFeatureNotSupportedException("The simulated disk has no login timeout.");
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("The simulated disk does not log.");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw SeamConnection.noWayAround(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this);
  }
}
