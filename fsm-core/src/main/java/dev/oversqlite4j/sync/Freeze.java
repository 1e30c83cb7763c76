package dev.oversqlite4j.sync;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.sync.UploadOrder.Upload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns dirty rows into the frozen outbox (spec 4.4.1 step 2). Read, encode and write happen in the
 * caller's one transaction, so that no write can slip in between (W-1).
 */
final class Freeze {

  private final SyncContext ctx;

  Freeze(SyncContext ctx) {
    this.ctx = ctx;
  }

  /**
   * @return the frozen bundle; empty if there was nothing to send. No-op markers are gone either
   *     way (W-20), rows that cannot be sent are in quarantine.
   */
  Optional<OutboxState.Bundle> run(LocalTransaction tx, ControlState control) {
    tx.dirtyRows().judgeTouched();
    tx.dirtyRows().judgeScanned();
    tx.quarantine().dropSuperseded();
    List<DirtyRow> noOps = new ArrayList<>();
    List<Upload> uploads = new ArrayList<>();
    for (DirtyRow row : tx.dirtyRows().all()) {
      Optional<RowAuthority> authority = tx.rows().authority(row.key());
      boolean live = authority.filter(RowAuthority::live).isPresent();
      if (row.payload().isPresent()) {
        uploads.add(new Upload(row, live ? RowOperation.UPDATE : RowOperation.INSERT));
      } else if (live) {
        uploads.add(new Upload(row, RowOperation.DELETE));
      } else {
        // The server never had the row, or has a tombstone: there is nothing to delete.
        noOps.add(row);
      }
    }
    List<FrozenRow> frozen = encode(tx, uploads);
    if (frozen.isEmpty()) {
      if (!noOps.isEmpty()) {
        ctx.fire(
            tx, Trigger.FREEZE_NO_OPS, Facts.of("noOps", noOps.size()), () -> dropNoOps(tx, noOps));
      }
      return Optional.empty();
    }
    OutboxState.Bundle bundle = bundle(tx, control, frozen);
    ctx.fire(
        tx,
        Trigger.FREEZE,
        Facts.of("rows", frozen.size(), "noOps", noOps.size()),
        () -> {
          tx.outbox().prepare(bundle, frozen);
          frozen.forEach(row -> tx.dirtyRows().remove(row.key()));
          dropNoOps(tx, noOps);
        });
    return Optional.of(bundle);
  }

  private List<FrozenRow> encode(LocalTransaction tx, List<Upload> uploads) {
    List<String> tables =
        ctx.store().codec().tables().stream().map(RowCodec.ManagedTable::name).toList();
    List<FrozenRow> frozen = new ArrayList<>();
    for (Upload upload : UploadOrder.sorted(uploads, tables)) {
      DirtyRow row = upload.captured();
      RowCodec.Encoding encoding = ctx.store().codec().encode(row, tx.rows().authority(row.key()));
      if (encoding instanceof RowCodec.Encoded encoded) {
        frozen.add(
            new FrozenRow(
                frozen.size(),
                row.key(),
                encoded.wireKeyJson(),
                upload.op(),
                row.baseRowVersion(),
                row.payload(),
                encoded.wirePayload()));
      } else if (encoding instanceof RowCodec.Unsendable unsendable) {
        // One bad row must not block the others (W-19).
        tx.quarantine().add(row, unsendable.cause());
      }
    }
    return frozen;
  }

  private OutboxState.Bundle bundle(
      LocalTransaction tx, ControlState control, List<FrozenRow> rows) {
    String source = control.sourceId().orElseThrow();
    return new OutboxState.Bundle(
        source,
        tx.sources().nextBundleId(source),
        control.attached().flatMap(Attached::lease),
        RequestHash.of(ctx.store().codec().schemaName(), rows),
        rows.size());
  }

  private void dropNoOps(LocalTransaction tx, List<DirtyRow> noOps) {
    for (DirtyRow row : noOps) {
      tx.dirtyRows().remove(row.key());
      tx.discardedIntents()
          .record(ctx.opId(), DiscardCause.NO_OP_DELETE, row.key(), row.op(), row.payload());
    }
  }
}
