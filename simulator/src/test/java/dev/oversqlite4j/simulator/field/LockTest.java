package dev.oversqlite4j.simulator.field;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small trial; how long a lock takes is for a quiet machine to say. */
class LockTest {

  @TempDir Path folder;

  @Test
  void everyOperationIsMeasured() throws Exception {
    List<String> lines = LockTrial.run(folder, 50);
    assertEquals(9, lines.size(), lines.toString());
    for (String line : lines) {
      assertTrue(
          line.matches(
              "lock: .+: at most \\d+ ms, \\d+ ms of them computing \\([1-9]\\d* locks\\)"),
          line);
    }
  }
}
