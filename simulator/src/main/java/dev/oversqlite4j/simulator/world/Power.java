package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.disk.WriteAheadLog;
import dev.oversqlite4j.simulator.disk.WriteAheadLog.Position;
import dev.oversqlite4j.simulator.disk.WriteAheadLog.Reach;
import dev.oversqlite4j.simulator.plan.Fault.LosePower;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What of a device's file a power loss would leave. SQLite syncs the log at each commit in FULL,
 * and before each checkpoint in both modes; nothing else is on the disk for sure.
 */
final class Power {

  private final SynchronousMode mode;

  /** Everything before it is synced. */
  private Optional<Position> synced = Optional.empty();

  private boolean allSynced;

  Power(SynchronousMode mode) {
    this.mode = mode;
  }

  /** The end of the last commit; empty if it is in the file itself. */
  Optional<Position> written(Path file) {
    return reach(file).map(Reach::committed);
  }

  /** Whoever committed it has been told so. */
  void acknowledged(Optional<Position> commit) {
    if (mode == SynchronousMode.FULL) {
      commit.ifPresent(this::sync);
    }
  }

  /** Whether a commit that ends here is not synced yet. */
  boolean unsynced(Optional<Position> commit) {
    return commit.filter(c -> synced.filter(s -> !before(s, c)).isEmpty()).isPresent();
  }

  private void sync(Position position) {
    if (synced.isEmpty() || before(synced.get(), position)) {
      synced = Optional.of(position);
    }
  }

  /** A log that was begun anew is later than every other. */
  private static boolean before(Position one, Position other) {
    return one.salt() != other.salt() || one.frame() < other.frame();
  }

  /** The process is gone and its files stay as they are. */
  void processDied(Path file) {
    reach(file).map(Reach::backfilled).ifPresent(this::checkpointed);
  }

  private void checkpointed(Position backfilled) {
    if (backfilled.frame() > 0) {
      sync(backfilled);
    }
  }

  /** The file is one that lay on the disk, as it is. */
  void foundOnDisk() {
    allSynced = true;
  }

  /** The file has been read, and so recovered, for the first time. */
  void recovered(Path file) {
    if (allSynced) {
      allSynced = false;
      synced = written(file);
    }
  }

  /**
   * Takes from a copy what a power loss takes.
   *
   * @param file as the process left it, still open
   * @param copy of it, which nobody has opened
   */
  void lose(Path file, Path copy, LosePower loss) {
    Optional<Reach> reach = reach(file);
    allSynced = true;
    if (reach.isEmpty()) {
      return;
    }
    checkpointed(reach.get().backfilled());
    Position end = reach.get().committed();
    Position floor = synced.filter(s -> s.salt() == end.salt()).orElse(new Position(end.salt(), 0));
    try {
      long unsynced = WriteAheadLog.bytesBetween(file, floor, end);
      long left = loss.at() % (unsynced + 1);
      switch (loss.tail()) {
        case CUT -> WriteAheadLog.cut(copy, floor, left);
        case GARBLED -> {
          if (left < unsynced) {
            WriteAheadLog.garble(copy, floor, left);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Reach> reach(Path file) {
    try {
      return WriteAheadLog.reach(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
