package dev.oversqlite4j.simulator.disk;

import dev.oversqlite4j.simulator.disk.SeamConnection.OnBusy;
import java.io.InputStream;
import java.io.Reader;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One statement behind the seam, prepared or not, with what is bound to it. */
final class SeamStatement implements InvocationHandler {

  private final SeamConnection connection;
  private final Statement raw;
  private final String preparedSql;
  private final List<Object> binds = new ArrayList<>();
  private final List<List<?>> batchBinds = new ArrayList<>();
  private final List<String> batchSql = new ArrayList<>();

  SeamStatement(SeamConnection connection, Statement raw, String preparedSql) {
    this.connection = connection;
    this.raw = raw;
    this.preparedSql = preparedSql;
  }

  @Override
  public Object invoke(Object self, Method method, Object[] args) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return SeamConnection.identity(this, self, method, args);
    }
    connection.ensureAlive(method);
    Object result =
        switch (method.getName()) {
          case "execute", "executeQuery", "executeUpdate", "executeLargeUpdate" ->
              args == null ? executePrepared(method) : executeText(method, args);
          case "executeBatch", "executeLargeBatch" -> executeBatch(method);
          case "addBatch" -> addBatch(method, args);
          case "clearBatch" -> clearBatch(method);
          case "clearParameters" -> clearParameters(method);
          case "getConnection" -> connection.proxy();
          case "unwrap" -> SeamConnection.unwrap(self, (Class<?>) args[0]);
          case "isWrapperFor" -> ((Class<?>) args[0]).isInstance(self);
          default -> {
            if (method.getName().startsWith("set") && args.length >= 2) {
              bind(method, args);
            }
            yield SeamConnection.call(raw, method, args);
          }
        };
    return connection.guarded(method, result, (Statement) self);
  }

  private Object executePrepared(Method method) throws Throwable {
    return connection.execute(
        preparedSql,
        List.of(bound()),
        OnBusy.TRY_AGAIN,
        () -> SeamConnection.call(raw, method, null));
  }

  private Object executeText(Method method, Object[] args) throws Throwable {
    String sql = connection.effective((String) args[0]);
    Object[] effectiveArgs = args.clone();
    effectiveArgs[0] = sql;
    return connection.execute(
        sql,
        SeamConnection.NO_BINDS,
        OnBusy.TRY_AGAIN,
        () -> SeamConnection.call(raw, method, effectiveArgs));
  }

  private Object executeBatch(Method method) throws Throwable {
    List<List<?>> rows = List.copyOf(batchBinds);
    String sql = batchSql.isEmpty() ? preparedSql : String.join(";\n", batchSql);
    batchBinds.clear();
    batchSql.clear();
    return connection.execute(sql, rows, OnBusy.FAIL, () -> SeamConnection.call(raw, method, null));
  }

  private Object addBatch(Method method, Object[] args) throws Throwable {
    if (args == null) {
      batchBinds.add(bound());
    } else {
      batchSql.add((String) args[0]);
      if (batchBinds.isEmpty()) {
        batchBinds.add(List.of());
      }
    }
    return SeamConnection.call(raw, method, args);
  }

  private Object clearBatch(Method method) throws Throwable {
    batchBinds.clear();
    batchSql.clear();
    return SeamConnection.call(raw, method, null);
  }

  private Object clearParameters(Method method) throws Throwable {
    binds.clear();
    return SeamConnection.call(raw, method, null);
  }

  private void bind(Method method, Object[] args) throws SQLException {
    Object value = method.getName().equals("setNull") ? null : args[1];
    if (value instanceof InputStream || value instanceof Reader) {
      throw new SQLFeatureNotSupportedException(
          "The simulated disk records what is bound, and a stream can be read only once."
              + " Bind bytes or text.");
    }
    int index = (Integer) args[0] - 1;
    while (binds.size() <= index) {
      binds.add(null);
    }
    if (index >= 0) {
      binds.set(index, value);
    }
  }

  private List<?> bound() {
    return Collections.unmodifiableList(new ArrayList<>(binds));
  }
}
