package dev.oversqlite4j.spi;

import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import java.util.function.Function;

/**
 * The local database, as the workflows see it: claimed once, then a sequence of short transactions.
 *
 * <p>One operation uses a store at a time (the client's gate sees to it); {@link #close()} may be
 * called from any thread. Storage trouble surfaces as {@code DatabaseBusyException}, {@code
 * DatabaseFullException}, {@code DatabaseReadOnlyException}, {@code DatabaseIoException}, {@code
 * NotADatabaseException} or {@code LocalWriteFailedException}; each of them means that the
 * transaction was rolled back.
 */
public interface LocalStore extends AutoCloseable {

  /**
   * Opens the database, takes its ownership (spec 1.1.4) and validates {@code schema} against it by
   * reads only (spec 3): a refused configuration leaves the file as it was and ownership free.
   *
   * @throws dev.oversqlite4j.InvalidConfigurationException a rule of spec 3 does not hold
   * @throws dev.oversqlite4j.DatabaseAlreadyOwnedException another client owns the database
   */
  void claim(SyncSchema schema, SyncOptions options);

  /** Translates rows between their local and their wire form; usable after {@link #claim}. */
  RowCodec codec();

  /**
   * Runs {@code work} in one {@code BEGIN IMMEDIATE … COMMIT}; any throwable rolls everything back
   * and is passed on. The transaction object is dead afterwards.
   */
  <R> R write(Function<? super LocalTransaction, ? extends R> work);

  /** Runs {@code work} on one consistent read snapshot. Writing through it is an error. */
  <R> R read(Function<? super LocalTransaction, ? extends R> work);

  /**
   * Empties the write-ahead log, so that what the last commits removed is not left there either.
   * Best effort: logs a warning if a reader of another connection prevents it, or the disk fails.
   */
  void truncateLog();

  /** Releases the ownership and the connection. Idempotent; writes nothing. */
  @Override
  void close();
}
