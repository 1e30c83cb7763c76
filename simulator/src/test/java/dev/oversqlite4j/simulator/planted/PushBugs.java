package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.DiscardedIntents;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.spi.RowCodec.ManagedTable;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.Sources;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.WireRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Defects of freezing, uploading and acknowledging a bundle. */
final class PushBugs {

  private static final String DIRTY = "dirty";

  private PushBugs() {}

  static List<PlantedBug> all() {
    return Stream.of(freezing(), uploading(), acknowledging()).flatMap(List::stream).toList();
  }

  private static List<PlantedBug> freezing() {
    return List.of(
        PlantedBug.slip(
            "frozen-rows-stay-dirty",
            "freezing does not remove the dirty rows",
            in("Freeze.run", DirtyRows.class, "remove", call -> null)),
        PlantedBug.slip(
            "last-dirty-row-forgotten",
            "freezing drops the last dirty row",
            in(
                "Freeze.run",
                DirtyRows.class,
                "all",
                call -> {
                  List<DirtyRow> rows = call.tx().dirtyRows().all();
                  if (rows.size() < 2) {
                    return rows;
                  }
                  call.tx().dirtyRows().remove(rows.get(rows.size() - 1).key());
                  return rows.subList(0, rows.size() - 1);
                })),
        PlantedBug.slip(
            "base-lost-at-freezing",
            "frozen rows build on no version",
            in(
                "Freeze.run",
                DirtyRows.class,
                "all",
                call ->
                    call.tx().dirtyRows().all().stream()
                        .map(r -> new DirtyRow(r.key(), r.op(), 0, r.payload(), r.ordinal()))
                        .toList())),
        PlantedBug.slip(
            "children-before-parents",
            "the upload order is turned round",
            in(
                "Freeze.encode",
                RowCodec.class,
                "tables",
                call -> {
                  @SuppressWarnings("unchecked")
                  List<ManagedTable> tables = (List<ManagedTable>) call.proceed();
                  List<ManagedTable> reversed = new ArrayList<>(tables);
                  Collections.reverse(reversed);
                  return reversed;
                })),
        PlantedBug.slip(
            "bundle-id-off-by-one",
            "a bundle takes the id after the next one",
            in("Freeze", Sources.class, "nextBundleId", call -> (Long) call.proceed() + 1)),
        PlantedBug.slip(
            "no-ops-not-audited",
            "a deletion that is not sent is dropped without a record",
            in("Freeze.dropNoOps", DiscardedIntents.class, "record", call -> null)),
        PlantedBug.slip(
            "no-ops-sent",
            "a row that came and went unsynced is deleted at the server",
            in(
                "Freeze.run",
                Rows.class,
                "authority",
                call -> {
                  RowKey key = call.arg(0);
                  boolean deletion =
                      call.tx()
                          .dirtyRows()
                          .find(key)
                          .filter(row -> row.op() == RowOperation.DELETE)
                          .isPresent();
                  return deletion
                      ? Optional.of(new RowAuthority(1, RowAuthority.Liveness.LIVE))
                      : call.proceed();
                })));
  }

