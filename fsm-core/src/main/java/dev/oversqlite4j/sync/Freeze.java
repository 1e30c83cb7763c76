package dev.oversqlite4j.sync;

import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.QuarantineCause;
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
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.sync.UploadOrder.Upload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

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
   * @param chosen which rows to look at; the others stay dirty
   * @return the frozen bundle; empty if there was nothing to send. No-op markers are gone either
   *     way (W-20), rows that cannot be sent are in quarantine.
   */
  Optional<OutboxState.Bundle> run(
      LocalTransaction tx, ControlState control, Predicate<RowKey> chosen) {
    tx.dirtyRows().judgeTouched();
    tx.dirtyRows().judgeScanned();
    tx.quarantine().dropSuperseded();
    // What only waited for another row is judged afresh, for that one may be back.
    tx.quarantine().restoreDependants();
    List<DirtyRow> noOps = new ArrayList<>();
    List<Upload> uploads = new ArrayList<>();
    for (DirtyRow row : tx.dirtyRows().all()) {
      if (!chosen.test(row.key())) {
        continue;
      }
      if (!ctx.registered(row.key())) {
        noOps.add(row);
        continue;
      }
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
    Map<Upload, RowCodec.Encoded> sendable = new LinkedHashMap<>();
    for (Upload upload : UploadOrder.sorted(uploads, tables)) {
      DirtyRow row = upload.captured();
      RowCodec.Encoding encoding = ctx.store().codec().encode(row, tx.rows().authority(row.key()));
      if (encoding instanceof RowCodec.Encoded encoded) {
        sendable.put(upload, encoded);
      } else if (encoding instanceof RowCodec.Unsendable unsendable) {
        // One bad row must not block the others (W-19).
        tx.quarantine().add(row, unsendable.cause());
      }
    }
    if (tx.quarantine().count() > 0) {
      quarantineDependants(tx);
      sendable.keySet().removeIf(upload -> tx.quarantine().contains(upload.captured().key()));
    }
    List<FrozenRow> frozen = new ArrayList<>();
    sendable.forEach(
        (upload, encoded) ->
            frozen.add(
                new FrozenRow(
                    frozen.size(),
                    upload.captured().key(),
                    encoded.wireKeyJson(),
                    upload.op(),
                    upload.captured().baseRowVersion(),
                    upload.captured().payload(),
                    encoded.wirePayload())));
    return frozen;
  }

  /** Whatever refers to a row the server will not get would be refused, and its bundle with it. */
  static void quarantineDependants(LocalTransaction tx) {
    List<RowKey> quarantined =
        tx.quarantine().all().stream().map(row -> new RowKey(row.table(), row.keyJson())).toList();
    for (RowKey key : tx.quarantine().dependants(quarantined)) {
      tx.dirtyRows()
          .find(key)
          .ifPresent(row -> tx.quarantine().add(row, QuarantineCause.DEPENDS_ON_QUARANTINED));
    }
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
      DiscardCause cause =
          ctx.registered(row.key()) ? DiscardCause.NO_OP_DELETE : DiscardCause.TABLE_NOT_REGISTERED;
      tx.dirtyRows().remove(row.key());
      tx.discardedIntents().record(ctx.opId(), cause, row.key(), row.op(), row.payload());
    }
  }
}
