package dev.oversqlite4j.simulator.planted;

import dev.oversqlite4j.spi.LocalTransaction;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;

/**
 * One method of one port that does something else than it should.
 *
 * @param port the interface
 * @param method its method; all overloads
 * @param caller on whose behalf: {@code Replay} or {@code Replay.replayUploaded} of the workflows;
 *     empty for everybody
 * @param act what it does instead
 */
record Tampering(Class<?> port, String method, Optional<String> caller, Act act) {

  private static final String WORKFLOWS = "dev.oversqlite4j.sync.";

  Tampering {
    if (Arrays.stream(port.getMethods()).noneMatch(m -> m.getName().equals(method))) {
      throw new IllegalArgumentException(port.getSimpleName() + " has no method " + method);
    }
    caller.ifPresent(Tampering::requireClass);
  }

  /** What a tampered method does. */
  @FunctionalInterface
  interface Act {
    Object on(Call call) throws Throwable;
  }

  /** Whoever calls. */
  static Tampering of(Class<?> port, String method, Act act) {
    return new Tampering(port, method, Optional.empty(), act);
  }

  /** Called by, or on the way from, one workflow. */
  static Tampering in(String caller, Class<?> port, String method, Act act) {
    return new Tampering(port, method, Optional.of(caller), act);
  }

  boolean concerns(Class<?> called, Method calledMethod) {
    return port == called
        && calledMethod.getName().equals(method)
        && caller.map(Tampering::isOnTheStack).orElse(true);
  }

  private static void requireClass(String caller) {
    try {
      Class.forName(WORKFLOWS + caller.split("\\.")[0]);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("there is no workflow " + caller, e);
    }
  }

  /** Lambdas count as the method they are written in. */
  private static boolean isOnTheStack(String caller) {
    int dot = caller.indexOf('.');
    String type = WORKFLOWS + (dot < 0 ? caller : caller.substring(0, dot));
    String name = dot < 0 ? "" : caller.substring(dot + 1);
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    f ->
                        f.getClassName().startsWith(type)
                            && (f.getClassName().length() == type.length()
                                || f.getClassName().charAt(type.length()) == '$')
                            && (name.isEmpty()
                                || f.getMethodName().equals(name)
                                || f.getMethodName().startsWith("lambda$" + name + "$"))));
  }

  /**
   * A call of a tampered method, about to be made.
   *
   * @param process what outlives the transaction
   * @param transaction the transaction it is made in, if it is in one
   */
  record Call(
      TamperedParts.Process process,
      Optional<LocalTransaction> transaction,
      Object target,
      Method method,
      Object[] args) {

    /** Makes the call as it was meant. */
    Object proceed() throws Throwable {
      try {
        return method.invoke(target, args);
      } catch (InvocationTargetException thrown) {
        throw thrown.getCause();
      }
    }

    /** Makes it with another argument. */
    Object proceedWith(int index, Object arg) throws Throwable {
      Object[] other = args.clone();
      other[index] = arg;
      return new Call(process, transaction, target, method, other).proceed();
    }

    @SuppressWarnings("unchecked")
    <T> T arg(int index) {
      return (T) args[index];
    }

    LocalTransaction tx() {
      return transaction.orElseThrow();
    }

    /** Runs a statement on the store's connection, in its transaction if there is one. */
    void sql(String text) throws SQLException {
      // Tells the store that what it remembers of this transaction may be wrong.
      transaction.ifPresent(tx -> tx.journal().unwrap(Connection.class));
      try (Statement statement = process.connection().createStatement()) {
        statement.execute(text);
      }
    }

    /** Ends the transaction in its middle and begins the next one. */
    void split() throws SQLException {
      sql("COMMIT");
      sql("BEGIN IMMEDIATE");
    }
  }
}
