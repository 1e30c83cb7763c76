package dev.oversqlite4j.sync;

import dev.oversqlite4j.SourceReplacementDivergedException;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.SyncServer.SourceReplacement;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Creates the snapshot sessions of one rotation, which declare to the server that the reserved
 * replacement takes over (spec 4.6.2).
 *
 * <p>A declaration makes sure that nothing more is committed under the old source. Where a copy of
 * this file has had it replaced by another one, that is so already: the sessions are plain ones
 * from then on, and the reserved replacement, of which the server has never heard, begins
 * undeclared. Otherwise a copied or restored file could never be rebuilt (property 40).
 */
final class RotatingSessions implements Supplier<SnapshotSession> {

  private final SyncContext ctx;
  private final SourceReplacement wanted;
  private Optional<SourceReplacement> declared;

  RotatingSessions(SyncContext ctx, SourceReplacement wanted) {
    this.ctx = ctx;
    this.wanted = wanted;
    this.declared = Optional.of(wanted);
  }

  /**
   * @throws RefusedException the server refused for another reason
   * @throws SourceReplacementDivergedException the server gives a replaced source no snapshot
   */
  @Override
  public SnapshotSession get() {
    if (declared.isPresent()) {
      try {
        return create();
      } catch (RefusedException refused) {
        if (!(refused.refusal() instanceof Refusal.SourceRetired)) {
          throw refused;
        }
      }
      declared = Optional.empty();
    }
    try {
      return create();
    } catch (RefusedException refused) {
      if (refused.refusal() instanceof Refusal.SourceRetired retired) {
        throw new SourceReplacementDivergedException(
            Optional.of(wanted.newSourceId()), retired.replacedBy());
      }
      throw refused;
    }
  }

  private SnapshotSession create() {
    return ctx.server().createSnapshot(wanted.previousSourceId(), declared);
  }
}
