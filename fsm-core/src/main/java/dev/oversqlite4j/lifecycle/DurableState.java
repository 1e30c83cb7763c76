package dev.oversqlite4j.lifecycle;

import dev.oversqlite4j.LifecycleState;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.OutboxState;
import java.util.Optional;

/**
 * The states of the lifecycle (spec 9.1). The five public ones carry the names of {@link
 * LifecycleState}; the finer durable ones are substates of these.
 */
public enum DurableState {
  /** This process has not opened the database; never durable. */
  UNOPENED("U", LifecycleState.UNOPENED),
  /** Open, no user. */
  OPENED("O", LifecycleState.OPENED),
  /** The server's data is to replace the anonymous rows; its snapshot is not complete here. */
  REPLACE_PENDING("RR0", LifecycleState.OPENED),
  /** As before, with the complete snapshot staged. */
  REPLACE_STAGED("RR1", LifecycleState.OPENED),
  /** Attached, nothing frozen. */
  ATTACHED("A", LifecycleState.ATTACHED),
  /** Attached, holding the lease of the first seed. */
  SEEDING("AS", LifecycleState.ATTACHED),
  /** Attached, a bundle is frozen and the server may or may not have it. */
  PUSH_PREPARED("AP", LifecycleState.ATTACHED),
  /** Attached, the server has our bundle and we have not replayed it. */
  PUSH_COMMITTED("AC", LifecycleState.ATTACHED),
  /** Attached, the checkpoint is unusable; a rebuild leads on. */
  REBUILD_REQUIRED("RC", LifecycleState.REBUILD_REQUIRED),
  /** As before, with a committed bundle not replayed. */
  REBUILD_COMMITTED("RCC", LifecycleState.REBUILD_REQUIRED),
  /** Attached, the source can never push again; a rotating rebuild leads on. */
  SOURCE_RECOVERY("RS", LifecycleState.REBUILD_REQUIRED),
  /** No user; the previous one's data was wiped by a completed detach. */
  DETACHED("D", LifecycleState.DETACHED),
  /** The client is closed; never durable. */
  CLOSED("X", LifecycleState.UNOPENED);

  private final String code;
  private final LifecycleState publicState;

  DurableState(String code, LifecycleState publicState) {
    this.code = code;
    this.publicState = publicState;
  }

  /** The short code of the specification's tables. */
  public String code() {
    return code;
  }

  /** The public state shown while this process is attached (spec 1.2). */
  public LifecycleState publicState() {
    return publicState;
  }

  /**
   * Reads the state off the control tables; first match wins (spec 9.1).
   *
   * @param fold what the journal says: it alone tells OPENED from DETACHED
   */
  public static DurableState derive(ControlState control, Optional<DurableState> fold) {
    if (control.operation() instanceof Operation.RemoteReplace replace) {
      return replace.stage().filter(Operation.StagedSnapshot::complete).isPresent()
          ? REPLACE_STAGED
          : REPLACE_PENDING;
    }
    if (control.operation() instanceof Operation.SourceRecovery) {
      return SOURCE_RECOVERY;
    }
    boolean committed = control.outbox() instanceof OutboxState.CommittedRemote;
    if (control.binding() instanceof Attached attached) {
      if (attached.rebuildRequired()) {
        return committed ? REBUILD_COMMITTED : REBUILD_REQUIRED;
      }
      if (committed) {
        return PUSH_COMMITTED;
      }
      if (control.outbox() instanceof OutboxState.Prepared) {
        return PUSH_PREPARED;
      }
      return attached.lease().isPresent() ? SEEDING : ATTACHED;
    }
    return fold.filter(DETACHED::equals).orElse(OPENED);
  }

  /**
   * The view of the control state that every journal row carries, so that state is a fold of it.
   */
  static Facts view(ControlState control) {
    Facts facts = Facts.none();
    if (control.sourceId().isPresent()) {
      facts = facts.with("source", control.sourceId().get());
    }
    if (control.binding() instanceof Attached attached) {
      facts = facts.with("checkpoint", attached.checkpoint());
      if (attached.lease().isPresent()) {
        facts = facts.with("lease", attached.lease().get());
      }
    }
    if (control.outbox().frozen().isPresent()) {
      OutboxState.Bundle bundle = control.outbox().frozen().get();
      facts =
          facts
              .with("sourceBundleId", bundle.sourceBundleId())
              .with("outboxRows", bundle.rowCount())
              .with("requestHash", bundle.requestHash());
    }
    if (control.outbox() instanceof OutboxState.CommittedRemote committed) {
      facts = facts.with("committedAs", committed.bundleSeq());
    }
    if (control.operation() instanceof Operation.SourceRecovery recovery) {
      facts =
          facts
              .with("recovery", recovery.reason().name())
              .with("replacement", recovery.replacementSourceId());
    }
    return facts;
  }
}
