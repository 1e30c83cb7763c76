package dev.oversqlite4j;

import java.util.Optional;

/**
 * The identity under which this database writes. The id stays out of {@link #toString()}, so that
 * logging this is safe.
 *
 * @param currentSourceId the opaque id
 * @param rebuildRequired whether the state must be rebuilt from the server
 * @param sourceRecoveryRequired whether that rebuild replaces the source
 * @param sourceRecoveryReason why
 */
public record SourceInfo(
    String currentSourceId,
    boolean rebuildRequired,
    boolean sourceRecoveryRequired,
    Optional<SourceRecoveryReason> sourceRecoveryReason) {
  @Override
  public String toString() {
    return "SourceInfo[rebuildRequired="
        + rebuildRequired
        + ", sourceRecoveryRequired="
        + sourceRecoveryRequired
        + ", sourceRecoveryReason="
        + sourceRecoveryReason
        + "]";
  }
}
