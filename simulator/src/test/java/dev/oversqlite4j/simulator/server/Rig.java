package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.ServerSchema.OnDelete;
import dev.oversqlite4j.simulator.server.ServerSchema.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A model server with virtual time, counted ids and clients that speak raw JSON to it. */
final class Rig {
  static final String NO_SUCH_ID = "00000000-0000-4000-8000-999999999999";
  static final String ANY_HASH = "0".repeat(64);

  static final ServerSchema SHOP =
      new ServerSchema(
          "shop",
          List.of(
              new Table(
                  "gadgets",
                  "id",
                  KeyKind.UUID,
                  List.of(
                      nullable("active", ColumnKind.BOOLEAN),
                      nullable("blob", ColumnKind.BYTEA),
                      nullable("made_at", ColumnKind.TEXT),
                      nullable("memo", ColumnKind.TEXT),
                      nullable("qty", ColumnKind.BIGINT),
                      nullable("ratio", ColumnKind.DOUBLE),
                      new Column("title", ColumnKind.TEXT, Nullability.NOT_NULL))),
              new Table(
                      "parts",
                      "id",
                      KeyKind.UUID,
                      List.of(
                          nullable("gadget_id", ColumnKind.UUID),
                          nullable("holder_id", ColumnKind.UUID),
                          nullable("maker", ColumnKind.TEXT)))
                  .withForeignKey("gadget_id", "gadgets", OnDelete.CASCADE)
                  .withForeignKey("holder_id", "gadgets", OnDelete.NO_ACTION)
                  .withForeignKey("maker", "makers", OnDelete.SET_NULL),
              new Table("makers", "code", KeyKind.TEXT, List.of(nullable("phone", ColumnKind.TEXT)))
                  .withUnique("phone")));

  long now = 1_000_000;
  private int ids;
  final ModelServer server;

  Rig() {
    this(ServerLimits.july());
  }

  Rig(ServerLimits limits) {
    this(Revision.JULY_2026, limits);
  }

  Rig(Revision revision, ServerLimits limits) {
    server = new ModelServer(revision, SHOP, limits, () -> now, () -> id(0x1d, ++ids));
  }

  private static Column nullable(String name, ColumnKind kind) {
    return new Column(name, kind, Nullability.NULLABLE);
  }

  /** A canonical UUID made of a family and a number. */
  static String id(int family, int number) {
    return String.format("%08x-0000-4000-8000-%012x", family, number);
  }

  static String gadget(int number) {
    return id(0x6a, number);
  }

  static String part(int number) {
    return id(0x7a, number);
  }

  static ObjectNode row(String op, String table, String key, long base) {
    ObjectNode row = Json.object().put("schema", "shop").put("table", table);
    row.putObject("key").put(SHOP.registered(table).key(), key);
    return row.put("op", op).put("base_row_version", base);
  }

  /** A row with a payload of alternating names and values; null values are JSON null. */
  static ObjectNode row(String op, String table, String key, long base, String... members) {
    ObjectNode row = row(op, table, key, base);
    ObjectNode payload = row.putObject("payload");
    for (int i = 0; i < members.length; i += 2) {
      payload.put(members[i], members[i + 1]);
    }
    return row;
  }

  static ObjectNode insertGadget(int number, String title) {
    return row("INSERT", "gadgets", gadget(number), 0, "title", title);
  }

  static String hash(List<ObjectNode> rows) {
    return Revision.JULY_2026.requestHash(
        IntStream.range(0, rows.size())
            .mapToObj(i -> Revision.JULY_2026.requestText(RequestBody.of(rows.get(i)), i))
            .toList());
  }

  Client client(String user, String source) {
    return new Client(user, source);
  }

  /** A client of an initialised, empty scope. */
  Client ready(String user, String source) {
    Client client = client(user, source);
    client.connect("false").ok();
    return client;
  }

  /** What the server said. */
  record Answer(WireResponse response) {
    JsonNode json() {
      return Json.parse(response.text());
    }

    String code() {
      return response.status() + " " + json().path("error").asText();
    }

    Answer ok() {
      assertEquals(200, response.status(), response.text());
      return this;
    }

    void refused(String statusAndCode) {
      assertEquals(statusAndCode, code(), response.text());
    }

    String text(String member) {
      return json().path(member).asText();
    }

    long number(String member) {
      return json().path(member).asLong();
    }
  }

  /** One source of one user. */
  final class Client {
    final String user;
    final String source;

    Client(String user, String source) {
      this.user = user;
      this.source = source;
    }

    Answer send(String method, String target, String body) {
      Map<String, String> headers = new LinkedHashMap<>();
      headers.put("Authorization", "Bearer " + user);
      headers.put("Oversync-Source-ID", source);
      return new Answer(
          server.handle(
              WireRequest.of(
                  method, "/sync/" + target, headers, body.getBytes(StandardCharsets.UTF_8))));
    }

    Answer get(String target) {
      return send("GET", target, "");
    }

    Answer post(String target, String body) {
      return send("POST", target, body);
    }

    Answer delete(String target) {
      return send("DELETE", target, "");
    }

    Answer connect(String pending) {
      return post("connect", "{\"has_local_pending_rows\":" + pending + "}");
    }

    Answer create(long bundleId, long planned, String hash) {
      return create(bundleId, planned, hash, "");
    }

    Answer create(long bundleId, long planned, String hash, String initializationId) {
      ObjectNode body =
          Json.object()
              .put("source_bundle_id", bundleId)
              .put("planned_row_count", planned)
              .put("canonical_request_hash", hash);
      if (!initializationId.isEmpty()) {
        body.put("initialization_id", initializationId);
      }
      return post("push-sessions", body.toString());
    }

    Answer chunk(String pushId, long start, List<ObjectNode> rows) {
      ObjectNode body = Json.object().put("start_row_ordinal", start);
      ArrayNode array = body.putArray("rows");
      rows.forEach(array::add);
      return post("push-sessions/" + pushId + "/chunks", body.toString());
    }

    Answer commit(String pushId) {
      return post("push-sessions/" + pushId + "/commit", "");
    }

    /** Creates a session and stages all rows in one chunk. */
    String stage(long bundleId, ObjectNode... rows) {
      List<ObjectNode> all = List.of(rows);
      String pushId = create(bundleId, all.size(), hash(all)).ok().text("push_id");
      chunk(pushId, 0, all).ok();
      return pushId;
    }

    Answer push(long bundleId, ObjectNode... rows) {
      return commit(stage(bundleId, rows));
    }

    Answer snapshot() {
      return post("snapshot-sessions", "");
    }

    Answer replace(String previous, String next) {
      ObjectNode body = Json.object();
      body.putObject("source_replacement")
          .put("previous_source_id", previous)
          .put("new_source_id", next)
          .put("reason", "history_pruned");
      return post("snapshot-sessions", body.toString());
    }
  }

  static List<JsonNode> list(JsonNode array) {
    List<JsonNode> all = new ArrayList<>();
    array.forEach(all::add);
    return all;
  }
}
