package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.DiscardedIntents;
import dev.oversqlite4j.spi.Erasure;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.SyncServer.ConnectAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Defects of attaching and detaching, and of the journal. */
final class LifecycleBugs {

  private static final String CHECKPOINT = "checkpoint";
  private static final String DIRTY = "dirty";
  private static final String SOURCE = "source";

  private LifecycleBugs() {}

  static List<PlantedBug> all() {
    List<PlantedBug> all = new ArrayList<>(attaching());
    all.addAll(detaching());
    all.addAll(journaling());
    all.add(
        new PlantedBug(
            "commits-not-synced",
            Optional.empty(),
            "commits are on the disk some time later, although FULL is promised",
            new Parts() {
              @Override
              public SynchronousMode sync(SynchronousMode promised) {
                return SynchronousMode.NORMAL;
              }
            }));
    return all;
  }

  private static List<PlantedBug> attaching() {
    return List.of(
        PlantedBug.slip(
            "lease-not-kept",
            "the lease of the first seed is not stored",
            connecting(ConnectAnswer.InitializeLocal.class)),
        PlantedBug.slip(
            "accounts-in-use-taken-for-new",
            "local rows are mixed into an account that another device has started",
            connecting(ConnectAnswer.RemoteAuthoritative.class)));
  }

  private static List<PlantedBug> detaching() {
    return List.of(
        PlantedBug.of(
            "W-10",
            "checkpoint-survives-a-detach",
            "the next user inherits the checkpoint",
            in(
                "Detach.leave",
                Erasure.class,
                "wipeControl",
                call -> {
                  long checkpoint =
                      call.tx().controlState().attached().map(Attached::checkpoint).orElse(0L);
                  call.process().memory().put(CHECKPOINT, checkpoint);
                  return call.proceed();
                }),
            in(
                "Detach.leave",
                Attachment.class,
                "bind",
                call -> {
                  call.proceed();
                  call.sql(
                      "UPDATE _sync_attachment_state SET last_bundle_seq_seen = "
                          + call.process().memory().get(CHECKPOINT));
                  return null;
                })),
        PlantedBug.slip(
            "detach-drops-pending-rows",
            "a detach does not count dirty rows",
            in("Detach.run", DirtyRows.class, "count", call -> 0L)),
        PlantedBug.slip(
            "audit-survives-a-detach",
            "a detach leaves the discarded edits of the user",
            in("Detach.leave", DiscardedIntents.class, "wipe", call -> null)),
        PlantedBug.slip(
            "detach-forgets-a-table",
            "a detach leaves the rows of one table",
            in(
                "Detach.leave",
                Rows.class,
                "wipeAll",
                call -> {
                  call.sql("DELETE FROM note");
                  call.sql("DELETE FROM person");
                  call.sql("DELETE FROM _sync_row_state");
                  return 0L;
                })),
        PlantedBug.slip(
            "versions-survive-a-detach",
            "a detach leaves the versions of the user's rows",
            in(
                "Detach.leave",
                Rows.class,
                "wipeAll",
                call -> {
                  call.sql("DELETE FROM note");
                  call.sql("DELETE FROM person");
                  call.sql("DELETE FROM measure");
                  return 0L;
                })));
  }

  private static List<PlantedBug> journaling() {
    return List.of(
        PlantedBug.slip(
            "journal-row-skipped",
            "an acknowledgement leaves no journal row",
            of(
                JournalTransaction.class,
                "append",
                call -> call.arg(1).equals("ACK") ? 0L : call.proceed())),
        PlantedBug.slip(
            "journal-path-broken",
            "a freeze is journaled as if it came from where it leads",
            of(
                JournalTransaction.class,
                "append",
                call ->
                    call.arg(1).equals("FREEZE")
                        ? call.proceedWith(2, call.arg(3))
                        : call.proceed())),
        PlantedBug.slip(
            "journal-row-twice",
            "a replay is journaled twice",
            of(
                JournalTransaction.class,
                "append",
                call -> {
                  if (call.arg(1).equals("REPLAY")) {
                    call.proceed();
                  }
                  return call.proceed();
                })),
        PlantedBug.slip(
            "journal-row-in-the-next-transaction",
            "the effects of a step are committed before its journal row",
            of(
                JournalTransaction.class,
                "append",
                call -> {
                  if (!call.arg(1).equals("OPEN")) {
                    call.split();
                  }
                  return call.proceed();
                })),
        PlantedBug.slip(
            "journal-chain-broken",
            "a journal row is chained to nothing",
            of(
                JournalTransaction.class,
                "append",
                call -> {
                  Object seq = call.proceed();
                  call.sql(
                      "UPDATE _fsm_journal SET chain = '"
                          + "0".repeat(64)
                          + "' WHERE seq = "
                          + seq);
                  return seq;
                })));
  }

  private static Tampering connecting(Class<? extends ConnectAnswer> misunderstood) {
    return of(
        SyncServer.class,
        "connect",
        call -> {
          Object answer = call.proceed();
          return misunderstood.isInstance(answer) ? new ConnectAnswer.InitializeEmpty() : answer;
        });
  }

  private static Object withFirstSource(Tampering.Call call) throws Throwable {
    Object source = call.process().memory().computeIfAbsent(SOURCE, k -> call.arg(0));
    return call.proceedWith(0, source);
  }
}
