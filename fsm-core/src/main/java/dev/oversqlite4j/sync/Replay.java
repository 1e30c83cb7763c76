package dev.oversqlite4j.sync;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.OutboxState.CommittedRemote;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowAuthority.Liveness;
import dev.oversqlite4j.spi.RowCodec.DecodedRow;
import dev.oversqlite4j.spi.RowKey;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Replays our own committed bundle onto the local rows (spec 4.4.1 step 7, section 5). */
final class Replay {

  /** Rolls back what was replayed before it was noticed. */
  private static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unfit() {
      super("the committed bundle does not fit what is here", null, false, false);
    }
  }

  private final SyncContext ctx;

  Replay(SyncContext ctx) {
    this.ctx = ctx;
  }

  /** What came of it. */
  enum Result {
    REPLAYED,
    /**
     * A row we sent is not in the bundle (W-17), or what others made of it since is known here
     * already; nothing was changed.
     */
    UNFIT
  }

  /**
   * @param committed every row of the bundle as the server committed it, checked and decoded
   */
  Result run(Incoming.Arrived committed) {
    try {
      return ctx.writeRows(changed -> tx -> replay(tx, committed, changed));
    } catch (Unfit unfit) {
      return Result.UNFIT;
    }
  }

  /** Whether the rows here are already those of a time after the bundle. */
  private enum Sight {
    NEW,
    INCLUDED
  }

  private Result replay(LocalTransaction tx, Incoming.Arrived committed, Consumer<String> changed) {
    ControlState control = tx.controlState();
    Attached attached = control.attached().orElseThrow();
    CommittedRemote outbox = (CommittedRemote) control.outbox();
    Sight sight = outbox.bundleSeq() <= attached.checkpoint() ? Sight.INCLUDED : Sight.NEW;
    Map<RowKey, Long> uploaded = uploaded(tx);
    ctx.fire(
        tx,
        Trigger.REPLAY,
        Facts.of("bundleSeq", outbox.bundleSeq(), "rows", committed.rowCount()),
        () -> {
          tx.dirtyRows().judgeTouched();
          tx.rows()
              .authoritative(
                  () -> {
                    Set<RowKey> missing = new HashSet<>(uploaded.keySet());
                    committed.forEach(
                        tx,
                        row -> {
                          Long ordinal = uploaded.get(row.key());
                          if (ordinal == null) {
                            // With the snapshot came what is left of the server's own effects.
                            if (sight == Sight.NEW) {
                              IncomingRow.apply(tx, row, changed);
                            }
                          } else {
                            missing.remove(row.key());
                            requireLatest(tx, row, sight);
                            FrozenRow frozen = tx.outbox().rows(ordinal, 1).get(0);
                            replayUploaded(tx, frozen, row, changed);
                          }
                        });
                    // Each of ours must be in the committed bundle, or nothing is replayed (W-17).
                    if (!missing.isEmpty()) {
                      throw new Unfit();
                    }
                  });
          committed.done(tx);
          TakenAlong.settle(ctx, tx, changed);
          OutboxState.Bundle bundle = outbox.bundle();
          tx.sources().raiseNextBundleId(bundle.sourceId(), bundle.sourceBundleId() + 1);
          tx.outbox().clear();
          long checkpoint = Checkpoint.afterReplay(attached.checkpoint(), outbox.bundleSeq());
          // The lease goes in the same transaction, or a crash here wedges the next push (W-24).
          tx.attachment().bind(attached.withCheckpoint(checkpoint).withLease(Optional.empty()));
        });
    return Result.REPLAYED;
  }

  /**
   * A file restored from a backup may rebuild from a snapshot that already has the bundle, and what
   * came after it, before it learns that the bundle it kept is committed. Replaying it would bring
   * rows back to an older version, or back to life, and no later pull would say otherwise. A server
   * restored from a backup may give our next bundle a number that we have had, too; that bundle is
   * looked for in the snapshot that follows anyway.
   */
  private static void requireLatest(LocalTransaction tx, DecodedRow committed, Sight sight) {
    Optional<RowAuthority> known = tx.rows().authority(committed.key());
    boolean latest =
        known.isPresent()
            ? known.get().rowVersion() <= committed.rowVersion()
            : sight == Sight.NEW || committed.op() == RowOperation.DELETE;
    if (!latest) {
      throw new Unfit();
    }
  }

  /**
   * Whether each frozen row is in the committed bundle as it was frozen, apart from what a server
   * does to values. Rows beside them are its own effects.
   */
  boolean holdsWhatWasFrozen(LocalTransaction tx, Incoming.Arrived committed) {
    Map<RowKey, Long> expected = uploaded(tx);
    committed.forEach(
        tx,
        row -> {
          Long ordinal = expected.get(row.key());
          if (ordinal != null && isWhatWasFrozen(tx.outbox().rows(ordinal, 1).get(0), row)) {
            expected.remove(row.key());
          }
        });
    return expected.isEmpty();
  }

  private boolean isWhatWasFrozen(FrozenRow frozen, DecodedRow committed) {
    return committed.op() == frozen.op()
        && (frozen.wirePayload().isEmpty()
            || ctx.store()
                .codec()
                .madeOf(
                    frozen.key().table(),
                    committed.payload().orElseThrow(),
                    frozen.wirePayload().get()));
  }

  /** Where the frozen rows are in the outbox; their payloads stay there. */
  private Map<RowKey, Long> uploaded(LocalTransaction tx) {
    Map<RowKey, Long> uploaded = new LinkedHashMap<>();
    tx.outbox().forEach(row -> uploaded.put(row.key(), row.ordinal()));
    return uploaded;
  }

  private void replayUploaded(
      LocalTransaction tx, FrozenRow frozen, DecodedRow committed, Consumer<String> changed) {
    RowKey key = frozen.key();
    ReplayDecision decision =
        ReplayDecision.decide(
            frozen,
            tx.dirtyRows().find(key),
            tx.rows().live(key),
            (a, b) -> ctx.store().codec().equivalent(key.table(), a, b));
    tx.rows().setAuthority(key, authority(committed));
    if (decision instanceof ReplayDecision.Preserve preserve) {
      tx.dirtyRows().put(key, preserve.op(), committed.rowVersion(), preserve.livePayload());
      return;
    }
    IncomingRow.write(tx, committed, changed);
    tx.dirtyRows().remove(key);
  }

  static RowAuthority authority(DecodedRow row) {
    return new RowAuthority(
        row.rowVersion(), row.op() == RowOperation.DELETE ? Liveness.TOMBSTONE : Liveness.LIVE);
  }
}
