package dev.oversqlite4j.persistence;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/**
 * A connection lent to an effect. Its transaction is not the borrower's to end: a commit in the
 * middle of a step would keep half of it.
 */
final class BorrowedConnection {

  // JDBC savepoints are refused too: the driver starts a transaction of its own for them.
  private static final Set<String> REFUSED =
      Set.of("commit", "rollback", "setAutoCommit", "setSavepoint", "releaseSavepoint", "abort");

  private BorrowedConnection() {}

  static Connection of(Connection lent) {
    return (Connection)
        Proxy.newProxyInstance(
            BorrowedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> call(lent, method, arguments));
  }

  private static Object call(Connection lent, Method method, Object[] arguments) throws Throwable {
    String name = method.getName();
    if (REFUSED.contains(name)) {
      throw new SQLException(
          "Connection."
              + name
              + " is refused inside a step: the transaction ends with the step, which rolls back"
              + " if the effect throws. For a part that may fail use the statement SAVEPOINT.");
    }
    if (name.equals("close")) {
      // So that try-with-resources around it is harmless.
      return null;
    }
    if (name.equals("getAutoCommit")) {
      return false;
    }
    try {
      return method.invoke(lent, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }
}
