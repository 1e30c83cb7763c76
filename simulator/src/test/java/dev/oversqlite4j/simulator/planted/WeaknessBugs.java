package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import dev.oversqlite4j.DirtyStateRejectedException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.SyncServer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What other clients of the protocol really do. */
final class WeaknessBugs {

  private static final String DIRTY = "dirty rows as they were";
  private static final String COUNT = "how many rows waited";

  private WeaknessBugs() {}

  static List<PlantedBug> all() {
    return Stream.of(pushing(), recovering(), leaving()).flatMap(List::stream).toList();
  }

  private static List<PlantedBug> pushing() {
    return List.of(
        PlantedBug.of(
            "W-1",
            "rows-read-before-the-freeze",
            "freezing takes the rows as a transaction before had read them",
            in(
                "Freeze.run",
                DirtyRows.class,
                "all",
                call -> {
                  Object earlier = call.process().memory().remove(DIRTY);
                  return earlier == null ? call.proceed() : earlier;
                }),
            in(
                "Push.run",
                LocalTransaction.class,
                "quarantine",
                call -> {
                  call.process().memory().putIfAbsent(DIRTY, call.tx().dirtyRows().all());
                  return call.proceed();
                })),
        PlantedBug.of(
            "W-2",
            "newer-edit-overwritten-by-a-conflict",
            "the end of a conflict puts frozen rows over what was written since",
            in("Requeue", DirtyRows.class, "find", call -> Optional.empty())),
        PlantedBug.of(
            "W-4",
            "lost-lease-leaves-a-frozen-bundle",
            "a lost lease leaves what was frozen under it",
            in("LeaseLoss.apply", Outbox.class, "clear", call -> null)),
        PlantedBug.of(
            "W-5",
            "pulled-row-overwrites-an-edit",
            "a pull does not look whether a row has been edited since it began",
            in("IncomingRow", DirtyRows.class, "find", call -> Optional.empty())),
        PlantedBug.of(
            "W-20",
            "no-ops-are-kept-if-nothing-else-is-there",
            "a freeze that finds no-ops only leaves them",
            in(
                "Freeze.dropNoOps",
                DirtyRows.class,
                "remove",
                call -> call.tx().outbox().rowCount() == 0 ? null : call.proceed())),
        PlantedBug.of(
            "W-35",
            "session-deleted-after-the-commit",
            "a commit whose answer is lost is followed by a deletion of its session",
            of(
                SyncServer.class,
                "commitPush",
                call -> {
                  try {
                    return call.proceed();
                  } catch (TransientRetryExhaustedException lost) {
                    OutboxState.Bundle bundle = call.arg(0);
                    ((SyncServer) call.target()).deletePush(bundle.sourceId(), call.arg(1));
                    throw lost;
                  }
                })),
        PlantedBug.of(
            "W-38",
            "rows-taken-along-not-noticed",
            "nobody looks at what foreign keys deleted beside a pulled row",
            of(Rows.class, "takenAlong", call -> List.of())));
  }

  private static List<PlantedBug> recovering() {
    return List.of(
        PlantedBug.of(
            "W-7",
            "rebuild-deletes-dirty-rows",
            "a rebuild deletes the rows that wait",
            in(
                "LocalIntent.reexecute",
                DirtyRows.class,
                "all",
                call -> {
                  DirtyRows dirty = call.tx().dirtyRows();
                  dirty.all().stream().map(DirtyRow::key).forEach(dirty::remove);
                  return List.of();
                })),
        PlantedBug.of(
            "W-8",
            "source-recovery-refuses-dirty-rows",
            "a rotation refuses to begin while rows wait",
            in(
                "LocalIntent.gather",
                LocalTransaction.class,
                "quarantine",
                call -> {
                  long dirty = call.tx().dirtyRows().count();
                  if (dirty > 0
                      && call.tx().controlState().operation() instanceof Operation.SourceRecovery) {
                    throw new DirtyStateRejectedException(dirty);
                  }
                  return call.proceed();
                })),
        PlantedBug.of(
            "W-22",
            "next-id-raised-by-a-rotation",
            "a rotation counts the first bundle of the new source as committed",
            in(
                "Rebuild.rotate",
                Outbox.class,
                "rebind",
                call -> {
                  call.proceed();
                  call.tx().sources().raiseNextBundleId(call.arg(0), 2);
                  return null;
                })));
  }

  private static List<PlantedBug> leaving() {
    return List.of(
        PlantedBug.of(
            "W-6",
            "replace-cancelled-in-two-transactions",
            "a cancelled remote replace loses its stage in a transaction of its own",
            in(
                "Detach.undoReplace",
                Attachment.class,
                "bind",
                call -> {
                  call.split();
                  return call.proceed();
                })),
        PlantedBug.of(
            "W-9",
            "pending-rows-counted-before-the-detach",
            "a detach believes how many rows waited when somebody last looked",
            in(
                "Detach.decide",
                DirtyRows.class,
                "count",
                call -> {
                  Object earlier = call.process().memory().get(COUNT);
                  return earlier == null ? call.proceed() : earlier;
                }),
            of(
                DirtyRows.class,
                "count",
                call -> {
                  Object count = call.proceed();
                  call.process().memory().put(COUNT, count);
                  return count;
                })),
        PlantedBug.of(
            "W-15",
            "lost-empty-start-not-recognised",
            "an account that was initialised without an answer is taken for somebody else's",
            in(
                "Attach.remoteAuthoritative",
                JournalTransaction.class,
                "head",
                c -> Optional.empty())),
        PlantedBug.of(
            "W-32",
            "stage-begun-in-two-transactions",
            "an old stage goes in a transaction before the one that begins the next",
            in(
                "RemoteReplace.setStage",
                Attachment.class,
                "operation",
                call -> {
                  call.split();
                  return call.proceed();
                })),
        PlantedBug.of(
            "W-33",
            "any-stage-is-complete",
            "a stage counts as complete whatever it says itself",
            in(
                "RemoteReplace.completeStage",
                LocalTransaction.class,
                "controlState",
                call -> {
                  ControlState now = (ControlState) call.proceed();
                  return now.operation() instanceof Operation.RemoteReplace replace
                      ? new ControlState(
                          now.sourceId(),
                          now.binding(),
                          new Operation.RemoteReplace(
                              replace.targetUserId(), replace.stage().map(WeaknessBugs::complete)),
                          now.outbox())
                      : now;
                }),
            in(
                "RemoteReplace.completeStage",
                dev.oversqlite4j.spi.Stage.class,
                "count",
                call -> 0L)));
  }

  private static StagedSnapshot complete(StagedSnapshot stage) {
    return new StagedSnapshot(stage.snapshotId(), stage.bundleSeq(), 0, stage.byteCount(), true);
  }
}
