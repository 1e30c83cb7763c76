package dev.oversqlite4j;

/** The operation a progress report is about. */
public enum ProgressOperation {
  /** {@code attach}. */
  ATTACH,
  /** {@code pushPending}. */
  PUSH_PENDING,
  /** {@code pullToStable}. */
  PULL_TO_STABLE,
  /** {@code sync}. */
  SYNC,
  /** A rebuild that keeps the source. */
  REBUILD_KEEP_SOURCE,
  /** A rebuild that replaces the source. */
  REBUILD_ROTATE_SOURCE
}
