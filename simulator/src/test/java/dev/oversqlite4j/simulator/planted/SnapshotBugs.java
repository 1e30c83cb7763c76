package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.DiscardedIntents;
import dev.oversqlite4j.spi.Operation.RemoteReplace;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.Stage;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.SyncServer.SnapshotSession;
import dev.oversqlite4j.spi.SyncServer.SourceReplacement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Defects of rebuilds, remote replaces and rotations. */
final class SnapshotBugs {

  private static final String REPLACEMENTS = "replacements";

  private SnapshotBugs() {}

  static List<PlantedBug> all() {
    List<PlantedBug> all = new ArrayList<>(downloading());
    all.addAll(applying());
    all.addAll(rotating());
    return all;
  }

  private static List<PlantedBug> downloading() {
    return List.of(
        PlantedBug.slip(
            "snapshot-cursor-off-by-one",
            "the second page of a snapshot skips a row",
            of(
                SyncServer.class,
                "snapshotPage",
                call -> {
                  long after = call.arg(3);
                  return call.proceedWith(3, after == 0 ? after : after + 1);
                })),
        PlantedBug.slip(
            "stage-loses-a-row",
            "the last row of a page is not staged",
            of(
                Stage.class,
                "append",
                call -> {
                  List<?> rows = call.arg(1);
                  return rows.size() < 2
                      ? call.proceed()
                      : call.proceedWith(1, rows.subList(0, rows.size() - 1));
                })),
        PlantedBug.slip(
            "snapshot-seq-off-by-one",
            "a snapshot counts as one bundle newer than it is",
            of(
                SyncServer.class,
                "createSnapshot",
                call -> {
                  SnapshotSession s = (SnapshotSession) call.proceed();
                  return new SnapshotSession(
                      s.snapshotId(), s.bundleSeq() + 1, s.rowCount(), s.byteCount());
                })));
  }

  private static List<PlantedBug> applying() {
    return List.of(
        PlantedBug.of(
            "W-13",
            "dirty-rows-deleted-by-a-remote-replace",
            "a remote replace deletes dirty rows when it begins",
            of(
                DiscardedIntents.class,
                "holdDirtyRows",
                call -> {
                  call.sql("DELETE FROM _sync_dirty_rows");
                  return 0L;
                })),
        PlantedBug.of(
            "W-21",
            "rows-before-their-attachment",
            "a remote replace commits the rows before the attachment",
            in(
                "RemoteReplace.apply",
                DiscardedIntents.class,
                "discardHeld",
                call -> {
                  call.split();
                  return call.proceed();
                })),
        PlantedBug.slip(
            "old-rows-kept-by-a-rebuild",
            "a rebuild leaves rows that the snapshot does not have",
            in("SnapshotRows.replace", Rows.class, "wipeAll", call -> 0L)));
  }

  private static List<PlantedBug> rotating() {
    return List.of();
  }

  private static Object sum(Object one, Object other) {
    return (Integer) one + (Integer) other;
  }

  private static SourceReplacement another(SourceReplacement r, int n) {
    byte[] text = (r.newSourceId() + n).getBytes(StandardCharsets.UTF_8);
    return new SourceReplacement(
        r.previousSourceId(), UUID.nameUUIDFromBytes(text).toString(), r.reason());
  }

  private static Object thenSplit(Tampering.Call call) throws Throwable {
    Object result = call.proceed();
    call.split();
    return result;
  }

  private static ControlState complete(ControlState control) {
    if (!(control.operation() instanceof RemoteReplace replace)) {
      return control;
    }
    Optional<StagedSnapshot> stage =
        replace
            .stage()
            .map(
                s ->
                    new StagedSnapshot(
                        s.snapshotId(), s.bundleSeq(), s.rowCount(), s.byteCount(), true));
    return new ControlState(
        control.sourceId(),
        control.binding(),
        new RemoteReplace(replace.targetUserId(), stage),
        control.outbox());
  }
}
