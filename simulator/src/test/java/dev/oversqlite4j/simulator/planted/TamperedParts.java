package dev.oversqlite4j.simulator.planted;

import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.planted.Tampering.Call;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.BundleStage;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.DiscardedIntents;
import dev.oversqlite4j.spi.Erasure;
import dev.oversqlite4j.spi.Installation;
import dev.oversqlite4j.spi.LocalStore;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.Quarantine;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.Sources;
import dev.oversqlite4j.spi.Stage;
import dev.oversqlite4j.spi.SyncServer;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/** The real parts of a device but for some methods, and for the text of some statements. */
final class TamperedParts implements Parts {

  /** What a call on a port may answer that is a port itself. */
  private static final Set<Class<?>> ROLES =
      Set.of(
          Installation.class,
          Attachment.class,
          Sources.class,
          DirtyRows.class,
          Outbox.class,
          Stage.class,
          BundleStage.class,
          Rows.class,
          DiscardedIntents.class,
          Quarantine.class,
          Erasure.class,
          JournalTransaction.class,
          RowCodec.class);

  private final List<Tampering> tamperings;
  private final UnaryOperator<String> sql;

  TamperedParts(List<Tampering> tamperings, UnaryOperator<String> sql) {
    this.tamperings = List.copyOf(tamperings);
    this.sql = sql;
  }

  /** What one process of a device has in memory; gone with a crash. */
  static final class Process {
    private final Map<String, Object> memory = new HashMap<>();
    private Optional<Connection> connection = Optional.empty();

    Connection connection() {
      return connection.orElseThrow();
    }

    /** What a bug remembers where it should look again. */
    Map<String, Object> memory() {
      return memory;
    }
  }

  @Override
  public LocalStore store(LocalStore real, DataSource disk) {
    Process process = new Process();
    LocalStore store = SqliteStore.over(tampered(disk, process));
    return port(LocalStore.class, store, process, Optional.empty());
  }

  @Override
  public SyncServer server(SyncServer real) {
    return port(SyncServer.class, real, new Process(), Optional.empty());
  }

  private <T> T port(
      Class<T> type, T real, Process process, Optional<LocalTransaction> transaction) {
    return proxy(
        type,
        (method, args) -> {
          Object[] passed = args == null ? new Object[0] : args.clone();
          if (type == LocalStore.class
              && (method.getName().equals("write") || method.getName().equals("read"))) {
            passed[0] = inTransaction(process, args[0]);
          }
          Call call = new Call(process, transaction, real, method, passed);
          Optional<Tampering> tampering =
              tamperings.stream().filter(t -> t.concerns(type, method)).findFirst();
          Object result = tampering.isPresent() ? tampering.get().act().on(call) : call.proceed();
          if (result instanceof LocalTransaction tx) {
            return port(LocalTransaction.class, tx, process, Optional.of(tx));
          }
          return ROLES.contains(method.getReturnType())
              ? role(method.getReturnType(), result, process, transaction)
              : result;
        });
  }

  private Function<LocalTransaction, Object> inTransaction(Process process, Object work) {
    @SuppressWarnings("unchecked")
    Function<LocalTransaction, Object> real = (Function<LocalTransaction, Object>) work;
    return tx -> real.apply(port(LocalTransaction.class, tx, process, Optional.of(tx)));
  }

  private <T> T role(
      Class<T> type, Object real, Process process, Optional<LocalTransaction> transaction) {
    return port(type, type.cast(real), process, transaction);
  }

  private DataSource tampered(DataSource disk, Process process) {
    return proxy(
        DataSource.class,
        (method, args) -> {
          Object result = invoke(disk, method, args);
          if (!(result instanceof Connection connection)) {
            return result;
          }
          process.connection = Optional.of(connection);
          return proxy(Connection.class, (called, with) -> statement(connection, called, with));
        });
  }

  private Object statement(Connection connection, Method method, Object[] args) throws Throwable {
    Object result = invoke(connection, method, rewritten(args));
    return result instanceof Statement && method.getName().equals("createStatement")
        ? proxy(Statement.class, (called, with) -> invoke(result, called, rewritten(with)))
        : result;
  }

  private Object[] rewritten(Object[] args) {
    if (args == null || args.length == 0 || !(args[0] instanceof String text)) {
      return args;
    }
    Object[] other = args.clone();
    other[0] = sql.apply(text);
    return other;
  }

  private static Object invoke(Object target, Method method, Object[] args) throws Throwable {
    try {
      return method.invoke(target, args);
    } catch (java.lang.reflect.InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  @FunctionalInterface
  private interface Handler {
    Object call(Method method, Object[] args) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Handler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            TamperedParts.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> handler.call(method, args)));
  }
}
