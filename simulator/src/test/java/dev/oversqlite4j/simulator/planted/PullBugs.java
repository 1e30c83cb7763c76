package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.SyncServer.BundleSink;
import dev.oversqlite4j.spi.SyncServer.Part;
import dev.oversqlite4j.spi.WireRow;
import java.util.List;
import java.util.function.BiFunction;

/** Defects of pulling bundles. */
final class PullBugs {

  private PullBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        PlantedBug.slip(
            "pull-cursor-off-by-one",
            "a pull asks for what comes after the next bundle",
            of(
                SyncServer.class,
                "pull",
                call -> {
                  long after = call.arg(1);
                  return call.proceedWith(1, after == 0 ? after : after + 1);
                })),
        PlantedBug.slip(
            "checkpoint-off-by-one",
            "the checkpoint moves one bundle further than what is applied",
            in(
                "Pull.apply",
                Attachment.class,
                "bind",
                call -> {
                  Attached attached = call.arg(0);
                  return call.proceedWith(0, attached.withCheckpoint(attached.checkpoint() + 1));
                })),
        PlantedBug.slip(
            "last-row-of-a-bundle-dropped",
            "the last row of a pulled bundle is not applied",
            pulling(
                (rows, part) ->
                    part == Part.LAST && rows.size() > 1
                        ? rows.subList(0, rows.size() - 1)
                        : rows)),
        PlantedBug.slip(
            "pulled-deletions-ignored",
            "deletions by other devices are not applied",
            pulling(
                (rows, part) -> rows.stream().filter(r -> r.op() != RowOperation.DELETE).toList())),
        PlantedBug.slip(
            "tombstones-forgotten",
            "a pulled deletion forgets that there was a row",
            in(
                "IncomingRow",
                Rows.class,
                "setAuthority",
                call -> {
                  RowAuthority authority = call.arg(1);
                  if (authority.live()) {
                    return call.proceed();
                  }
                  call.tx().rows().forgetAuthority(call.arg(0));
                  return null;
                })),
        PlantedBug.slip(
            "deleted-rows-taken-for-live",
            "a pulled deletion leaves the row known as live",
            in(
                "IncomingRow",
                Rows.class,
                "setAuthority",
                call ->
                    call.proceedWith(
                        1,
                        new RowAuthority(
                            ((RowAuthority) call.arg(1)).rowVersion(),
                            RowAuthority.Liveness.LIVE)))));
  }

  private static Tampering pulling(BiFunction<List<WireRow>, Part, List<WireRow>> left) {
    return of(
        SyncServer.class,
        "pull",
        call -> {
          BundleSink sink = call.arg(3);
          BundleSink other = (seq, rows, part) -> sink.take(seq, left.apply(rows, part), part);
          return call.proceedWith(3, other);
        });
  }
}
