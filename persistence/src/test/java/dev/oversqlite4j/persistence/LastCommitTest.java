package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowKey;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.sqlite.SQLiteDataSource;

/** What a transaction takes over from the one before it is what it would have read. */
class LastCommitTest {

  private static final String MACHINE = "door/front";
  private static final String SOURCE = "s1";

  /** What may happen to a database between two transactions, and in them. */
  enum Command {
    READ,
    ADVANCE,
    READ_AND_ADVANCE,
    ADVANCE_AND_READ,
    ADVANCE_READ_AND_ROLL_BACK,
    APPEND,
    READ_AND_APPEND,
    APPEND_AND_READ,
    APPEND_READ_AND_ROLL_BACK,
    READ_AND_FOLD,
    READ_AND_WRITE_PAST_THE_STORE,
    VACUUM,
    OTHER_CONNECTION_ADVANCES,
    OTHER_CONNECTION_APPENDS
  }

  private record Seen(ControlState control, Optional<JournalEntry> head) {

    static Seen in(LocalTransaction tx) {
      return new Seen(tx.controlState(), tx.journal().head(MACHINE));
    }
  }

  private static final class Undone extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Property(seed = "20261126", tries = 150)
  void isWhatItWouldHaveRead(@ForAll @Size(min = 1, max = 20) List<Command> commands)
      throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(TestDatabase.PEOPLE);
        SqliteStore store = db.installed()) {
      attach(store);
      AtomicInteger checkpoint = new AtomicInteger();
      for (Command command : commands) {
        run(command, store, db, checkpoint);
      }
      assertEquals(fresh(db), store.read(Seen::in), commands::toString);
    }
  }

  private static void run(
      Command command, SqliteStore store, TestDatabase db, AtomicInteger checkpoint)
      throws SQLException {
    Consumer<LocalTransaction> advance =
        tx -> tx.attachment().bind(attached(checkpoint.incrementAndGet()));
    Consumer<LocalTransaction> append = tx -> append(tx.journal());
    Consumer<LocalTransaction> look = Seen::in;
    Consumer<LocalTransaction> undo =
        tx -> {
          throw new Undone();
        };
    switch (command) {
      case READ -> store.read(Seen::in);
      case ADVANCE -> write(store, advance);
      case READ_AND_ADVANCE -> write(store, look.andThen(advance));
      case ADVANCE_AND_READ -> write(store, advance.andThen(look));
      case ADVANCE_READ_AND_ROLL_BACK ->
          assertThrows(Undone.class, () -> write(store, advance.andThen(look).andThen(undo)));
      case APPEND -> write(store, append);
      case READ_AND_APPEND -> write(store, look.andThen(append));
      case APPEND_AND_READ -> write(store, append.andThen(look));
      case APPEND_READ_AND_ROLL_BACK ->
          assertThrows(Undone.class, () -> write(store, append.andThen(look).andThen(undo)));
      case READ_AND_FOLD -> write(store, look.andThen(tx -> tx.erasure().foldJournal(MACHINE)));
      case READ_AND_WRITE_PAST_THE_STORE ->
          write(store, look.andThen(tx -> advancePast(tx.journal().connection(), checkpoint)));
      case VACUUM -> store.vacuumAfterDetach();
      case OTHER_CONNECTION_ADVANCES -> advancePast(db.app, checkpoint);
      case OTHER_CONNECTION_APPENDS ->
          SqliteJournal.over(Orders.file(db.file), Orders.CLOCK)
              .transact(
                  tx -> {
                    append(tx);
                    return null;
                  });
    }
  }

  /** As a process reads it that comes anew. */
  private static Seen fresh(TestDatabase db) {
    try (SqliteStore store = SqliteStore.at(db.file)) {
      store.claim(
          TestDatabase.people(),
          TestDatabase.optionsBuilder().ownershipLock(file -> Optional.of(() -> {})).build());
      return store.read(Seen::in);
    }
  }

  private static void write(SqliteStore store, Consumer<LocalTransaction> work) {
    store.write(
        tx -> {
          work.accept(tx);
          return null;
        });
  }

  private static void attach(SqliteStore store) {
    write(
        store,
        tx -> {
          tx.sources().ensure(SOURCE);
          tx.attachment().bindSource(SOURCE);
          tx.attachment().bind(attached(0));
          append(tx.journal());
        });
  }

  private static Attached attached(long checkpoint) {
    return new Attached("ada", checkpoint, false, Optional.empty());
  }

  private static void append(JournalTransaction tx) {
    tx.append(MACHINE, "PUSH", "SHUT", "OPEN", "op", Facts.none());
  }

  private static void advancePast(Connection connection, AtomicInteger checkpoint) {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "UPDATE _sync_attachment_state SET last_bundle_seq_seen = "
              + checkpoint.incrementAndGet());
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  /** A commit that reports an error may have happened. */
  @Test
  void isForgottenWhenNobodyKnowsWhatWasCommitted() {
    AtomicBoolean failing = new AtomicBoolean();
    try (TestDatabase db = TestDatabase.temporary(TestDatabase.PEOPLE);
        SqliteStore store = SqliteStore.over(committingWithAnError(db, failing))) {
      store.claim(TestDatabase.people(), TestDatabase.options());
      store.write(TestDatabase::install);
      attach(store);
      store.read(Seen::in);
      failing.set(true);
      assertThrows(
          OversqliteException.class, () -> write(store, tx -> tx.attachment().bind(attached(7))));
      failing.set(false);
      // Before anybody else comes: nothing but the error says that it is not what it was.
      assertEquals(Optional.of(attached(7)), store.read(Seen::in).control().attached());
    }
  }

  @Test
  void isNoRowOfAJournalThatWasTakenOut() {
    try (TestDatabase db = TestDatabase.temporary(TestDatabase.PEOPLE);
        SqliteStore store = db.installed()) {
      attach(store);
      write(
          store,
          tx -> {
            assertTrue(tx.journal().head(MACHINE).isPresent());
            tx.installation().uninstall(MACHINE);
          });
      assertEquals(Optional.empty(), store.read(tx -> tx.journal().head(MACHINE)));
    }
  }

  /** Such a question takes a step for each frozen row. */
  @Test
  void sparesTheNextTransactionToCountTheOutbox() {
    int rows = 5_000;
    AtomicLong steps = new AtomicLong();
    try (TestDatabase db = TestDatabase.temporary(TestDatabase.PEOPLE);
        SqliteStore store = SqliteStore.over(counting(db, steps))) {
      store.claim(TestDatabase.people(), TestDatabase.options());
      store.write(TestDatabase::install);
      attach(store);
      write(
          store,
          tx ->
              tx.outbox()
                  .prepare(
                      new OutboxState.Bundle(SOURCE, 1, Optional.empty(), "0".repeat(64), rows),
                      LongStream.range(0, rows).mapToObj(LastCommitTest::deletion).toList()));
      assertTrue(stepsOf(steps, () -> store.read(Seen::in)) >= rows);
      assertTrue(stepsOf(steps, () -> store.read(Seen::in)) < rows / 2);
      assertTrue(
          stepsOf(
                  steps,
                  () ->
                      write(
                          store,
                          tx -> {
                            append(tx.journal());
                            Seen.in(tx);
                          }))
              < rows / 2);
      assertTrue(stepsOf(steps, () -> store.read(Seen::in)) < rows / 2);
    }
  }

  private static FrozenRow deletion(long ordinal) {
    RowKey key = new RowKey("person", "{\"id\":\"p" + ordinal + "\"}");
    return new FrozenRow(
        ordinal, key, key.keyJson(), RowOperation.DELETE, 3, Optional.empty(), Optional.empty());
  }

  private static long stepsOf(AtomicLong steps, Runnable work) {
    long before = steps.get();
    work.run();
    return steps.get() - before;
  }

  private static DataSource counting(TestDatabase db, AtomicLong steps) {
    return wrapped(
        DataSource.class,
        source(db),
        (method, result) -> {
          if (result instanceof Connection connection) {
            OpenCostTest.count(connection, steps);
          }
          return result;
        });
  }

  private static DataSource committingWithAnError(TestDatabase db, AtomicBoolean failing) {
    return wrapped(
        DataSource.class,
        source(db),
        (opened, connection) ->
            wrapped(
                Connection.class,
                connection,
                (prepared, statement) ->
                    statement instanceof PreparedStatement
                        ? wrapped(
                            PreparedStatement.class,
                            statement,
                            (executed, result) -> {
                              if (executed.equals("execute")
                                  && failing.get()
                                  && statement.toString().contains("COMMIT")) {
                                throw new SQLException("disk I/O error");
                              }
                              return result;
                            })
                        : statement));
  }

  private static DataSource source(TestDatabase db) {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + db.file);
    return source;
  }

  /** Sees what a call returned and may return something else. */
  @FunctionalInterface
  private interface Afterwards {
    Object answer(String method, Object result) throws SQLException;
  }

  private static <T> T wrapped(Class<T> type, Object real, Afterwards afterwards) {
    return type.cast(
        Proxy.newProxyInstance(
            LastCommitTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              try {
                Object result = method.invoke(real, arguments);
                return result == null ? null : afterwards.answer(method.getName(), result);
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
            }));
  }
}
