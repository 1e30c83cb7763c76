package dev.oversqlite4j.spi;

import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.spi.ControlState.Attached;
import java.util.Optional;

/**
 * What the control tables say without being held to the invariants of spec 2.3: enough for
 * diagnosis, for resuming an attachment and for leaving a file whose state cannot be trusted (T3).
 * Nothing else may decide by it.
 *
 * @param sourceId the current source, empty if there is none
 * @param recoveryReason empty also if the reason is none that this library knows
 */
public record UncheckedControl(
    String sourceId,
    Optional<Attached> attachment,
    boolean replacing,
    boolean bundleFrozen,
    boolean recoveringSource,
    Optional<SourceRecoveryReason> recoveryReason) {

  public boolean attached() {
    return attachment.isPresent();
  }

  public boolean rebuildRequired() {
    return attachment.filter(Attached::rebuildRequired).isPresent();
  }

  /** Source and user are never printed. */
  @Override
  public String toString() {
    return "UncheckedControl[" + (attached() ? "attached" : "anonymous") + "]";
  }
}
