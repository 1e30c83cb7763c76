package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.simulator.world.Folders;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** Somebody's database, looked at without changing it or leaving anything beside it. */
final class ReadOnlyDatabase implements AutoCloseable {

  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
  private static final int WRITE_VERSION_OFFSET = 18;
  private static final int WRITE_VERSION_WAL = 2;

  private final DataSource dataSource;
  private final Optional<Path> copy;

  private ReadOnlyDatabase(DataSource dataSource, Optional<Path> copy) {
    this.dataSource = dataSource;
    this.copy = copy;
  }

  /**
   * @throws UsageException if the file is not a SQLite database or cannot be read
   */
  static ReadOnlyDatabase open(Path file) {
    try {
      boolean wal = isWal(file);
      if (!wal || Files.exists(beside(file, "-shm"))) {
        // With a rollback journal, or with processes at work: SQLite's locks do the rest.
        return new ReadOnlyDatabase(dataSource(file, "mode=ro"), Optional.empty());
      }
      if (!Files.exists(beside(file, "-wal"))) {
        // Even a reader would create the log's files, unless it is told that nobody writes.
        return new ReadOnlyDatabase(dataSource(file, "mode=ro&immutable=1"), Optional.empty());
      }
      // A dead process left its log: a reader would have to build an index beside it.
      Path folder = Folders.create();
      Path copy = folder.resolve("copy.db");
      Files.copy(file, copy);
      Files.copy(beside(file, "-wal"), beside(copy, "-wal"));
      return new ReadOnlyDatabase(dataSource(copy, "mode=rw"), Optional.of(folder));
    } catch (IOException unreadable) {
      throw new UsageException(file + " cannot be read: " + unreadable, unreadable);
    }
  }

  private static boolean isWal(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          file + (Files.exists(file) ? " is not a file." : " does not exist."));
    }
    byte[] header;
    try (InputStream in = Files.newInputStream(file)) {
      header = in.readNBytes(WRITE_VERSION_OFFSET + 1);
    }
    if (header.length <= WRITE_VERSION_OFFSET
        || !Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new UsageException(file + " is not a SQLite database.");
    }
    return header[WRITE_VERSION_OFFSET] == WRITE_VERSION_WAL;
  }

  private static DataSource dataSource(Path file, String mode) {
    SQLiteConfig config = new SQLiteConfig();
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath().toUri().toString() + "?" + mode);
    return source;
  }

  private static Path beside(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  DataSource dataSource() {
    return dataSource;
  }

  @Override
  public void close() {
    copy.ifPresent(Folders::delete);
  }
}
