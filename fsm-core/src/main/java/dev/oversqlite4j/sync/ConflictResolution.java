package dev.oversqlite4j.sync;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.ConflictContext;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.DiscardCause;
import dev.oversqlite4j.InvalidConflictResolutionException;
import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.PushConflictException;
import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.DecodedPayload;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowAuthority.Liveness;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.WireRow;
import dev.oversqlite4j.sync.ConflictPlan.ServerRow;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Structured conflict resolution (spec 4.4.3). The resolver runs outside any transaction; what it
 * saw is compared again inside, and if the app wrote the row meanwhile it is asked again.
 */
final class ConflictResolution {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SyncContext ctx;

  ConflictResolution(SyncContext ctx) {
    this.ctx = ctx;
  }

  /** The local side of a conflict: the frozen row, and an edit of it made since. */
  private record LocalSide(FrozenRow frozen, Optional<DirtyRow> newer) {
    RowOperation op() {
      return newer.map(DirtyRow::op).orElse(frozen.op());
    }

    Optional<String> payload() {
      return newer.isPresent() ? newer.get().payload() : frozen.localPayload();
    }

    boolean sameAs(Optional<DirtyRow> now) {
      return newer.equals(now);
    }
  }

  /** What became of a conflict. */
  enum Resolved {
    /** It is decided. */
    YES,
    /**
     * The decided row does not fit in before bundles that are still to be pulled; everything frozen
     * is dirty again, on its old base, so that the conflict comes back once they are.
     */
    AFTER_PULL,
    /** To be decided again. */
    APP_WROTE_MEANWHILE
  }

  Resolved resolve(Refusal.PushConflict conflict) {
    Resolved resolved = Resolved.APP_WROTE_MEANWHILE;
    while (resolved == Resolved.APP_WROTE_MEANWHILE) {
      resolved = resolveOnce(conflict);
    }
    return resolved;
  }

  private Resolved resolveOnce(Refusal.PushConflict conflict) {
    RowKey key = ctx.store().codec().localKey(conflict.table(), conflict.key());
    // Steps 1 and 2.
    Optional<LocalSide> local =
        ctx.write(
            tx -> {
              tx.dirtyRows().judgeTouched();
              return localSide(tx, key);
            });
    if (local.isEmpty()) {
      PushConflictException error =
          new PushConflictException(context(conflict, key, conflict.op(), Optional.empty()));
      ctx.abort(Trigger.PUSH_ABORT, error);
      throw error;
    }
    // Step 3.
    ServerRow server = serverRow(conflict);
    Optional<DecodedPayload> serverPayload = decodeServerRow(conflict);
    ConflictContext context = context(conflict, key, local.get().op(), local.get().payload());
    // Step 4. A resolver that throws or returns null decided nothing legal (W-44).
    Resolution resolution;
    try {
      resolution = ctx.resolver().resolve(context);
    } catch (RuntimeException thrown) {
      throw invalid(
          new InvalidConflictResolutionException(
              context, Optional.empty(), "the resolver threw", thrown));
    }
    if (resolution == null) {
      throw invalid(
          new InvalidConflictResolutionException(
              context, Optional.empty(), "the resolver returned nothing"));
    }
    ConflictPlan plan = ConflictPlan.of(local.get().op(), resolution, server);
    Optional<String> keptPayload = local.get().payload();
    if (resolution instanceof Resolution.KeepMerged merged) {
      keptPayload = ctx.store().codec().normaliseLocal(key, merged.merged());
      if (keptPayload.isEmpty()) {
        plan = new ConflictPlan.Illegal("the merged row does not have exactly the table's columns");
      }
    }
    if (plan instanceof ConflictPlan.Illegal illegal) {
      throw invalid(
          new InvalidConflictResolutionException(
              context, Optional.of(resolution), illegal.reason()));
    }
    // Step 5.
    ConflictPlan decided = plan;
    Optional<String> kept = keptPayload;
    try {
      return ctx.writeRows(
          changed ->
              tx -> {
                tx.dirtyRows().judgeTouched();
                if (!local.get().sameAs(tx.dirtyRows().find(key))) {
                  return Resolved.APP_WROTE_MEANWHILE;
                }
                ctx.fire(
                    tx,
                    Trigger.CONFLICT_RESOLVED,
                    Facts.of("resolution", decided.getClass().getSimpleName()),
                    () -> {
                      apply(tx, local.get(), decided, server, serverPayload, kept, changed);
                      TakenAlong.settle(ctx, tx, changed);
                    });
                return Resolved.YES;
              });
    } catch (LocalWriteFailedException refused) {
      if (!(decided instanceof ConflictPlan.SendAgain)) {
        throw refused;
      }
      if (ctx.read(tx -> pulled(tx.rows().authority(key), server))) {
        throw invalid(
            new InvalidConflictResolutionException(
                context,
                Optional.of(resolution),
                "the row breaks a constraint of the local database",
                refused));
      }
      return afterPull();
    }
  }

