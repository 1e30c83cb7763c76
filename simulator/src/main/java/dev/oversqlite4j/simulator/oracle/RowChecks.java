package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.server.CommittedBundle;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Control;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** What commits do to the checkpoint and to rows: properties 24, 57 and 59. */
final class RowChecks extends Check {

  private static final Set<String> TAKES_ROWS_OVER =
      Set.of(
          "REPLAY",
          "PULL_BUNDLE",
          "APPLY_REMOTE",
          "APPLY_SNAPSHOT",
          "APPLY_COMMITTED",
          "APPLY_ROTATED");

  private final ModelServer server;
  // Our bundles that lay behind those of others when they were replayed.
  private final Map<Integer, Long> toCatchUp = new HashMap<>();
  private final Set<Integer> uncaptured = new HashSet<>();

  RowChecks(ModelServer server) {
    this.server = server;
  }

  @Override
  void committed(Device device, DeviceTables before, DeviceTables now) {
    if (!before.installed() || !now.installed()) {
      toCatchUp.remove(device.index());
      return;
    }
    if (!journaled(before, now)) {
      if (!uncaptured.contains(device.index())) {
        editsAreCaptured(device, before, now);
      }
      return;
    }
    uncaptured.remove(device.index());
    String trigger = trigger(now);
    if (trigger.equals("REPLAY")) {
      ownBundle(before.control())
          .ifPresent(
              seq -> {
                replayed(device, seq, before.control().checkpoint(), now.control().checkpoint());
                if (now.control().checkpoint() < seq) {
                  toCatchUp.merge(device.index(), seq, Math::max);
                }
              });
    }
    if (!before.control().user().equals(now.control().user())) {
      toCatchUp.remove(device.index());
    }
    if (TAKES_ROWS_OVER.contains(trigger)) {
      nothingBecomesAnEdit(device, trigger, before, now);
    }
    if (!before.rows().equals(now.rows())) {
      require(
          59,
          referencesHold(device),
          device,
          trigger + " left a row that refers to one that is not there");
    }
  }

  private OptionalLong ownBundle(Control control) {
    return server.bundles(control.user()).stream()
        .filter(
            bundle ->
                bundle.sourceId().equals(control.source())
                    && bundle.sourceBundleId() == control.sourceBundleId())
        .mapToLong(CommittedBundle::seq)
        .findFirst();
  }

  /** 24: a bundle of ours that lies behind others leaves the checkpoint before those. */
  static void replayed(Object where, long own, long before, long now) {
    require(
        24,
        own <= before + 1 || now == before,
        where,
        "our bundle moved the checkpoint over those of others before it");
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    boolean pulled = operation == Operation.PULL || operation == Operation.SYNC;
    if (!pulled || outcome instanceof CallOutcome.Threw) {
      return;
    }
    Long own = toCatchUp.remove(device.index());
    if (own != null && last(device).installed()) {
      caughtUp(device, own, last(device).control().checkpoint());
    }
  }

  /** 24: the next pull gets there. */
  static void caughtUp(Object where, long own, long checkpoint) {
    require(
        24,
        checkpoint >= own,
        where,
        "a pull ended before a bundle of ours that lay behind others");
  }

  /**
   * 57: what a server made of a value, or a bundle that is applied, is not an edit. Rows that fall
   * with their parents are deletions, and those of the app wait already.
   */
  static void nothingBecomesAnEdit(
      Object where, String trigger, DeviceTables before, DeviceTables now) {
    now.dirty()
        .forEach(
            (row, intent) ->
                require(
                    57,
                    intent.tag().isEmpty()
                        || before.dirty().containsKey(row)
                        || edited(row, before),
                    where,
                    trigger + " made an edit of a row of " + row.table() + " that nobody edited"));
  }

  /** Whether the app's edit waits in another form, and is not what was sent just now. */
  private static boolean edited(RowId row, DeviceTables before) {
    Intent frozen = before.outbox().get(row);
    return before.held().containsKey(row)
        || before.quarantined().containsKey(row)
        || frozen != null
            && (!before.control().outboxState().equals("committed_remote")
                || !frozen.tag().equals(Optional.ofNullable(before.rows().get(row))));
  }

  /** 57: a real edit of a row of the server's is one; a deletion is the business of 60. */
  static void editsAreCaptured(Object where, DeviceTables before, DeviceTables now) {
    before
        .rowStates()
        .forEach(
            (row, known) -> {
              String was = before.rows().get(row);
              String is = now.rows().get(row);
              require(
                  57,
                  known.deleted()
                      || was == null
                      || is == null
                      || was.equals(is)
                      || now.dirty().containsKey(row),
                  where,
                  "an edit of a row of " + row.table() + " that the server knows does not wait");
            });
  }

  /** 59: foreign keys, asked of SQLite itself. */
  private static boolean referencesHold(Device device) {
    try (Statement statement = device.observer().connection().createStatement();
        ResultSet broken = statement.executeQuery("PRAGMA foreign_key_check")) {
      return !broken.next();
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot read a device's file", e);
    }
  }

  @Override
  public void disturbing(Device device, Disturbance what) {
    if (what == Disturbance.DROP_TRIGGERS) {
      uncaptured.add(device.index());
    }
    if (what.losesHistory()) {
      toCatchUp.clear();
    }
  }

  @Override
  public void lostPower(Device device, SynchronousMode mode) {
    toCatchUp.remove(device.index());
    // It may take the open() that put the triggers back; the next one does so again.
    uncaptured.add(device.index());
  }
}
