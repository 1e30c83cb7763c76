package dev.oversqlite4j.simulator.disk;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How far the write-ahead log of a database has got, and what a power cut leaves of it.
 *
 * <p>Read from the log and from its index in shared memory, whose formats SQLite documents and
 * never changes. For databases that are used by this Java process only, as {@link DatabaseImage}.
 */
public final class WriteAheadLog {

  private static final int HEADER_BYTES = 32;
  private static final int FRAME_HEADER_BYTES = 24;
  private static final int SALT_OFFSET = 16;
  private static final int PAGE_SIZE_OFFSET = 8;

  // The index: a header of 48 bytes, its copy, and then how far the checkpoints have got.
  private static final int INDEX_BYTES = 100;
  private static final int INDEX_FRAMES_OFFSET = 16;
  private static final int INDEX_SALT_OFFSET = 32;
  private static final int INDEX_BACKFILLED_OFFSET = 96;

  private static final int SECTOR_BYTES = 512;

  /**
   * A place in the log.
   *
   * @param salt which log: every restart gives it another one
   * @param frame how many frames come before it
   */
  public record Position(long salt, long frame) {}

  /**
   * The log at one moment.
   *
   * @param committed the end of the last commit
   * @param backfilled up to where a checkpoint has moved it into the file, and so synced it before
   */
  public record Reach(Position committed, Position backfilled) {}

  private WriteAheadLog() {}

  /**
   * How far the log has got.
   *
   * @param database with at least one open connection, or the log's index is not there
   * @return empty if there is nothing in the log that is not in the file
   * @throws IOException if a file cannot be read
   */
  public static Optional<Reach> reach(Path database) throws IOException {
    Path index = database.resolveSibling(database.getFileName() + "-shm");
    Path log = log(database);
    if (!Files.exists(index) || !Files.exists(log) || Files.size(log) < HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuffer shared = start(index, INDEX_BYTES).order(ByteOrder.nativeOrder());
    // Copied as bytes, as they stand in the log.
    long indexed = shared.order(ByteOrder.BIG_ENDIAN).getLong(INDEX_SALT_OFFSET);
    shared.order(ByteOrder.nativeOrder());
    if (indexed != start(log, HEADER_BYTES).getLong(SALT_OFFSET)) {
      // The log is about to begin anew: everything in it is in the file.
      return Optional.empty();
    }
    return Optional.of(
        new Reach(
            new Position(indexed, Integer.toUnsignedLong(shared.getInt(INDEX_FRAMES_OFFSET))),
            new Position(indexed, Integer.toUnsignedLong(shared.getInt(INDEX_BACKFILLED_OFFSET)))));
  }

  /**
   * The bytes of the log between two places.
   *
   * @throws IOException if the log cannot be read
   */
  public static long bytesBetween(Path database, Position from, Position to) throws IOException {
    return (to.frame() - from.frame()) * frameBytes(database);
  }

  /**
   * Ends the log that many bytes after a place.
   *
   * @param database a copy that nobody has opened
   * @throws IOException if the log cannot be written
   */
  public static void cut(Path database, Position after, long bytes) throws IOException {
    long end = offset(database, after) + bytes;
    try (RandomAccessFile log = new RandomAccessFile(log(database).toFile(), "rw")) {
      log.setLength(Math.min(end, log.length()));
    }
  }

  /**
   * Makes a sector of the log garbage, that many bytes after a place.
   *
   * @param database a copy that nobody has opened
   * @throws IOException if the log cannot be written
   */
  public static void garble(Path database, Position after, long bytes) throws IOException {
    long start = offset(database, after) + bytes;
    try (RandomAccessFile log = new RandomAccessFile(log(database).toFile(), "rw")) {
      byte[] sector = new byte[(int) Math.min(SECTOR_BYTES, log.length() - start)];
      log.seek(start);
      log.readFully(sector);
      for (int i = 0; i < sector.length; i++) {
        sector[i] = (byte) ~sector[i];
      }
      log.seek(start);
      log.write(sector);
    }
  }

  private static long offset(Path database, Position position) throws IOException {
    return HEADER_BYTES + position.frame() * frameBytes(database);
  }

  private static long frameBytes(Path database) throws IOException {
    int pageBytes = start(log(database), HEADER_BYTES).getInt(PAGE_SIZE_OFFSET);
    return FRAME_HEADER_BYTES + pageBytes;
  }

  // A FileChannel closes when its thread is interrupted, as automatic downloads are at their end.
  private static ByteBuffer start(Path file, int length) throws IOException {
    byte[] bytes = new byte[length];
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      in.readNBytes(bytes, 0, length);
    }
    return ByteBuffer.wrap(bytes);
  }

  private static Path log(Path database) {
    return database.resolveSibling(database.getFileName() + "-wal");
  }
}