  private static List<PlantedBug> uploading() {
    return List.of(
        PlantedBug.of(
            "W-3",
            "lost-seed-commit-not-recognised",
            "a refused lease is never taken for a seed that is committed already",
            of(
                SyncServer.class,
                "createPush",
                call -> {
                  OutboxState.Bundle bundle = call.arg(0);
                  Optional<String> lease = call.arg(1);
                  if (bundle.lease().isPresent() && lease.isEmpty()) {
                    throw new RefusedException(new Refusal.PushSessionInvalid());
                  }
                  return call.proceed();
                })),
        PlantedBug.slip(
            "chunk-sent-twice",
            "a chunk is sent again although it was answered",
            of(
                SyncServer.class,
                "uploadChunk",
                call -> {
                  call.proceed();
                  return call.proceed();
                })),
        PlantedBug.slip(
            "commit-sent-again",
            "a commit whose answer is lost is simply sent again",
            of(
                SyncServer.class,
                "commitPush",
                call -> {
                  try {
                    return call.proceed();
                  } catch (TransientRetryExhaustedException lost) {
                    return call.proceed();
                  }
                })),
        PlantedBug.slip(
            "chunk-cursor-off-by-one",
            "the second chunk skips a row",
            in(
                "Push.uploadChunks",
                Outbox.class,
                "rows",
                call -> {
                  long from = call.arg(0);
                  return call.proceedWith(0, from == 0 ? from : from + 1);
                })),
        PlantedBug.slip(
            "row-count-off-by-one",
            "a bundle announces a row too many",
            of(
                SyncServer.class,
                "createPush",
                call -> {
                  OutboxState.Bundle b = call.arg(0);
                  return call.proceedWith(
                      0,
                      new OutboxState.Bundle(
                          b.sourceId(),
                          b.sourceBundleId(),
                          b.lease(),
                          b.requestHash(),
                          b.rowCount() + 1));
                })),
        PlantedBug.slip(
            "always-a-new-bundle",
            "a prepared bundle goes out under the next id when it is sent again",
            of(
                SyncServer.class,
                "createPush",
                call -> {
                  OutboxState.Bundle b = call.arg(0);
                  Object last = call.process().memory().put(DIRTY, b.sourceBundleId());
                  boolean again = last != null && (Long) last == b.sourceBundleId();
                  return call.proceedWith(
                      0,
                      new OutboxState.Bundle(
                          b.sourceId(),
                          b.sourceBundleId() + (again ? 1 : 0),
                          b.lease(),
                          b.requestHash(),
                          b.rowCount()));
                })));
  }

  private static List<PlantedBug> acknowledging() {
    return List.of(
        PlantedBug.of(
            "W-23",
            "lease-ends-before-the-acknowledgement",
            "the lease is cleared in a transaction before the one that acknowledges",
            in(
                "Push.acknowledge",
                Outbox.class,
                "markCommitted",
                call -> {
                  call.sql("UPDATE _sync_attachment_state SET pending_initialization_id = ''");
                  call.split();
                  return call.proceed();
                })),
        PlantedBug.of(
            "W-24",
            "lease-outlives-its-seed",
            "neither the acknowledgement nor the replay ends the lease",
            in("Push.acknowledge", Attachment.class, "bind", call -> null),
            in(
                "Replay",
                Attachment.class,
                "bind",
                call -> {
                  Optional<String> lease =
                      call.tx().controlState().attached().flatMap(Attached::lease);
                  return call.proceedWith(0, ((Attached) call.arg(0)).withLease(lease));
                })),
        PlantedBug.of(
            "W-42",
            "committed-bundle-created-again",
            "a bundle that is known to be committed is created before it is read back",
            of(
                SyncServer.class,
                "committedRows",
                call -> {
                  ((SyncServer) call.target()).createPush(call.arg(0), Optional.empty());
                  return call.proceed();
                })),
        PlantedBug.slip(
            "acknowledgement-not-written",
            "a commit is acknowledged in memory only",
            in("Push.acknowledge", Outbox.class, "markCommitted", call -> null)),
        PlantedBug.slip(
            "acknowledged-seq-off-by-one",
            "the acknowledgement names the bundle after ours",
            in(
                "Push.acknowledge",
                Outbox.class,
                "markCommitted",
                call -> call.proceedWith(0, (Long) call.arg(0) + 1))),
        PlantedBug.slip(
            "committed-row-dropped",
            "the last row of our committed bundle is lost on its way back",
            of(
                SyncServer.class,
                "committedRows",
                call -> {
                  List<WireRow> rows = new ArrayList<>();
                  Consumer<List<WireRow>> consumer = call.arg(2);
                  Consumer<List<WireRow>> collect = rows::addAll;
                  call.proceedWith(2, collect);
                  consumer.accept(rows.subList(0, rows.size() - 1));
                  return null;
                })));
  }
}
