package dev.oversqlite4j.simulator.server;

import java.util.Optional;

/**
 * What the server knows of one writer (spec 3.3).
 *
 * @param maxCommitted highest committed {@code source_bundle_id}, 0 before the first
 * @param replacedBy set only when retired; may be empty even then
 * @param retirementReason set only when retired
 */
public record SourceState(
    Phase phase,
    long maxCommitted,
    Optional<String> replacedBy,
    Optional<String> retirementReason) {

  /** Life of a writer; RETIRED is terminal. */
  public enum Phase {
    RESERVED,
    ACTIVE,
    RETIRED
  }

  static SourceState unknown() {
    return new SourceState(Phase.ACTIVE, 0, Optional.empty(), Optional.empty());
  }

  static SourceState reserved() {
    return new SourceState(Phase.RESERVED, 0, Optional.empty(), Optional.empty());
  }

  SourceState committed(long sourceBundleId) {
    return new SourceState(Phase.ACTIVE, sourceBundleId, Optional.empty(), Optional.empty());
  }

  SourceState retired(Optional<String> by, String reason) {
    return new SourceState(Phase.RETIRED, maxCommitted, by, Optional.of(reason));
  }

  boolean isRetired() {
    return phase == Phase.RETIRED;
  }
}
