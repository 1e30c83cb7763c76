package dev.oversqlite4j.spi;

import java.util.Optional;

/** The single frozen outbound bundle ({@code _sync_outbox_bundle}). */
public sealed interface OutboxState {

  /** Nothing frozen. */
  record Empty() implements OutboxState {}

  /** Frozen; the server may or may not have committed it. */
  record Prepared(Bundle bundle) implements OutboxState {}

  /** The server is known to have committed it as {@code bundleSeq}; not replayed yet. */
  record CommittedRemote(Bundle bundle, long bundleSeq, String bundleHash) implements OutboxState {}

  /**
   * What was frozen.
   *
   * @param lease the lease under which the first seed is sent
   * @param requestHash 64 lower-case hex digits over the canonical rows (spec 6)
   */
  record Bundle(
      String sourceId,
      long sourceBundleId,
      Optional<String> lease,
      String requestHash,
      long rowCount) {
    /** Source and lease are never printed. */
    @Override
    public String toString() {
      return "Bundle[" + sourceBundleId + ", " + rowCount + " rows]";
    }
  }

  /** The frozen bundle, if there is one. */
  default Optional<Bundle> frozen() {
    if (this instanceof Prepared p) {
      return Optional.of(p.bundle());
    }
    return this instanceof CommittedRemote c ? Optional.of(c.bundle()) : Optional.empty();
  }
}
