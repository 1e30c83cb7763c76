package dev.oversqlite4j.sync;

import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SyncOperation;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Replays our own committed bundle onto the local rows (spec 4.4.1 step 7, section 5). */
final class Replay {

  private final SyncContext ctx;

  Replay(SyncContext ctx) {
    this.ctx = ctx;
  }

  /**
   * @param committed every row of the bundle as the server committed it, checked and decoded
   */
  void run(List<DecodedRow> committed) {
    ctx.<Void>writeRows(
        changed ->
            tx -> {
              replay(tx, committed, changed);
              return null;
            });
  }

  private void replay(LocalTransaction tx, List<DecodedRow> committed, Consumer<String> changed) {
    ControlState control = tx.controlState();
    Attached attached = control.attached().orElseThrow();
    CommittedRemote outbox = (CommittedRemote) control.outbox();
    Map<RowKey, FrozenRow> uploaded = uploaded(tx, committed);
    ctx.fire(
        tx,
        Trigger.REPLAY,
        Facts.of("bundleSeq", outbox.bundleSeq(), "rows", committed.size()),
        () -> {
          tx.dirtyRows().judgeTouched();
          tx.rows()
              .authoritative(
                  () -> {
                    for (DecodedRow row : committed) {
                      FrozenRow frozen = uploaded.get(row.key());
                      if (frozen == null) {
                        IncomingRow.apply(tx, row, changed);
                      } else {
                        replayUploaded(tx, frozen, row, changed);
                      }
                    }
                  });
          TakenAlong.settle(ctx, tx, changed);
          OutboxState.Bundle bundle = outbox.bundle();
          tx.sources().raiseNextBundleId(bundle.sourceId(), bundle.sourceBundleId() + 1);
          tx.outbox().clear();
          // Never jump over bundles of peers that lie below ours (checkpoint rule of 4.4.1).
          long checkpoint =
              outbox.bundleSeq() == attached.checkpoint() + 1
                  ? outbox.bundleSeq()
                  : attached.checkpoint();
          // The lease goes in the same transaction, or a crash here wedges the next push (W-24).
          tx.attachment().bind(attached.withCheckpoint(checkpoint).withLease(Optional.empty()));
        });
  }

  /** The frozen rows by key; each of them must be in the committed bundle (W-17). */
  private static Map<RowKey, FrozenRow> uploaded(LocalTransaction tx, List<DecodedRow> committed) {
    Map<RowKey, FrozenRow> uploaded = new LinkedHashMap<>();
    tx.outbox().rows().forEach(row -> uploaded.put(row.key(), row));
    Set<RowKey> present = committed.stream().map(DecodedRow::key).collect(Collectors.toSet());
    if (!present.containsAll(uploaded.keySet())) {
      throw new RebuildRequiredException(SyncOperation.PUSH_PENDING);
    }
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
    IncomingRow.write(tx, committed);
    tx.dirtyRows().remove(key);
    changed.accept(key.table());
  }

  static RowAuthority authority(DecodedRow row) {
    return new RowAuthority(
        row.rowVersion(), row.op() == RowOperation.DELETE ? Liveness.TOMBSTONE : Liveness.LIVE);
  }
}
