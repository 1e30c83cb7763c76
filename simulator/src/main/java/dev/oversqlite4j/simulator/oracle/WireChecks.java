package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.server.BundleRow;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Op;
import dev.oversqlite4j.simulator.world.AppTable;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import dev.oversqlite4j.simulator.world.DeviceTables.Intent;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import dev.oversqlite4j.simulator.world.DeviceTables.RowState;
import dev.oversqlite4j.simulator.world.Exchange;
import dev.oversqlite4j.simulator.world.SimulatedApp;
import dev.oversqlite4j.simulator.world.TypedRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is sent, as the server received it: properties 54, 56 and 58. Of June's requests, which name
 * no hash, only what is left at the end is compared.
 */
final class WireChecks extends Check {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SESSIONS = "/sync/push-sessions";

  private final SimulatedApp app;
  private final ModelServer server;
  // By source and request hash: what the app's rows held when they were frozen.
  private final Map<List<String>, Frozen> frozen = new HashMap<>();
  // What a transaction that is about to be committed does, and what waits to be frozen.
  private final Map<Thread, List<Rekeyed>> changing = new HashMap<>();
  private final Map<Integer, List<Rekeyed>> changed = new HashMap<>();
  private final Map<String, Session> sessions = new HashMap<>();

  /** The rows of a bundle when it was frozen, with the storage class of each value. */
  private record Frozen(
      Device device, Map<RowId, Map<String, String>> rows, List<Rekeyed> rekeyed) {}

  /** A row that got another key. */
  record Rekeyed(RowId from, RowId to) {}

  /** A push session, with the rows that the server has taken. */
  private record Session(String hash, long planned, Optional<Frozen> frozen, List<JsonNode> rows) {}

  WireChecks(SimulatedApp app, ModelServer server) {
    this.app = app;
    this.server = server;
  }

  @Override
  void committed(Device device, DeviceTables before, DeviceTables now) {
    if (!journaled(before, now) && before.installed() && now.installed()) {
      List<Rekeyed> mine = changing.getOrDefault(Thread.currentThread(), List.of());
      mine.forEach(rekeyed -> captured(device, rekeyed, before, now));
      changed.computeIfAbsent(device.index(), i -> new ArrayList<>()).addAll(mine);
    }
    changing.remove(Thread.currentThread());
    if (!journaled(before, now) || !trigger(now).equals("FREEZE") || now.outbox().isEmpty()) {
      return;
    }
    List<Rekeyed> sent = changed.getOrDefault(device.index(), new ArrayList<>());
    changed.remove(device.index());
    sent.removeIf(
        rekeyed ->
            !now.outbox().containsKey(rekeyed.from())
                || !now.outbox().containsKey(rekeyed.to())
                || now.outbox().get(rekeyed.from()).tag().isPresent()
                || now.outbox().get(rekeyed.to()).tag().isEmpty());
    Map<RowId, Map<String, String>> rows = TypedRows.read(device);
    // What the app does not show, or shows otherwise, is not what was frozen.
    rows.keySet()
        .removeIf(
            row ->
                !now.outbox().containsKey(row)
                    || !now.outbox()
                        .get(row)
                        .tag()
                        .equals(Optional.ofNullable(now.rows().get(row))));
    frozen.put(
        List.of(now.control().source(), now.control().requestHash()),
        new Frozen(device, rows, sent));
  }

  @Override
  public void served(Exchange exchange) {
    if (!exchange.method().equals("POST") || !exchange.path().startsWith(SESSIONS)) {
      return;
    }
    String[] path = exchange.path().substring(SESSIONS.length()).split("/");
    boolean taken = exchange.status() == 200;
    if (path.length < 2) {
      if (taken) {
        created(exchange);
      }
    } else if (sessions.containsKey(path[1])) {
      Session session = sessions.get(path[1]);
      if (taken && path[2].equals("chunks")) {
        JsonNode rows = parse(exchange.request()).path("rows");
        rows.forEach(session.rows()::add);
        session.frozen().ifPresent(sent -> rows.forEach(row -> arrives(sent, row)));
      } else if (path[2].equals("commit") && session.rows().size() == session.planned()) {
        // Whatever the server says of it: it may be that it refuses a wrong one.
        if (taken) {
          session.frozen().ifPresent(sent -> rekeyed(sent, exchange));
        }
        hashed(
            session.frozen().map(f -> f.device().toString()).orElse("a device"),
            session.hash(),
            session.rows());
      }
    }
  }

  private void created(Exchange exchange) {
    String id = parse(exchange.answer()).path("push_id").asText();
    JsonNode request = parse(exchange.request());
    String hash = request.path("canonical_request_hash").asText();
    if (!id.isEmpty() && !hash.isEmpty()) {
      sessions.put(
          id,
          new Session(
              hash,
              request.path("planned_row_count").asLong(),
              Optional.ofNullable(frozen.get(List.of(exchange.source(), hash))),
              new ArrayList<>()));
    }
  }

