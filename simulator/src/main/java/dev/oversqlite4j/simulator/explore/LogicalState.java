package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.disk.LogicalContent;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.World;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the future of a simulated world depends on: app rows, control tables without times, the fold of
 * the journal, discarded and quarantined intents, the server, and how far the plan is. Ids are
 * numbered by first use, so that two runs which only drew other ids are in the same state.
 */
final class LogicalState {

  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private static final Set<String> NOT_STATE =
      Set.of("updated_at", "created_at", "at", "chain", "op_id", "dirty_updated_at", "salt");

  private LogicalState() {}

  static String of(World world) {
    Map<String, String> numbers = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder("released ").append(world.released()).append('\n');
    for (Device device : world.devices()) {
      text.append(device).append(' ').append(device.memory()).append('\n');
      dump(device)
          .forEach(
              (table, rows) -> {
                // The journal is history; what counts of it is its fold.
                if (!table.equals("_fsm_journal") && !table.equals("_fsm_meta")) {
                  Set<String> numbered = new TreeSet<>();
                  rows.forEach(row -> numbered.add(numbered(row, numbers)));
                  text.append(table).append(numbered).append('\n');
                }
              });
      text.append(device.fold()).append('\n');
    }
    text.append(
        world
            .server()
            .state()
            .fingerprint(world.nowMillis(), id -> numbered(id, numbers)));
    return hash(text.toString());
  }

  private static Map<String, java.util.List<String>> dump(Device device) {
    try {
      return LogicalContent.without(NOT_STATE).dump(device.file());
    } catch (SQLException e) {
      throw new IllegalStateException("The explorer cannot read a device's file", e);
    }
  }

  private static String numbered(String text, Map<String, String> numbers) {
    Matcher ids = ID.matcher(text);
    StringBuilder out = new StringBuilder();
    while (ids.find()) {
      String number = numbers.computeIfAbsent(ids.group(), id -> "#" + numbers.size());
      ids.appendReplacement(out, number);
    }
    ids.appendTail(out);
    return out.toString();
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
