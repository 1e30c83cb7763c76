package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.SourceState;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Control;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What holds of snapshots, rebuilds and changes of the source at every journaled commit. */
final class Recovery {

  /** Transitions that may change the app's rows; all others leave them as they are. */
  private static final Set<String> CHANGE_ROWS =
      Set.of(
          "APPLY_REMOTE",
          "APPLY_SNAPSHOT",
          "APPLY_COMMITTED",
          "APPLY_ROTATED",
          "PULL_BUNDLE",
          "REPLAY",
          "CONFLICT_RESOLVED",
          "DETACH");

  private Recovery() {}

  /**
   * Judges one commit of a device that had sync installed before.
   *
   * @param trigger the transition it made
   */
  static void check(
      Device device, String trigger, DeviceTables before, DeviceTables now, ModelServer server) {
    sourceRecovery(device, trigger, before.control(), now.control(), server);
    snapshots(device, trigger, before, now, server);
  }

  /** 37, 38, 39. */
  private static void sourceRecovery(
      Device device, String trigger, Control before, Control now, ModelServer server) {
    boolean wasDue = before.operation().equals("source_recovery");
    boolean isDue = now.operation().equals("source_recovery");
    require(
        37,
        !wasDue || isDue || trigger.equals("APPLY_ROTATED") || trigger.equals("DETACH"),
        device,
        trigger + " gave up the rotation of the source");
    require(
        38,
        !wasDue
            || !isDue
            || now.replacement().equals(before.replacement())
            // A copy of the file went on under it, so it is not to be had any more.
            || usedUp(server, now.user(), before.replacement()),
        device,
        "the reserved source was replaced by another one");
    if (trigger.equals("APPLY_ROTATED")) {
      require(
          38,
          now.source().equals(before.replacement()),
          device,
          "the source is not the one that was reserved");
      require(
          39,
          now.outboxState().equals("none") || now.sourceBundleId() == 1,
          device,
          "the first bundle of a new source is not its first");
    }
  }

  private static boolean usedUp(ModelServer server, String user, String source) {
    return server.sources(user).containsKey(source)
        && server.sources(user).get(source).phase() != SourceState.Phase.RESERVED;
  }

  /** What a snapshot had no place for is shown again, or takes along what refers to it. */
  private static boolean onlyQuarantinedChanged(DeviceTables before, DeviceTables now) {
    Map<RowId, String> others = new TreeMap<>(before.rows());
    others.keySet().removeIf(row -> Oracle.gone(row, before, now));
    Map<RowId, String> shown = new TreeMap<>(now.rows());
    others.keySet().removeAll(before.quarantined().keySet());
    shown.keySet().removeAll(before.quarantined().keySet());
    return shown.equals(others);
  }

  /** 45, 46, 48. */
  private static void snapshots(
      Device device, String trigger, DeviceTables before, DeviceTables now, ModelServer server) {
    require(
        45,
        !trigger.equals("APPLY_REMOTE") || before.control().stageComplete(),
        device,
        "a snapshot was applied that is not complete");
    require(
        46,
        CHANGE_ROWS.contains(trigger)
            || now.rows().equals(before.rows())
            || trigger.equals("QUARANTINE_RETRIED") && onlyQuarantinedChanged(before, now),
        device,
        trigger + " changed the app's rows");
    if (trigger.equals("APPLY_COMMITTED")) {
      Control control = before.control();
      require(
          48,
          server.bundles(control.user()).stream()
              .filter(
                  bundle ->
                      bundle.sourceId().equals(control.source())
                          && bundle.sourceBundleId() == control.sourceBundleId())
              .allMatch(bundle -> bundle.seq() <= now.control().checkpoint()),
          device,
          "a committed bundle was dropped for a snapshot that does not have it");
    }
  }
}
