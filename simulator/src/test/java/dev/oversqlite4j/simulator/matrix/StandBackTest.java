package dev.oversqlite4j.simulator.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.simulator.matrix.MatrixRig.Image;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An explicit call beside a tick that applies one page of several bundles (spec 1.1.8). */
@Timeout(60)
class StandBackTest {

  @TempDir Path folder;

  @Test
  void aTickStandsBackBetweenTwoBundlesOfAPage() throws Exception {
    MatrixRig rig = new MatrixRig(folder);
    Image synced = rig.after(rig.virgin(), MatrixRig::attachedAndSynced);
    Image peer =
        rig.after(
            new Image(rig.virgin().file(), synced.server()),
            process -> {
              MatrixRig.attached(process);
              for (int row = 2; row < 5; row++) {
                write(process, row);
                process.client.pushPending();
              }
            });
    try (MatrixRig.Process process = rig.on(new Image(synced.file(), peer.server()))) {
      MatrixRig.attached(process);
      FutureTask<?> explicit = new FutureTask<>(process.client::sync);
      process.afterCommit =
          () -> {
            process.afterCommit = () -> {};
            Thread caller = new Thread(explicit);
            caller.start();
            // It waits at the gate, where it wakes up now and then.
            while (caller.getState() != Thread.State.TIMED_WAITING) {
              Thread.onSpinWait();
            }
          };
      process.tick();
      explicit.get(20, TimeUnit.SECONDS);
      List<String> operations =
          process.client.journal().entries(0, 1000).stream()
              .filter(entry -> entry.trigger().equals("PULL_BUNDLE"))
              .map(JournalEntry::opId)
              .toList();
      assertEquals(3, operations.size());
      assertNotEquals(operations.get(0), operations.get(1), "the tick did not stand back");
      assertEquals(operations.get(1), operations.get(2));
    }
  }

  private static void write(MatrixRig.Process process, int row) {
    process.write(MatrixRig.insert(row));
  }
}
