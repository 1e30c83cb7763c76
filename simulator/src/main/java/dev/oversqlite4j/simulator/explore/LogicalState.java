package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.disk.LogicalContent;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.Observer;
import dev.oversqlite4j.simulator.world.World;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the future of a simulated world depends on: app rows, control tables without times, the fold
 * of the journal, discarded and quarantined intents, the server, and how far the plan is. Ids are
 * numbered by first use, so that two runs which only drew other ids are in the same state.
 */
final class LogicalState {

  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private static final LogicalContent STATE =
      LogicalContent.without(
          Set.of("updated_at", "created_at", "at", "chain", "op_id", "dirty_updated_at", "salt"));

  // The journal is history; what counts of it is its fold.
  private static final Set<String> HISTORY = Set.of("_fsm_journal", "_fsm_meta");

  private LogicalState() {}

  /**
   * What one device's file holds.
   *
   * @param rows of every table that counts, by table, as text
   * @param tables the same as the oracle sees it
   */
  record OnDisk(SortedMap<String, List<String>> rows, DeviceTables tables) {

    static OnDisk read(Observer observer) {
      try {
        SortedMap<String, List<String>> rows = observer.content(STATE);
        rows.keySet().removeAll(HISTORY);
        return new OnDisk(rows, DeviceTables.read(observer));
      } catch (SQLException e) {
        throw new IllegalStateException("The explorer cannot read a device's file", e);
      }
    }
  }

  /** One device: what is in memory and what is in the file. */
  record OfDevice(String memory, OnDisk disk) {}

  /** The state of a world as it is, between two processes or at the end. */
  static String of(World world, String position) {
    List<OfDevice> devices = new ArrayList<>();
    world.devices().forEach(d -> devices.add(new OfDevice(d.memory(), OnDisk.read(d.observer()))));
    return of(world, position, devices);
  }

  /**
   * @param position what in the plan is still to come
   * @param devices all of them, in their order
   */
  static String of(World world, String position, List<OfDevice> devices) {
    Map<String, String> numbers = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder("released ").append(world.released());
    text.append(' ').append(position).append('\n');
    for (OfDevice device : devices) {
      text.append(device.memory()).append('\n');
      device
          .disk()
          .rows()
          .forEach(
              (table, rows) -> {
                Set<String> numbered = new TreeSet<>();
                rows.forEach(row -> numbered.add(numbered(row, numbers)));
                text.append(table).append(numbered).append('\n');
              });
      text.append(device.disk().tables().fold()).append('\n');
    }
    text.append(world.server().state().fingerprint(world.nowMillis(), id -> numbered(id, numbers)));
    return hash(text.toString());
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
