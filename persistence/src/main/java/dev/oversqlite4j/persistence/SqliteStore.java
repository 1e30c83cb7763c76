package dev.oversqlite4j.persistence;

import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.DatabaseAlreadyOwnedException;
import dev.oversqlite4j.DatabaseBusyException;
import dev.oversqlite4j.DatabaseIoException;
import dev.oversqlite4j.DatabaseReadOnlyException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.LocalStore;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OwnershipLock;
import dev.oversqlite4j.spi.RowCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteDataSource;

/**
 * The local database in SQLite. Nothing is opened before {@link #claim}; from then until {@link
 * #close} the store holds one connection, with foreign keys enforced.
 *
 * <p>The app may read and write the same file through connections of its own at any time; a
 * transaction of the store waits for their locks for a few seconds before it gives up with {@code
 * DatabaseBusyException}.
 *
 * <p>Transactions are for one thread at a time; {@link #close} may come from any thread. If a
 * transaction is running then, it ends normally, and the connection and the ownership are released
 * right after it.
 */
public final class SqliteStore implements LocalStore {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);

  /** How long a transaction waits for another writer, in milliseconds. */
  private static final int BUSY_TIMEOUT_MS = 5_000;

  private static final SyncOperation OPEN = SyncOperation.OPEN;

  private final DataSource connections;
  private final Optional<Path> file;

  /** Guards the three fields below; never held while SQL runs. */
  private final Object monitor = new Object();

  private Optional<Claimed> claimed = Optional.empty();
  private boolean inTransaction;
  private boolean closeRequested;

  private SqliteStore(DataSource connections, Optional<Path> file) {
    this.connections = connections;
    this.file = file;
  }

  /**
   * A store in this file, which holds the app's tables already. {@link #claim} switches it to
   * write-ahead logging.
   */
  public static SqliteStore at(Path file) {
    SQLiteDataSource connections = new SQLiteDataSource();
    // As a URI, so that no character of the path is taken for a parameter.
    connections.setUrl("jdbc:sqlite:" + file.toAbsolutePath().toUri());
    return new SqliteStore(connections, Optional.of(file));
  }

  /**
   * A store in the database of this data source; {@link #claim} takes one connection, which nobody
   * else may use until {@link #close} gives it back. The journal mode stays as it is; on that
   * connection {@code foreign_keys}, {@code busy_timeout} and {@code synchronous} are set.
   */
  public static SqliteStore over(DataSource dataSource) {
    return new SqliteStore(Objects.requireNonNull(dataSource, "dataSource"), Optional.empty());
  }

  private record Claimed(
      Database database,
      OwnershipLock.Claim ownership,
      ManagedSchema schema,
      RowCodec codec,
      JournalTable journal,
      IdSource ids,
      LastCommit lastCommit) {

    void release() {
      try {
        database.close(SyncOperation.CLOSE);
      } finally {
        ownership.close();
      }
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException this store is claimed already
   * @throws dev.oversqlite4j.NotADatabaseException the file is something else
   * @throws dev.oversqlite4j.DatabaseReadOnlyException the file or its directory cannot be written
   * @throws dev.oversqlite4j.DatabaseBusyException another connection holds the database
   * @throws dev.oversqlite4j.DatabaseIoException the disk reports an error
   */
  @Override
  public void claim(SyncSchema schema, SyncOptions options) {
    Objects.requireNonNull(schema, "schema");
    synchronized (monitor) {
      if (claimed.isPresent()) {
        throw new IllegalStateException("the store is claimed already; close it first");
      }
      closeRequested = false;
    }
    if (file.isPresent() && !Files.exists(file.get())) {
      validateWithoutFile(schema);
    }
    OwnershipLock lock = options.ownershipLock().orElseGet(FileOwnership::new);
    Claimed opened =
        file.isPresent()
            ? claimFile(file.get(), lock, schema, options)
            : claimAny(lock, schema, options);
    synchronized (monitor) {
      if (!closeRequested) {
        claimed = Optional.of(opened);
        return;
      }
    }
    opened.release();
    throw new ClientClosedException(OPEN);
  }

  /** A missing file is refused like an empty one, but not created for it. */
  private static void validateWithoutFile(SyncSchema schema) {
    SQLiteDataSource memory = new SQLiteDataSource();
    memory.setUrl("jdbc:sqlite::memory:");
    Database database = connect(memory);
    try {
      validate(database, schema);
    } finally {
      database.close(OPEN);
    }
  }

  /** Ownership comes first: the database is not touched while somebody else has it. */
  private Claimed claimFile(Path path, OwnershipLock lock, SyncSchema schema, SyncOptions options) {
    OwnershipLock.Claim ownership = own(lock, canonical(path));
    try {
      Database database = connect(connections);
      try {
        return prepare(database, ownership, schema, options);
      } catch (Throwable any) {
        closeBecause(any, () -> database.close(OPEN));
        throw any;
      }
    } catch (Throwable any) {
      closeBecause(any, ownership::close);
      throw any;
    }
  }

  /** Only an open connection can tell which database it is. */
  private Claimed claimAny(OwnershipLock lock, SyncSchema schema, SyncOptions options) {
    Database database = connect(connections);
    try {
      OwnershipLock.Claim ownership = own(lock, identity(database));
      try {
        return prepare(database, ownership, schema, options);
      } catch (Throwable any) {
        closeBecause(any, ownership::close);
        throw any;
      }
    } catch (Throwable any) {
      closeBecause(any, () -> database.close(OPEN));
      throw any;
    }
  }

  private static void closeBecause(Throwable reason, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException | Error failed) {
      if (failed != reason) {
        reason.addSuppressed(failed);
      }
    }
  }

  private Claimed prepare(
      Database database, OwnershipLock.Claim ownership, SyncSchema schema, SyncOptions options) {
    database.execute(OPEN, "PRAGMA busy_timeout = " + BUSY_TIMEOUT_MS);
    database.execute(OPEN, "PRAGMA foreign_keys = ON");
    database.execute(OPEN, "PRAGMA synchronous = " + options.synchronous().name());
    ManagedSchema managed = validate(database, schema);
    if (file.isPresent()) {
      database.execute(OPEN, "PRAGMA journal_mode = WAL");
    }
    return new Claimed(
        database,
        ownership,
        managed,
        new SqliteRowCodec(managed, options.keyPolicy()),
        new JournalTable(options.clock()),
        options.idSource(),
        new LastCommit());
  }

  private static ManagedSchema validate(Database database, SyncSchema schema) {
    Sql sql = new Sql(database, Sql.Mode.READ, OPEN);
    try {
      // Inside, because an interrupt may come after the transaction has begun.
      database.begin(OPEN, "BEGIN");
      ManagedSchema managed = new SchemaValidation(sql).validate(schema);
      database.executeKept(OPEN, "COMMIT");
      return managed;
    } catch (Throwable any) {
      database.rollBack(any);
      throw any;
    } finally {
      sql.end();
    }
  }

  private static Database connect(DataSource connections) {
    try {
      Connection connection = connections.getConnection();
      // A pool may hand out connections that begin transactions of their own accord.
      if (!connection.getAutoCommit()) {
        connection.setAutoCommit(true);
      }
      return new Database(connection);
    } catch (SQLException failed) {
      throw StorageErrors.translate(OPEN, failed);
    }
  }

  private static OwnershipLock.Claim own(OwnershipLock lock, String database) {
    try {
      return lock.tryClaim(database).orElseThrow(() -> new DatabaseAlreadyOwnedException(database));
    } catch (UncheckedIOException failed) {
      throw unreachable(failed.getCause());
    }
  }

  /**
   * The path with links resolved. A missing file passed validation, so it is about to be created:
   * the resolved directory names it.
   */
  private static String canonical(Path path) {
    try {
      Path absolute = path.toAbsolutePath();
      return Files.exists(absolute)
          ? absolute.toRealPath().toString()
          : absolute.getParent().toRealPath().resolve(absolute.getFileName()).toString();
    } catch (IOException failed) {
      throw unreachable(failed);
    }
  }

  private static OversqliteException unreachable(IOException failed) {
    return failed instanceof AccessDeniedException
        ? new DatabaseReadOnlyException(OPEN, failed)
        : new DatabaseIoException(OPEN, failed);
  }

  /** The file SQLite reports, links resolved; a database in memory is its connection. */
  private static String identity(Database database) {
    Sql sql = new Sql(database, Sql.Mode.READ, OPEN);
    String reported =
        sql.first("SELECT file FROM pragma_database_list WHERE name = 'main'", r -> r.getString(1))
            .orElse("");
    return reported.isEmpty()
        ? "memory:" + System.identityHashCode(database.connection())
        : canonical(Path.of(reported));
  }

  @Override
  public RowCodec codec() {
    synchronized (monitor) {
      return claimed
          .orElseThrow(() -> new ClientClosedException(SyncOperation.LOCAL_ACCESS))
          .codec();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws ClientClosedException the store is not claimed, or closed
   * @throws IllegalStateException a transaction of this store is running already
   */
  @Override
  public <R> R write(Function<? super LocalTransaction, ? extends R> work) {
    return transact("BEGIN IMMEDIATE", Sql.Mode.WRITE, work);
  }

  /**
   * {@inheritDoc}
   *
   * @throws ClientClosedException the store is not claimed, or closed
   * @throws IllegalStateException a transaction of this store is running already, or {@code work}
   *     writes
   */
  @Override
  public <R> R read(Function<? super LocalTransaction, ? extends R> work) {
    return transact("BEGIN", Sql.Mode.READ, work);
  }

  @Override
  public void truncateLog() {
    Claimed store = enter();
    try {
      truncateLog(store.database, SyncOperation.DETACH);
    } catch (OversqliteException failed) {
      LOG.warn("The write-ahead log could not be emptied; what was removed is still in it", failed);
    } finally {
      leave();
    }
  }

  /** Returns whether nothing is left in it. */
  private static boolean truncateLog(Database database, SyncOperation op) {
    Sql sql = new Sql(database, Sql.Mode.READ, op);
    try {
      boolean prevented =
          sql.first("PRAGMA wal_checkpoint(TRUNCATE)", row -> row.getInt(1) != 0).orElse(false);
      if (prevented) {
        LOG.warn(
            "Another connection prevents the write-ahead log from being emptied; what was removed"
                + " stays in it until the next checkpoint. Close long-running reads, then call"
                + " vacuumAfterDetach().");
      }
      return !prevented;
    } finally {
      sql.end();
    }
  }

  /**
   * Rewrites the database so that no page, freed or half used, holds old bytes any more, and
   * empties the write-ahead log. Meant for after a completed {@code detach()}, which overwrites
   * what it removes but not what the app itself had deleted or changed before. Takes time and free
   * disk space in proportion to the database. Usable while the client is open, between its
   * operations, and after it was closed; other connections must not be reading or writing.
   *
   * @throws dev.oversqlite4j.DatabaseBusyException another connection uses the database, or this
   *     client does right now; old bytes may be left, try again
   * @throws dev.oversqlite4j.DatabaseFullException there is no space for the copy
   * @throws dev.oversqlite4j.DatabaseReadOnlyException the file cannot be written
   * @throws dev.oversqlite4j.DatabaseIoException the disk reports an error
   */
  public void vacuumAfterDetach() {
    SyncOperation op = SyncOperation.VACUUM_AFTER_DETACH;
    maintain(
        op,
        database -> {
          database.forgetStatements(op);
          database.execute(op, "VACUUM");
          if (!truncateLog(database, op)) {
            throw new DatabaseBusyException(op);
          }
        });
  }

  /**
   * Drops the capture triggers of every managed table, for a migration they are in the way of, such
   * as one that drops a column. The next {@code open()} installs them again and looks at all rows
   * once: it finds rows that were inserted or deleted meanwhile, but not which of the others were
   * changed. Call it on a closed client, or open the client again before the app writes.
   *
   * @throws dev.oversqlite4j.DatabaseBusyException another connection is writing, or this client is
   * @throws dev.oversqlite4j.DatabaseReadOnlyException the file cannot be written
   * @throws dev.oversqlite4j.DatabaseIoException the disk reports an error
   */
  public void dropTriggers() {
    SyncOperation op = SyncOperation.DROP_TRIGGERS;
    maintain(
        op,
        database -> {
          Sql sql = new Sql(database, Sql.Mode.WRITE, op);
          try {
            database.begin(op, "BEGIN IMMEDIATE");
            new Uninstallation(sql).dropTriggers();
            database.execute(op, "COMMIT");
          } catch (Throwable any) {
            database.rollBack(any);
            throw any;
          } finally {
            sql.end();
          }
        });
  }

  /** Runs work on the claimed connection, or on one of its own. */
  private void maintain(SyncOperation op, Consumer<Database> work) {
    boolean mine;
    synchronized (monitor) {
      mine = claimed.isPresent();
      if (mine && inTransaction) {
        throw new DatabaseBusyException(op);
      }
    }
    if (mine) {
      Claimed store = enter();
      try {
        work.accept(store.database);
      } finally {
        leave();
      }
      return;
    }
    Database database = connect(connections);
    try {
      database.execute(op, "PRAGMA busy_timeout = " + BUSY_TIMEOUT_MS);
      work.accept(database);
    } finally {
      database.close(op);
    }
  }

  private <R> R transact(
      String begin, Sql.Mode mode, Function<? super LocalTransaction, ? extends R> work) {
    Claimed store = enter();
    Sql sql = new Sql(store.database, mode, SyncOperation.LOCAL_ACCESS);
    try {
      try {
        // Inside, because an interrupt may come after the transaction has begun.
        store.database.begin(SyncOperation.LOCAL_ACCESS, begin);
        long version = sql.number("PRAGMA data_version");
        SqliteTransaction transaction =
            new SqliteTransaction(
                sql, store.schema, store.ids, store.journal, store.lastCommit.at(version));
        R result = work.apply(transaction);
        transaction.requireComplete();
        store.database.executeKept(SyncOperation.LOCAL_ACCESS, "COMMIT");
        store.lastCommit.keep(transaction.left(), version);
        return result;
      } catch (Throwable any) {
        store.lastCommit.forget();
        store.database.rollBack(any);
        throw any;
      }
    } finally {
      sql.end();
      leave();
    }
  }

  private Claimed enter() {
    synchronized (monitor) {
      Claimed store =
          claimed.orElseThrow(() -> new ClientClosedException(SyncOperation.LOCAL_ACCESS));
      if (closeRequested) {
        throw new ClientClosedException(SyncOperation.LOCAL_ACCESS);
      }
      if (inTransaction) {
        throw new IllegalStateException("a transaction of this store is running already");
      }
      inTransaction = true;
      return store;
    }
  }

  private void leave() {
    synchronized (monitor) {
      inTransaction = false;
    }
    if (closeRequestedWhileBusy()) {
      try {
        close();
      } catch (OversqliteException failed) {
        // The transaction has ended one way or the other; failing here would say it had not.
        LOG.warn("The database could not be closed after its last transaction", failed);
      }
    }
  }

  private boolean closeRequestedWhileBusy() {
    synchronized (monitor) {
      return closeRequested;
    }
  }

  @Override
  public void close() {
    Optional<Claimed> releasing;
    synchronized (monitor) {
      closeRequested = true;
      if (inTransaction) {
        return;
      }
      releasing = claimed;
      claimed = Optional.empty();
    }
    releasing.ifPresent(Claimed::release);
  }
}
