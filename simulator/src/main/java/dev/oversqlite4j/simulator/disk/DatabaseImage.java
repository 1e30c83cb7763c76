package dev.oversqlite4j.simulator.disk;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Copies a database as a process crash leaves it: what has been written to the file and its logs,
 * nothing of what the process held in memory.
 *
 * <p>Meant for files used by this Java process only: on POSIX systems, closing the copied file
 * releases the locks that this process holds on it towards other processes.
 */
public final class DatabaseImage {

  // The shared-memory index is never copied: it is rebuilt from the WAL, as after a real crash.
  private static final List<String> LOGS = List.of("-wal", "-journal");

  private static final int BUFFER_BYTES = 1 << 16;
  private static final ThreadLocal<byte[]> BUFFERS =
      ThreadLocal.withInitial(() -> new byte[BUFFER_BYTES]);

  private DatabaseImage() {}

  /**
   * Copies the file and its write-ahead log, or its rollback journal, if it has one. What is at the
   * target is replaced.
   *
   * @param from the database as it is now; connections to it may be open
   * @param to the copy
   * @throws IOException if a file cannot be read or written
   */
  public static void copy(Path from, Path to) throws IOException {
    Files.deleteIfExists(beside(to, "-shm"));
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    for (String log : LOGS) {
      Path source = beside(from, log);
      if (Files.exists(source)) {
        Files.copy(source, beside(to, log), StandardCopyOption.REPLACE_EXISTING);
      } else {
        Files.deleteIfExists(beside(to, log));
      }
    }
  }

  /**
   * A checksum over all bytes that {@link #copy} would copy, and their number.
   *
   * @param file the database as it is now; connections to it may be open
   * @return equal for equal bytes, and most probably for no others
   * @throws IOException if a file cannot be read
   */
  public static long fingerprint(Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    byte[] buffer = BUFFERS.get();
    long length = update(checksum, file, buffer);
    for (String log : LOGS) {
      Path beside = beside(file, log);
      if (Files.exists(beside)) {
        length += update(checksum, beside, buffer);
      }
    }
    return length << Integer.SIZE ^ checksum.getValue();
  }

  // A FileChannel closes when its thread is interrupted, as automatic downloads are at their end.
  private static long update(CRC32C checksum, Path file, byte[] buffer) throws IOException {
    long length = 0;
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        length += read;
        checksum.update(buffer, 0, read);
      }
    }
    return length;
  }

  private static Path beside(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }
}
