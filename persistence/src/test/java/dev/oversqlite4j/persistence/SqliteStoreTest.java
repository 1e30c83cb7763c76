package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.DatabaseAlreadyOwnedException;
import dev.oversqlite4j.DatabaseBusyException;
import dev.oversqlite4j.DatabaseFullException;
import dev.oversqlite4j.DatabaseIoException;
import dev.oversqlite4j.DatabaseReadOnlyException;
import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.NotADatabaseException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OwnershipLock;
import dev.oversqlite4j.spi.RowKey;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

class SqliteStoreTest {

  private static final RowKey P1 = new RowKey("person", "{\"id\":\"p1\"}");

  @TempDir Path directory;
  private TestDatabase db;

  @BeforeEach
  void create() {
    db = TestDatabase.in(directory, TestDatabase.PEOPLE);
  }

  @AfterEach
  void close() {
    db.close();
  }

  private static SQLiteDataSource source(String url) {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl(url);
    return source;
  }

  private SqliteStore overFile() {
    return SqliteStore.over(source("jdbc:sqlite:" + db.file));
  }

  private static void claim(SqliteStore store) {
    store.claim(TestDatabase.people(), TestDatabase.options());
  }

  @Test
  void w39OneStorePerDatabaseHoweverItIsNamed() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link.db"), db.file);
    try (SqliteStore owner = db.claimed()) {
      for (SqliteStore second :
          List.of(SqliteStore.at(db.file), SqliteStore.at(link), overFile())) {
        assertThrows(DatabaseAlreadyOwnedException.class, () -> claim(second));
      }
    }
    try (SqliteStore next = overFile()) {
      claim(next);
      assertThrows(DatabaseAlreadyOwnedException.class, () -> db.claimed());
    }
    db.claimed().close();
  }

  @Test
  void w39WhoeverLocksTheLockFileOwnsTheDatabase() throws Exception {
    db.claimed().close();
    Path beside = directory.resolve("app.db.oversqlite-lock");
    try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
      channel.lock();
      assertThrows(DatabaseAlreadyOwnedException.class, () -> db.claimed());
    }
    db.claimed().close();
  }

  @Test
  void databasesInMemoryAreOwnedByConnection() {
    try (SqliteStore one = SqliteStore.over(source("jdbc:sqlite::memory:"));
        SqliteStore two = SqliteStore.over(source("jdbc:sqlite::memory:"))) {
      SyncSchema empty = SyncSchema.of("business").build();
      one.claim(empty, TestDatabase.options());
      two.claim(empty, TestDatabase.options());
      assertEquals(0L, two.<Long>write(TestDatabase::install));
    }
  }

  @Test
  void anIdentityIsClaimedOnceAtATime() {
    OwnershipLock.Claim claim = new FileOwnership().tryClaim("memory:1").orElseThrow();
    assertEquals(Optional.empty(), new FileOwnership().tryClaim("memory:1"));
    claim.close();
    OwnershipLock.Claim next = new FileOwnership().tryClaim("memory:1").orElseThrow();
    claim.close();
    assertEquals(Optional.empty(), new FileOwnership().tryClaim("memory:1"), "closed twice");
    next.close();
  }

  @Test
  void anOwnershipLockOfTheOptionsReplacesTheDefault() {
    List<String> events = new ArrayList<>();
    OwnershipLock lock =
        database -> {
          events.add("claim " + Path.of(database).getFileName());
          return Optional.of(() -> events.add("release"));
        };
    SqliteStore store = SqliteStore.at(db.file);
    store.claim(TestDatabase.people(), TestDatabase.optionsBuilder().ownershipLock(lock).build());
    store.close();
    store.close();
    assertEquals(List.of("claim app.db", "release"), events);
  }

  @Test
  void aPathMayHoldWhatUrlsTakeForSyntax() throws Exception {
    Path odd = Files.createDirectory(directory.resolve("a b?c#d%20&é"));
    Path file = Files.copy(db.file, odd.resolve("x?y.db"));
    try (SqliteStore store = SqliteStore.at(file)) {
      claim(store);
      store.write(TestDatabase::install);
      assertTrue(Files.exists(odd.resolve("x?y.db-wal")));
    }
  }

  @Test
  void whatIsNoDatabaseIsNamedSo() throws Exception {
    Path file = Files.writeString(directory.resolve("text.db"), "no database ".repeat(100));
    byte[] before = Files.readAllBytes(file);
    SqliteStore store = SqliteStore.at(file);
    assertThrows(NotADatabaseException.class, () -> claim(store));
    assertArrayEquals(before, Files.readAllBytes(file));
    assertThrows(NotADatabaseException.class, () -> claim(store), "ownership is free again");
  }

  @Test
  void aReadOnlyDatabaseIsNamedSo() {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    SQLiteDataSource readOnly = new SQLiteDataSource(config);
    readOnly.setUrl("jdbc:sqlite:" + db.file);
    try (SqliteStore store = SqliteStore.over(readOnly)) {
      claim(store);
      assertThrows(DatabaseReadOnlyException.class, () -> store.write(TestDatabase::install));
    }
  }

  @Test
  void aLockedDatabaseIsBusy() throws SQLException {
    try (SqliteStore store = db.installed()) {
      db.run("BEGIN IMMEDIATE");
      // Asks for the lock once instead of for five seconds.
      store.read(
          tx -> {
            try (Statement statement = tx.journal().unwrap(Connection.class).createStatement()) {
              return statement.execute("PRAGMA busy_timeout = 0");
            } catch (SQLException failed) {
              throw new AssertionError(failed);
            }
          });
      assertThrows(DatabaseBusyException.class, () -> store.write(tx -> 0));
      db.run("ROLLBACK");
      assertEquals(1, store.<Integer>write(tx -> 1));
    }
  }

  @Test
  void aFullDatabaseRollsBack() throws SQLException {
    try (SqliteStore store = db.installed()) {
      store.write(tx -> pragma(tx, "PRAGMA max_page_count = 1"));
      assertThrows(
          DatabaseFullException.class,
          () ->
              store.write(
                  tx -> {
                    tx.dirtyRows()
                        .put(P1, RowOperation.UPDATE, 1, Optional.of("x".repeat(500_000)));
                    return null;
                  }));
      assertEquals(0L, store.<Long>read(tx -> tx.dirtyRows().count()));
    }
  }

  /** The driver finalises a statement that was interrupted; the next transaction needs another. */
  @Test
  void whatFailedOnceWorksAgain() throws SQLException {
    try (SqliteStore store = db.installed()) {
      Connection lent = store.read(tx -> tx.journal().unwrap(Connection.class));
      Connection connection = lent.unwrap(SQLiteConnection.class);
      for (int instructions = 1; instructions < 200; instructions++) {
        interruptAfter(connection, instructions);
        try {
          store.write(tx -> deleteMarker(tx));
        } catch (DatabaseIoException interrupted) {
          ProgressHandler.clearHandler(connection);
          assertEquals(1, store.<Integer>write(tx -> deleteMarker(tx)));
        }
        ProgressHandler.clearHandler(connection);
      }
      assertEquals(1L, store.<Long>read(tx -> tx.dirtyRows().count()));
    }
  }

  private static int deleteMarker(LocalTransaction tx) {
    tx.dirtyRows().put(P1, RowOperation.DELETE, 1, Optional.empty());
    return 1;
  }

  private static void interruptAfter(Connection connection, int instructions) throws SQLException {
    ProgressHandler.setHandler(
        connection,
        instructions,
        new ProgressHandler() {
          @Override
          protected int progress() {
            return 1;
          }
        });
  }

  private static boolean pragma(LocalTransaction tx, String sql) {
    try (Statement statement = tx.journal().unwrap(Connection.class).createStatement()) {
      return statement.execute(sql);
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void anErrorRollsBackAndPassesThrough() {
    AssertionError error = new AssertionError("crash");
    try (SqliteStore store = db.installed()) {
      AssertionError thrown =
          assertThrows(
              AssertionError.class,
              () ->
                  store.write(
                      tx -> {
                        tx.dirtyRows().put(P1, RowOperation.DELETE, 1, Optional.empty());
                        throw error;
                      }));
      assertSame(error, thrown);
      assertEquals(0, thrown.getSuppressed().length);
      assertEquals(0L, store.<Long>read(tx -> tx.dirtyRows().count()));
    }
  }

  /** A connection that dies at a statement: its error must come out, not that of the rollback. */
  @Test
  void anErrorOfTheConnectionIsNotMaskedByAFailingRollback() {
    AtomicReference<Error> dead = new AtomicReference<>();
    SQLiteDataSource real = source("jdbc:sqlite:" + db.file);
    DataSource dying = proxy(DataSource.class, real, dead);
    SqliteStore store = SqliteStore.over(dying);
    claim(store);
    store.write(TestDatabase::install);
    AssertionError crash = new AssertionError("simulated crash");
    AssertionError thrown =
        assertThrows(
            AssertionError.class,
            () ->
                store.write(
                    tx -> {
                      dead.set(crash);
                      return tx.dirtyRows().count();
                    }));
    assertSame(crash, thrown);
    dead.set(null);
    store.close();
  }

  /** Passes calls on until there is an error to throw, down to the statements. */
  private static <T> T proxy(Class<T> type, Object real, AtomicReference<Error> dead) {
    return type.cast(
        Proxy.newProxyInstance(
            SqliteStoreTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (dead.get() != null) {
                throw dead.get();
              }
              try {
                Object result = method.invoke(real, arguments);
                boolean seam = result instanceof Connection || result instanceof Statement;
                return seam ? proxy(method.getReturnType(), result, dead) : result;
              } catch (InvocationTargetException failed) {
                throw failed.getCause();
              }
            }));
  }

  @Test
  void aFailedCommitRollsBack() throws SQLException {
    try (SqliteStore store = db.installed()) {
      assertThrows(
          LocalWriteFailedException.class,
          () ->
              store.write(
                  tx -> {
                    tx.rows()
                        .authoritative(
                            () ->
                                tx.rows()
                                    .upsertLocal(
                                        new RowKey("note", "{\"id\":\"01\"}"),
                                        "{\"id\":\"01\",\"person_id\":\"nobody\",\"ref\":null,"
                                            + "\"body\":null}"));
                    return null;
                  }));
      assertEquals(List.of(), db.rows("SELECT id FROM note"));
      assertEquals(List.of("0"), db.rows("SELECT apply_mode FROM _sync_apply_state"));
      assertEquals(1, store.<Integer>write(tx -> 1));
    }
  }

  @Test
  void halfAnAuthoritativeWriteCannotCommit() throws SQLException {
    try (SqliteStore store = db.installed()) {
      assertThrows(
          IllegalStateException.class,
          () ->
              store.write(
                  tx -> {
                    assertThrows(
                        IllegalArgumentException.class,
                        () ->
                            tx.rows()
                                .authoritative(
                                    () -> {
                                      throw new IllegalArgumentException();
                                    }));
                    return null;
                  }));
      assertEquals(List.of("0"), db.rows("SELECT apply_mode FROM _sync_apply_state"));
    }
  }

  @Test
  void readingTransactionsRefuseWritesAndSeeOneSnapshot() throws SQLException {
    try (SqliteStore store = db.installed()) {
      assertThrows(
          IllegalStateException.class,
          () ->
              store.read(
                  tx -> {
                    tx.dirtyRows().remove(P1);
                    return null;
                  }));
      long seen =
          store.read(
              tx -> {
                long before = tx.dirtyRows().count();
                try {
                  db.run("INSERT INTO person (id) VALUES ('p1')");
                } catch (SQLException failed) {
                  throw new AssertionError(failed);
                }
                return tx.dirtyRows().count() - before;
              });
      assertEquals(0, seen);
    }
  }

  @Test
  void theAppWritesBetweenTransactionsAndIsSeen() throws SQLException {
    try (SqliteStore store = db.installed()) {
      for (int i = 1; i <= 3; i++) {
        db.run("INSERT INTO person (id) VALUES (?)", "p" + i);
        assertEquals(i, store.<Long>read(tx -> tx.dirtyRows().count()));
        store.write(
            tx -> {
              tx.attachment().bindSource("s");
              return null;
            });
      }
      assertEquals(List.of("wal"), db.rows("PRAGMA journal_mode"));
    }
  }

  @Test
  void theJournalModeOfADataSourceStays() throws SQLException {
    try (SqliteStore store = overFile()) {
      claim(store);
      store.write(TestDatabase::install);
      assertEquals(List.of("delete"), db.rows("PRAGMA journal_mode"));
    }
  }

  @Test
  void aTransactionIsDeadAfterItsEndAndTheStoreAfterItsClose() {
    SqliteStore store = db.installed();
    LocalTransaction dead = store.<LocalTransaction>read(tx -> tx);
    assertThrows(IllegalStateException.class, () -> dead.dirtyRows().count());
    assertThrows(
        IllegalStateException.class, () -> store.write(tx -> store.<Integer>write(inner -> 1)));
    store.close();
    assertThrows(ClientClosedException.class, () -> store.write(tx -> 1));
    assertThrows(ClientClosedException.class, store::codec);
  }

  @Test
  void closingDuringATransactionTakesEffectAtItsEnd() {
    SqliteStore store = db.installed();
    store.write(
        tx -> {
          store.close();
          tx.dirtyRows().put(P1, RowOperation.DELETE, 1, Optional.empty());
          assertThrows(DatabaseAlreadyOwnedException.class, () -> db.claimed());
          return null;
        });
    try (SqliteStore next = db.claimed()) {
      assertEquals(1L, next.<Long>read(tx -> tx.dirtyRows().count()));
    }
  }
}
