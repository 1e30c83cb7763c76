package dev.oversqlite4j.sync;

/**
 * What the app has paused (spec 4.11), in memory only: it holds automatic work back and the upload
 * that a checkpoint recovery makes on its own account, and no explicit call. Safe to use from any
 * thread.
 */
public final class Pauses {

  /** What can be paused. */
  public enum Direction {
    UPLOADS,
    DOWNLOADS
  }

  private volatile boolean uploads;
  private volatile boolean downloads;

  public void pause(Direction direction) {
    set(direction, true);
  }

  public void resume(Direction direction) {
    set(direction, false);
  }

  private void set(Direction direction, boolean paused) {
    if (direction == Direction.UPLOADS) {
      uploads = paused;
    } else {
      downloads = paused;
    }
  }

  boolean paused(Direction direction) {
    return direction == Direction.UPLOADS ? uploads : downloads;
  }
}
