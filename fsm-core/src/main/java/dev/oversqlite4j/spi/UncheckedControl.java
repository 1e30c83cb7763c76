package dev.oversqlite4j.spi;

import dev.oversqlite4j.SourceRecoveryReason;
import java.util.Optional;

/**
 * What the control tables say without being held to the invariants of spec 2.3: enough for
 * diagnosis and for leaving a file whose state cannot be trusted. Nothing else may decide by it.
 *
 * @param sourceId the current source, empty if there is none
 * @param recoveryReason empty also if the reason is none that this library knows
 */
public record UncheckedControl(
    String sourceId,
    boolean attached,
    boolean replacing,
    boolean bundleFrozen,
    boolean rebuildRequired,
    boolean recoveringSource,
    Optional<SourceRecoveryReason> recoveryReason) {

  /** The source is never printed. */
  @Override
  public String toString() {
    return "UncheckedControl[" + (attached ? "attached" : "anonymous") + "]";
  }
}
