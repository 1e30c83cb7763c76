package dev.oversqlite4j.simulator.server;

import java.util.Optional;

/** Whatever answers the requests of the protocol. Thread-safe. */
public interface WireHandler {

  /** Answers one request; protocol failures are responses, never exceptions. */
  WireResponse handle(WireRequest request);

  /**
   * The event that tells a watcher of the user's latest bundle (spec 2.13).
   *
   * @param afterBundleSeq the last sequence the watcher was told
   * @param waitMillis how long to wait, in real time, when there is none yet; 0 = not at all
   * @return a complete event, or empty if there is still nothing to tell
   */
  Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
      throws InterruptedException;
}
