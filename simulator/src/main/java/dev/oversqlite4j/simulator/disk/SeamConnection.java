package dev.oversqlite4j.simulator.disk;

import dev.oversqlite4j.simulator.seam.DiskFate;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.Seam;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * One connection behind the seam, and the rules that its statements share.
 *
 * <p>Dynamic proxies instead of written-out wrappers: the JDBC interfaces have some 400 methods, of
 * which about 20 matter here, and a call through a proxy costs tens of nanoseconds where the
 * statement behind it costs microseconds.
 */
final class SeamConnection implements InvocationHandler {

  @FunctionalInterface
  interface Action {
    Object run() throws Throwable;
  }

  enum OnBusy {
    TRY_AGAIN,
    FAIL
  }

  private static final int SEAMS_REMEMBERED_MAX = 500;

  /** SQLite's own default. */
  private static final long MAX_PAGE_COUNT = 4_294_967_294L;

  static final List<List<?>> NO_BINDS = List.of(List.of());

  private final SeamDataSource disk;
  private final int number;
  private final SQLiteConnection raw;
  private final Incarnation incarnation;
  private final ContentReader content;
  private final int busyRetriesMax;
  private final SettledPragmas pragmas = new SettledPragmas();
  private final Connection proxy;

  // Reading a text costs more than the call through the proxy; programs repeat few texts.
  private final Map<String, Seam> seams =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Seam> eldest) {
          return size() > SEAMS_REMEMBERED_MAX;
        }
      };

  /**
   * Set by SQLite's commit hook, which runs for write transactions only: explicit ones, single
   * statements, released savepoints and schema changes alike.
   */
  private boolean writeCommitted;

  SeamConnection(
      SeamDataSource disk,
      int number,
      SQLiteConnection raw,
      Incarnation incarnation,
      LogicalContent content,
      int busyRetriesMax) {
    this.disk = disk;
    this.number = number;
    this.raw = raw;
    this.incarnation = incarnation;
    this.content = new ContentReader(content, raw);
    this.busyRetriesMax = busyRetriesMax;
    this.proxy = proxy(Connection.class, this);
    raw.addCommitListener(
        new SQLiteCommitListener() {
          @Override
          public void onCommit() {
            writeCommitted = true;
          }

          @Override
          public void onRollback() {}
        });
  }

  Connection proxy() {
    return proxy;
  }

  @Override
  public Object invoke(Object self, Method method, Object[] args) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return identity(this, self, method, args);
    }
    ensureAlive(method);
    switch (method.getName()) {
      case "createStatement":
        return statement(Statement.class, (Statement) call(raw, method, args), "");
      case "prepareStatement":
        {
          String sql = pragmas.effective((String) args[0]);
          Object[] effectiveArgs = args.clone();
          effectiveArgs[0] = sql;
          // Preparing reads the schema, which a lock can forbid too.
          Object prepared =
              tryAgainWhileBusy(
                  SqlText.label(sql), OnBusy.TRY_AGAIN, () -> call(raw, method, effectiveArgs));
          return statement(PreparedStatement.class, (PreparedStatement) prepared, sql);
        }
      case "commit":
        return execute("COMMIT", NO_BINDS, OnBusy.TRY_AGAIN, () -> call(raw, method, args));
      case "rollback":
        return execute("ROLLBACK", NO_BINDS, OnBusy.TRY_AGAIN, () -> call(raw, method, args));
      case "setAutoCommit":
        {
          boolean wanted = (Boolean) args[0];
          if (raw.getAutoCommit() == wanted) {
            return null;
          }
          String sql = wanted ? "COMMIT" : "BEGIN";
          // No second try: the driver has changed its mind about the mode before it fails.
          return execute(sql, NO_BINDS, OnBusy.FAIL, () -> call(raw, method, args));
        }
      case "setSavepoint":
        return execute("SAVEPOINT", NO_BINDS, OnBusy.TRY_AGAIN, () -> call(raw, method, args));
      case "releaseSavepoint":
        return execute("RELEASE", NO_BINDS, OnBusy.TRY_AGAIN, () -> call(raw, method, args));
      case "close":
        disk.forget(raw);
        return call(raw, method, args);
      case "unwrap":
        return unwrap(proxy, (Class<?>) args[0]);
      case "isWrapperFor":
        return ((Class<?>) args[0]).isInstance(proxy);
      default:
        return guarded(method, call(raw, method, args), null);
    }
  }

  /** Runs one statement or commit under the rules of {@link SeamDataSource}. */
  Object execute(String sql, List<? extends List<?>> bindRows, OnBusy onBusy, Action action)
      throws Throwable {
    Seam seam = seams.computeIfAbsent(sql, SeamConnection::seam);
    incarnation.reach(seam);
    for (List<?> binds : bindRows) {
      incarnation.trace().statement(number, sql, binds);
    }
    DiskFate fate = incarnation.diskFate(seam);
    Object result =
        tryAgainWhileBusy(
            seam.label(),
            onBusy,
            fate instanceof DiskFate.Work ? action : () -> failing(fate, action));
    if (writeCommitted) {
      noteWriteCommitted(seam.label());
    } else if (seam.kind() == Seam.Kind.COMMIT) {
      incarnation.passed(seam);
    }
    return result;
  }

  /** Runs the action on a disk that fails, which then works again. */
  private Object failing(DiskFate fate, Action action) throws Throwable {
    if (fate instanceof DiskFate.Interrupt interrupt) {
      ProgressHandler.setHandler(
          raw,
          interrupt.after(),
          new ProgressHandler() {
            @Override
            protected int progress() {
              return 1;
            }
          });
      try {
        return action.run();
      } finally {
        ProgressHandler.clearHandler(raw);
      }
    }
    boolean full = fate instanceof DiskFate.Full;
    // SQLite takes the present number of pages for a limit below it.
    pragma(full ? "max_page_count = 1" : "query_only = ON");
    try {
      return action.run();
    } finally {
      pragma(full ? "max_page_count = " + MAX_PAGE_COUNT : "query_only = OFF");
    }
  }

  private void pragma(String text) throws SQLException {
    try (Statement statement = raw.createStatement()) {
      statement.execute("PRAGMA " + text);
    }
  }

  private static Seam seam(String sql) {
    return new Seam(
        SqlText.isCommit(sql) ? Seam.Kind.COMMIT : Seam.Kind.STATEMENT, SqlText.label(sql));
  }

  private Object tryAgainWhileBusy(String label, OnBusy onBusy, Action action) throws Throwable {
    for (int retries = 0; ; retries++) {
      writeCommitted = false;
      try {
        return action.run();
      } catch (SQLException e) {
        // The hook runs before the commit can still fail.
        writeCommitted = false;
        if (onBusy == OnBusy.FAIL || !isCuredByWaiting(e) || retries == busyRetriesMax) {
          throw e;
        }
        incarnation.reach(new Seam(Seam.Kind.LOCK, label));
      }
    }
  }

  private static boolean isCuredByWaiting(SQLException e) {
    return e instanceof SQLiteException sqlite
        && (sqlite.getResultCode().code & 0xff) == SQLiteErrorCode.SQLITE_BUSY.code
        && sqlite.getResultCode() != SQLiteErrorCode.SQLITE_BUSY_SNAPSHOT;
  }

  private void noteWriteCommitted(String label) throws SQLException {
    writeCommitted = false;
    disk.noteWritten();
    incarnation.trace().committed(content.hash());
    if (!raw.getAutoCommit()) {
      // The driver has already begun the next transaction. Reading the content took its snapshot,
      // which must not happen before the program itself reads.
      raw.commit();
    }
    incarnation.passed(new Seam(Seam.Kind.COMMIT, label));
  }

  String effective(String sql) {
    return pragmas.effective(sql);
  }

  void ensureAlive(Method method) {
    incarnation.ensureAlive(method.getName());
  }

  Connection raw() {
    return raw;
  }

  private <T extends Statement> T statement(Class<T> type, T rawStatement, String sql) {
    return proxy(type, new SeamStatement(this, rawStatement, sql));
  }

  /**
   * What a call answers, behind the seam if it can still be read later. The declared type decides:
   * the driver's result sets are their own metadata.
   */
  Object guarded(Method method, Object result, Statement statement) {
    Class<?> type = method.getReturnType();
    boolean readLater =
        type == ResultSet.class
            || type == ResultSetMetaData.class
            || type == ParameterMetaData.class
            || type == DatabaseMetaData.class;
    return result == null || !readLater ? result : proxy(type, new Guard(result, proxy, statement));
  }

  static SQLException noWayAround(Class<?> type) {
    return new SQLException(
        "The simulated disk cannot be unwrapped to "
            + type.getName()
            + ": the driver's own object would get around the seam. Use java.sql only, or prepare"
            + " the connection in SeamDataSource.ConnectionSetup.");
  }

  static Object unwrap(Object proxy, Class<?> type) throws SQLException {
    if (type.isInstance(proxy)) {
      return proxy;
    }
    throw noWayAround(type);
  }

  static Object call(Object target, Method method, Object[] args) throws Throwable {
    try {
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  static Object identity(Object handler, Object self, Method method, Object[] args) {
    return switch (method.getName()) {
      case "equals" -> self == args[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> "seam over " + handler.getClass().getSimpleName();
    };
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            SeamConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /** Metadata and result sets: no seams of their own, but dead after death. */
  private final class Guard implements InvocationHandler {

    private final Object target;
    private final Connection connection;
    private final Statement statement;

    Guard(Object target, Connection connection, Statement statement) {
      this.target = target;
      this.connection = connection;
      this.statement = statement;
    }

    @Override
    public Object invoke(Object self, Method method, Object[] args) throws Throwable {
      if (method.getDeclaringClass() == Object.class) {
        return identity(this, self, method, args);
      }
      ensureAlive(method);
      switch (method.getName()) {
        case "getConnection":
          return connection;
        case "getStatement":
          return statement;
        case "unwrap":
          return SeamConnection.unwrap(self, (Class<?>) args[0]);
        case "isWrapperFor":
          return ((Class<?>) args[0]).isInstance(self);
        default:
          Object result = call(target, method, args);
          if (writeCommitted) {
            // INSERT … RETURNING outside a transaction commits when its last row has been read.
            noteWriteCommitted("RETURNING");
          }
          return guarded(method, result, statement);
      }
    }
  }
}
