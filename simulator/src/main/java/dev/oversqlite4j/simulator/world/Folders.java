package dev.oversqlite4j.simulator.world;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Temporary folders for the devices' files. */
public final class Folders {

  private static final String PREFIX = "oversqlite4j-sim-";
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  // Containers often have 64 MiB, which the devices of many threads would fill.
  private static final long MEMORY_WANTED_BYTES = 1L << 30;

  private Folders() {}

  /**
   * A new empty folder in memory where the system offers one with room, else as {@link #create()}.
   * A process crash keeps what has been written; whether a disk would have it makes no difference.
   */
  public static Path createInMemory() {
    try {
      boolean offered =
          Files.isDirectory(SHARED_MEMORY)
              && Files.isWritable(SHARED_MEMORY)
              && Files.getFileStore(SHARED_MEMORY).getUsableSpace() >= MEMORY_WANTED_BYTES;
      return offered ? Files.createTempDirectory(SHARED_MEMORY, PREFIX) : create();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new empty folder below the system's temporary folder. */
  public static Path create() {
    try {
      return Files.createTempDirectory(PREFIX);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a folder and everything in it. */
  public static void delete(Path folder) {
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
