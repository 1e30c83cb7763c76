package dev.oversqlite4j.persistence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * A process that dies before or after its n-th statement: the database is copied as it lies on disk
 * at that moment, and from then on nothing of this process has any effect, its cleaning up
 * included.
 */
final class CrashingDataSource {

  enum When {
    BEFORE,
    AFTER
  }

  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final DataSource real;
  private final Path file;
  private final Path copy;
  private final int crashAt;
  private final When when;
  private final List<Connection> opened = new ArrayList<>();
  private int statements;
  private boolean dead;

  CrashingDataSource(DataSource real, Path file, Path copy, int crashAt, When when) {
    this.real = real;
    this.file = file;
    this.copy = copy;
    this.crashAt = crashAt;
    this.when = when;
  }

  DataSource dataSource() {
    return proxy(
        DataSource.class,
        (proxy, method, arguments) -> {
          Connection connection = (Connection) call(real, method, arguments);
          opened.add(connection);
          return connection(connection);
        });
  }

  /** After the copy was looked at: the operating system closes what a dead process left open. */
  void release() throws SQLException {
    for (Connection connection : opened) {
      connection.close();
    }
  }

  private Connection connection(Connection connection) {
    return proxy(
        Connection.class,
        (proxy, method, arguments) -> {
          Object result = call(connection, method, arguments);
          return result instanceof Statement statement
              ? statement(method.getReturnType(), statement)
              : result;
        });
  }

  private Object statement(Class<?> type, Statement statement) {
    return proxy(
        type,
        (proxy, method, arguments) -> {
          if (!method.getName().startsWith("execute")) {
            return call(statement, method, arguments);
          }
          int number = ++statements;
          if (number == crashAt && when == When.BEFORE) {
            crash();
          }
          Object result = call(statement, method, arguments);
          if (number == crashAt) {
            crash();
          }
          return result;
        });
  }

  private void crash() {
    try {
      for (String suffix : List.of("", "-wal", "-journal")) {
        Path source = Path.of(file + suffix);
        if (Files.exists(source)) {
          Files.copy(source, Path.of(copy + suffix));
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    dead = true;
    throw new Crash();
  }

  private Object call(Object target, Method method, Object[] arguments) throws Throwable {
    if (dead) {
      throw new Crash();
    }
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  private static <I> I proxy(Class<I> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            CrashingDataSource.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
