package dev.oversqlite4j.persistence;

import dev.oversqlite4j.spi.OwnershipLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ownership by a set within the process and, for a database that is a file, a lock on a file beside
 * it across processes (spec 1.1.4). Never on the database itself: closing another descriptor of
 * that would drop SQLite's own locks. The lock file stays behind, unlocked: deleting it would let
 * two processes lock two files of the same name.
 */
final class FileOwnership implements OwnershipLock {

  private static final String SUFFIX = ".oversqlite-lock";

  /** Databases owned in this process; the one thing about ownership that outlives a store. */
  private static final Set<String> OWNED = ConcurrentHashMap.newKeySet();

  @Override
  public Optional<Claim> tryClaim(String canonicalDatabase) {
    if (!OWNED.add(canonicalDatabase)) {
      return Optional.empty();
    }
    boolean claimed = false;
    try {
      Path database = Path.of(canonicalDatabase);
      if (!database.isAbsolute() || !Files.exists(database)) {
        claimed = true;
        return Optional.of(new InProcess(canonicalDatabase));
      }
      Path beside = database.resolveSibling(database.getFileName() + SUFFIX);
      FileChannel channel =
          FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
      } finally {
        if (lock == null) {
          channel.close();
        }
      }
      claimed = lock != null;
      return claimed
          ? Optional.of(new AcrossProcesses(canonicalDatabase, channel))
          : Optional.empty();
    } catch (OverlappingFileLockException ownedByAnotherClassLoader) {
      return Optional.empty();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } finally {
      if (!claimed) {
        OWNED.remove(canonicalDatabase);
      }
    }
  }

  /** A claim on a database in memory, which no other process can reach. */
  private static class InProcess implements Claim {
    private final String database;
    private final AtomicBoolean held = new AtomicBoolean(true);

    InProcess(String database) {
      this.database = database;
    }

    @Override
    public void close() {
      if (held.compareAndSet(true, false)) {
        try {
          release();
        } finally {
          OWNED.remove(database);
        }
      }
    }

    void release() {}
  }

  private static final class AcrossProcesses extends InProcess {
    private final FileChannel channel;

    AcrossProcesses(String database, FileChannel channel) {
      super(database);
      this.channel = channel;
    }

    @Override
    void release() {
      try {
        channel.close();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