  @Override
  public void rekeyed(Device device, RowId from, RowId to) {
    changing
        .computeIfAbsent(Thread.currentThread(), t -> new ArrayList<>())
        .add(new Rekeyed(from, to));
  }

  /** 58: what the app did as one update waits as a deletion, if the server has it, and a row. */
  static void captured(Object where, Rekeyed rekeyed, DeviceTables before, DeviceTables now) {
    RowState known = before.rowStates().get(rekeyed.from());
    Intent deletion = now.dirty().get(rekeyed.from());
    Intent row = now.dirty().get(rekeyed.to());
    require(
        58,
        known == null || known.deleted() || deletion != null && deletion.tag().isEmpty(),
        where,
        "a row of " + rekeyed.from().table() + " got another key and the old one is not deleted");
    require(
        58,
        row != null && row.tag().isPresent(),
        where,
        "a row of " + rekeyed.from().table() + " got another key and is not inserted under it");
  }

  private void rekeyed(Frozen sent, Exchange exchange) {
    long seq = parse(exchange.answer()).path("bundle_seq").asLong();
    server.bundles(exchange.user()).stream()
        .filter(bundle -> bundle.seq() == seq)
        .forEach(bundle -> sent.rekeyed().forEach(r -> committed(sent.device(), r, bundle.rows())));
  }

  /** 58: and so it is for everybody else. */
  static void committed(Object where, Rekeyed rekeyed, List<BundleRow> bundle) {
    require(
        58,
        has(bundle, rekeyed.from(), Op.DELETE)
            && (has(bundle, rekeyed.to(), Op.INSERT) || has(bundle, rekeyed.to(), Op.UPDATE)),
        where,
        "a key that changed did not arrive as a deletion and an insertion");
  }

  private static boolean has(List<BundleRow> bundle, RowId row, Op op) {
    return bundle.stream()
        .anyMatch(
            sent ->
                sent.table().equals(row.table())
                    && sent.key().equals(row.key())
                    && sent.op() == op);
  }

  /** 54: what arrives is what the app's row held, to the storage class and the byte. */
  private void arrives(Frozen sent, JsonNode row) {
    Optional<AppTable> table = app.table(row.path("table").asText());
    if (table.isEmpty() || row.path("payload").isMissingNode()) {
      return;
    }
    RowId id = new RowId(table.get().name(), row.path("key").path(table.get().key()).asText());
    Map<String, String> held = sent.rows().get(id);
    if (held != null) {
      same(sent.device(), id, held, TypedRows.ofWire(table.get(), row.path("payload")));
    }
  }

  static void same(
      Object where, RowId row, Map<String, String> held, Map<String, String> onTheWire) {
    held.forEach(
        (column, value) ->
            require(
                54,
                value.equals(onTheWire.get(column)),
                where,
                "column "
                    + column
                    + " of a row of "
                    + row.table()
                    + " is "
                    + value
                    + " in the file and "
                    + onTheWire.get(column)
                    + " on the wire"));
  }

  /** 56: the hash that was announced is that of the rows which the server has taken. */
  static void hashed(String where, String announced, List<JsonNode> rows) {
    require(
        56,
        announced.equals(CanonicalRequest.hash(rows)),
        where,
        "the announced hash is not that of the rows that were uploaded");
  }

  @Override
  public void disturbed(Device device, Disturbance what) {
    if (what == Disturbance.RESTORE_SERVER) {
      sessions.clear();
    }
    changed.remove(device.index());
  }

  /** 54: what all devices end up with is what the server holds. */
  @Override
  public void settled(List<Device> devices) {
    for (Device device : devices) {
      String user = DeviceTables.read(device.observer()).control().user();
      Map<RowId, Map<String, String>> rows = TypedRows.read(device);
      Map<RowId, Map<String, String>> live = live(user);
      rows.forEach(
          (row, held) -> {
            // A row too many is the business of property 51.
            if (live.containsKey(row)) {
              same(device, row, held, live.get(row));
            }
          });
    }
  }

  private Map<RowId, Map<String, String>> live(String user) {
    Map<RowId, Map<String, String>> rows = new TreeMap<>();
    for (AppTable table : app.tables()) {
      server
          .liveRows(user, table.name())
          .forEach(
              (key, payload) ->
                  rows.put(
                      new RowId(table.name(), key),
                      TypedRows.ofWire(
                          table,
                          parse(payload.getBytes(java.nio.charset.StandardCharsets.UTF_8)))));
    }
    return rows;
  }

  private static JsonNode parse(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException("The model server took or gave what is not JSON", e);
    }
  }

  @Override
  public void booted(Device device) {
    super.booted(device);
    changing.clear();
  }

  @Override
  public void writeFailed(Device device) {
    changing.remove(Thread.currentThread());
  }
}