  /** Whether the row of the conflict, and so whatever it refers to, has been pulled already. */
  private static boolean pulled(Optional<RowAuthority> known, ServerRow server) {
    long version =
        server instanceof ServerRow.Present present
            ? present.version()
            : server instanceof ServerRow.Deleted deleted ? deleted.version() : 0;
    return known.filter(authority -> authority.rowVersion() >= version).isPresent();
  }

  private Resolved afterPull() {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                Trigger.CONFLICT_RESOLVED,
                Facts.of("resolution", "AfterPull"),
                () -> {
                  Requeue.all(tx);
                  tx.outbox().clear();
                }));
    return Resolved.AFTER_PULL;
  }

  private static Optional<LocalSide> localSide(LocalTransaction tx, RowKey key) {
    return tx.outbox().rows().stream()
        .filter(row -> row.key().equals(key))
        .findFirst()
        .map(row -> new LocalSide(row, tx.dirtyRows().find(key)));
  }

  private void apply(
      LocalTransaction tx,
      LocalSide local,
      ConflictPlan plan,
      ServerRow server,
      Optional<DecodedPayload> serverPayload,
      Optional<String> kept,
      Consumer<String> changed) {
    RowKey key = local.frozen().key();
    // Siblings first, so that the order of first touch survives for them.
    List<FrozenRow> frozen = tx.outbox().rows();
    frozen.stream().filter(row -> !row.key().equals(key)).forEach(row -> Requeue.one(tx, row));
    tx.outbox().clear();
    Optional<RowAuthority> known = tx.rows().authority(key);
    setAuthority(tx, key, server);
    if (plan instanceof ConflictPlan.TakeServer) {
      tx.discardedIntents()
          .record(
              ctx.opId(),
              DiscardCause.CONFLICT_SERVER_WINS,
              key,
              local.frozen().op(),
              local.frozen().localPayload());
      if (local.newer().isPresent()) {
        ConflictPlan rebased = ConflictPlan.rebase(local.newer().get().op(), server);
        noteDropped(tx, key, rebased);
        requeue(tx, key, rebased, local.payload());
      } else {
        tx.rows()
            .authoritative(() -> takeServerRow(tx, key, known, server, serverPayload, changed));
      }
      return;
    }
    if (plan instanceof ConflictPlan.SendAgain again && kept.isPresent()) {
      tx.rows().authoritative(() -> tx.rows().upsertLocal(key, kept.get()));
      changed.accept(key.table());
      // What goes out is what the table holds, not the resolver's own spelling of it.
      requeue(tx, key, again, tx.rows().live(key));
      return;
    }
    noteDropped(tx, key, plan);
    requeue(tx, key, plan, Optional.empty());
  }

  /** As at a freeze that finds a tombstone: there is nothing left to delete. */
  private void noteDropped(LocalTransaction tx, RowKey key, ConflictPlan plan) {
    if (plan instanceof ConflictPlan.BothDeleted) {
      tx.discardedIntents()
          .record(
              ctx.opId(), DiscardCause.NO_OP_DELETE, key, RowOperation.DELETE, Optional.empty());
    }
  }

  /**
   * The server's row may refer to one that only a bundle still to be pulled brings (or be referred
   * to by one that a bundle takes away). Then the local row stays, known at an older version, and
   * the pull applies the server's row together with what it belongs to.
   */
  private static void takeServerRow(
      LocalTransaction tx,
      RowKey key,
      Optional<RowAuthority> known,
      ServerRow server,
      Optional<DecodedPayload> serverPayload,
      Consumer<String> changed) {
    boolean present = tx.rows().live(key).isPresent();
    if (pulled(known, server)) {
      writeServerRow(tx, key, serverPayload);
    } else if (!tx.rows().writeIfItFits(key, serverPayload)) {
      if (present) {
        // Nor is what is there known as gone: a row deleted there may be back on both sides (I13).
        long version = known.orElseGet(() -> olderThan(server)).rowVersion();
        tx.rows().setAuthority(key, new RowAuthority(version, Liveness.LIVE));
      } else {
        // Nothing here is known as live that is not there (spec 10, property 60).
        known.ifPresentOrElse(
            was ->
                tx.rows().setAuthority(key, new RowAuthority(was.rowVersion(), Liveness.TOMBSTONE)),
            () -> tx.rows().forgetAuthority(key));
      }
      return;
    }
    if (present || serverPayload.isPresent()) {
      changed.accept(key.table());
    }
  }

  private static RowAuthority olderThan(ServerRow server) {
    if (server instanceof ServerRow.Present present) {
      return new RowAuthority(present.version() - 1, Liveness.LIVE);
    }
    return new RowAuthority(
        server instanceof ServerRow.Deleted deleted ? deleted.version() - 1 : 0, Liveness.LIVE);
  }

  private static void writeServerRow(
      LocalTransaction tx, RowKey key, Optional<DecodedPayload> serverPayload) {
    if (serverPayload.isPresent()) {
      tx.rows().upsert(key, serverPayload.get());
    } else {
      tx.rows().delete(key);
    }
  }

  private static void requeue(
      LocalTransaction tx, RowKey key, ConflictPlan plan, Optional<String> payload) {
    if (plan instanceof ConflictPlan.SendAgain again) {
      tx.dirtyRows().put(key, again.op(), again.base(), payload);
    } else {
      tx.dirtyRows().remove(key);
    }
  }

  private static void setAuthority(LocalTransaction tx, RowKey key, ServerRow server) {
    if (server instanceof ServerRow.Present present) {
      tx.rows().setAuthority(key, new RowAuthority(present.version(), Liveness.LIVE));
    } else if (server instanceof ServerRow.Deleted deleted) {
      tx.rows().setAuthority(key, new RowAuthority(deleted.version(), Liveness.TOMBSTONE));
    } else {
      tx.rows().forgetAuthority(key);
    }
  }

  /** Step 6: everything frozen is dirty again, the error is the caller's to throw. */
  private InvalidConflictResolutionException invalid(InvalidConflictResolutionException error) {
    ctx.write(
        tx ->
            ctx.fire(
                tx,
                Trigger.CONFLICT_INVALID,
                () -> {
                  Requeue.all(tx);
                  tx.outbox().clear();
                }));
    return error;
  }

  private static ServerRow serverRow(Refusal.PushConflict conflict) {
    if (conflict.serverRow().isPresent()) {
      return new ServerRow.Present(conflict.serverRowVersion());
    }
    return conflict.serverRowDeleted()
        ? new ServerRow.Deleted(conflict.serverRowVersion())
        : new ServerRow.Missing();
  }

  private Optional<DecodedPayload> decodeServerRow(Refusal.PushConflict conflict) {
    return conflict
        .serverRow()
        .flatMap(
            row ->
                ctx.store()
                    .codec()
                    .decode(
                        new WireRow(
                            conflict.schema(),
                            conflict.table(),
                            conflict.key(),
                            RowOperation.UPDATE,
                            conflict.serverRowVersion(),
                            Optional.of(row)))
                    .payload());
  }

  private static ConflictContext context(
      Refusal.PushConflict conflict, RowKey key, RowOperation op, Optional<String> payload) {
    return new ConflictContext(
        conflict.schema(),
        key.table(),
        key.keyJson(),
        op,
        payload.map(ConflictResolution::parse),
        conflict.baseRowVersion(),
        conflict.serverRowVersion(),
        conflict.serverRowDeleted(),
        conflict.serverRow());
  }

  private static ObjectNode parse(String payload) {
    try {
      return (ObjectNode) JSON.readTree(payload);
    } catch (JsonProcessingException e) {
      throw new CorruptLocalStateException("_sync_outbox_rows", "a payload is not JSON");
    }
  }
}
