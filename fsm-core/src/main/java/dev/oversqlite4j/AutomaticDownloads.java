package dev.oversqlite4j;

/**
 * Automatic downloads that run in the background. Safe to close from any thread, more than once.
 */
public interface AutomaticDownloads extends AutoCloseable {
  /** Ends the downloads, and the stream if one is open; returns within a second. */
  @Override
  void close();
}
