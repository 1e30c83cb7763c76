package dev.oversqlite4j.simulator.field;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import dev.oversqlite4j.simulator.server.WireRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;

/**
 * A server process with one account of any number of rows, which it makes up when they are asked
 * for: it can be larger than what a model server would want to keep. Serves what an attach needs,
 * in the form of July 2026, until it is killed.
 */
final class GeneratedAccount {

  static final String SCHEMA = "business";
  static final String TABLE = "item";
  private static final int BODY_CHARS = 256;
  private static final String JSON = "application/json";

  private final long rows;
  private final byte[] capabilities;

  private GeneratedAccount(long rows) {
    this.rows = rows;
    ServerSchema schema =
        new ServerSchema(
            SCHEMA,
            List.of(
                new ServerSchema.Table(
                    TABLE,
                    "id",
                    KeyKind.UUID,
                    List.of(new Column("body", ColumnKind.TEXT, Nullability.NULLABLE)))));
    this.capabilities =
        new ModelServer(schema, ServerLimits.july(), () -> 0, () -> UUID.randomUUID().toString())
            .handle(
                WireRequest.of(
                    "GET",
                    "/sync/capabilities",
                    Map.of("Authorization", "Bearer x", "Oversync-Source-ID", "x"),
                    new byte[0]))
            .body();
  }

  /** Key of the n-th row, counted from 1; keys ascend. */
  static String key(long n) {
    return String.format(Locale.ROOT, "00000000-0000-4000-8000-%012d", n);
  }

  /** Text of the n-th row: 256 characters that no other row has. */
  static String body(long n) {
    String word = Long.toString(n * 0x9E3779B97F4A7C15L >>> 1, 36) + '.';
    return word.repeat(BODY_CHARS / word.length() + 1).substring(0, BODY_CHARS);
  }

  private static String row(long n) {
    return "{\"schema\":\""
        + SCHEMA
        + "\",\"table\":\""
        + TABLE
        + "\",\"key\":{\"id\":\""
        + key(n)
        + "\"},\"row_version\":1,\"payload\":{\"id\":\""
        + key(n)
        + "\",\"body\":\""
        + body(n)
        + "\"}}";
  }

  /** Argument: how many rows. Prints the base of all paths as its first line. */
  public static void main(String[] args) throws IOException {
    GeneratedAccount account = new GeneratedAccount(Long.parseLong(args[0]));
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/sync/", account::exchange);
    http.setExecutor(Executors.newCachedThreadPool());
    http.start();
    System.out.println(
        "http://" + http.getAddress().getHostString() + ":" + http.getAddress().getPort() + "/");
    System.out.flush();
    // Whoever started it is gone when its input ends.
    while (System.in.read() >= 0) {
      continue;
    }
    System.exit(0);
  }

  private void exchange(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      WireRequest request =
          WireRequest.of(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toASCIIString(),
              Map.of(),
              new byte[0]);
      byte[] body = answer(request);
      exchange.getResponseHeaders().set("Content-Type", JSON);
      exchange.sendResponseHeaders(
          body.length == 0 ? 204 : 200, body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        try (OutputStream out = exchange.getResponseBody()) {
          out.write(body);
        }
      }
    }
  }

  private byte[] answer(WireRequest request) {
    if (request.path().equals("/sync/capabilities")) {
      return capabilities;
    }
    if (request.path().equals("/sync/connect")) {
      return utf8("{\"resolution\":\"remote_authoritative\"}");
    }
    if (request.method().equals("DELETE")) {
      return new byte[0];
    }
    if (request.path().equals("/sync/snapshot-sessions")) {
      return utf8(
          "{\"snapshot_id\":\""
              + UUID.randomUUID()
              + "\",\"snapshot_bundle_seq\":1,\"row_count\":"
              + rows
              + ",\"byte_count\":"
              + rows * row(1).length()
              + ",\"expires_at\":\"2100-01-01T00:00:00Z\"}");
    }
    return chunk(request);
  }

  private byte[] chunk(WireRequest request) {
    String id = request.path().substring(request.path().lastIndexOf('/') + 1);
    long after = Long.parseLong(request.query().get("after_row_ordinal"));
    long size = row(1).length();
    long count =
        Math.min(
            rows - after,
            Math.min(
                Long.parseLong(request.query().get("max_rows")),
                Long.parseLong(request.query().get("max_bytes")) / size));
    StringBuilder json =
        new StringBuilder("{\"snapshot_id\":\"")
            .append(id)
            .append("\",\"snapshot_bundle_seq\":1,\"rows\":[");
    for (long n = after + 1; n <= after + count; n++) {
      json.append(n == after + 1 ? "" : ",").append(row(n));
    }
    return utf8(
        json.append("],\"next_row_ordinal\":")
            .append(after + count)
            .append(",\"has_more\":")
            .append(after + count < rows)
            .append(",\"byte_count\":")
            .append(count * size)
            .append('}')
            .toString());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
