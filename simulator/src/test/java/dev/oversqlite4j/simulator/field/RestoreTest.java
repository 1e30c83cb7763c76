package dev.oversqlite4j.simulator.field;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small trial; the build server runs large ones. */
class RestoreTest {

  @TempDir Path folder;

  /** As Java objects these rows would not fit into this heap. */
  @Test
  void anAccountLargerThanTheHeapIsRestored() {
    RestoreTrial.Report report = RestoreTrial.run(folder, 20_000, 24, 1, 1);
    System.out.println(report);
    assertEquals(1, report.killed());
  }
}
