package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.OutboxState.CommittedRemote;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.Sources;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Defects of replaying our own bundle, and of resolving its conflicts. */
final class ReplayBugs {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHECKPOINT = "checkpoint";

  private ReplayBugs() {}

  static List<PlantedBug> all() {
    List<PlantedBug> all = new ArrayList<>(replaying());
    all.addAll(resolving());
    return all;
  }

  private static List<PlantedBug> replaying() {
    return List.of(
        PlantedBug.slip(
            "replayed-version-not-noted",
            "a replay does not note the version of the rows",
            in("Replay.replayUploaded", Rows.class, "setAuthority", call -> null)),
        PlantedBug.slip(
            "checkpoint-jumps-to-own-bundle",
            "the checkpoint moves to our bundle over those of peers",
            in(
                "Replay.replay",
                Outbox.class,
                "clear",
                call -> {
                  CommittedRemote ours = (CommittedRemote) call.tx().controlState().outbox();
                  call.process().memory().put(CHECKPOINT, ours.bundleSeq());
                  return call.proceed();
                }),
            in(
                "Replay.replay",
                Attachment.class,
                "bind",
                call -> {
                  Attached attached = call.arg(0);
                  long ours = (Long) call.process().memory().get(CHECKPOINT);
                  return call.proceedWith(
                      0, attached.withCheckpoint(Math.max(attached.checkpoint(), ours)));
                })),
        PlantedBug.slip(
            "next-id-raised-twice",
            "a replay raises the next bundle id by two",
            in(
                "Replay",
                Sources.class,
                "raiseNextBundleId",
                call -> call.proceedWith(1, (Long) call.arg(1) + 1))),
        PlantedBug.slip(
            "next-id-not-raised",
            "a replay leaves the next bundle id as it is",
            in("Replay", Sources.class, "raiseNextBundleId", call -> null)),
        PlantedBug.slip(
            "apply-mode-left-on",
            "capture stays silent after a replay",
            in(
                "Replay.replay",
                Outbox.class,
                "clear",
                call -> {
                  call.sql("UPDATE _sync_apply_state SET apply_mode = 1");
                  return call.proceed();
                })));
  }

  private static List<PlantedBug> resolving() {
    return List.of();
  }

  private static Optional<FrozenRow> frozen(LocalTransaction tx, RowKey key) {
    return tx.outbox().rows().stream().filter(row -> row.key().equals(key)).findFirst();
  }

  private static List<Double> numbers(String payload) throws JsonProcessingException {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode value : JSON.readTree(payload)) {
      if (value.isNumber()) {
        numbers.add(value.doubleValue());
      }
    }
    return numbers;
  }
}
