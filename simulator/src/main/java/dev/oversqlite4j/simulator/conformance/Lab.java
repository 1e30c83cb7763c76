package dev.oversqlite4j.simulator.conformance;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.conformance.Verdicts.NotTestable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.erdtman.jcs.JsonCanonicalizer;

/** The server under test, users and sources on it, and a row it takes. */
final class Lab {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final String base;
  private final Map<String, String> headers;
  private final Supplier<String> newUuid;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private Optional<Table> table = Optional.empty();
  final Answer capabilities;

  /** A table and a payload that the server takes as a new row, without its key. */
  record Table(String schema, String name, String key, ObjectNode payload) {}

  /**
   * @param headers sent with every request; without {@code Authorization} any token is a user
   * @param payload what a row needs besides its key, where the key alone is not enough
   */
  Lab(
      String base,
      Map<String, String> headers,
      Map<String, ObjectNode> payloads,
      Supplier<String> newUuid) {
    this.base = base.endsWith("/") ? base : base + "/";
    this.headers = headers;
    this.newUuid = newUuid;
    this.capabilities = anyone().get("capabilities").ok();
    this.table = findTable(payloads);
  }

  boolean isJuly() {
    JsonNode limits = capabilities.json().path("bundle_limits");
    return limits.has("max_bytes_per_snapshot_row")
        && limits.has("max_bytes_per_snapshot_chunk")
        && limits.has("max_concurrent_snapshot_builds");
  }

  private Optional<Table> findTable(Map<String, ObjectNode> payloads) {
    Source source = initialised();
    for (JsonNode spec : capabilities.json().path("registered_table_specs")) {
      String name = spec.path("table").asText();
      Table candidate =
          new Table(
              spec.path("schema").asText(),
              name,
              spec.path("sync_key_columns").path(0).asText(),
              payloads.getOrDefault(name, MAPPER.createObjectNode()));
      table = Optional.of(candidate);
      try {
        if (source.push(1, insert(uuid(), 0)).status() == 200) {
          return table;
        }
      } catch (Verdicts.Broken refused) {
        // Another table may take one; what is wrong with pushes shows rule by rule.
      }
    }
    return Optional.empty();
  }

  Table table() {
    return table.orElseThrow(
        () -> new NotTestable("no table takes a row of its key alone; name a payload with --row"));
  }

  String uuid() {
    return newUuid.get();
  }

  boolean anyTokenIsAUser() {
    return headers.keySet().stream().noneMatch("authorization"::equalsIgnoreCase);
  }

  private Source anyone() {
    Map<String, String> own = new LinkedHashMap<>(headers);
    if (anyTokenIsAUser()) {
      own.put("Authorization", "Bearer conformance-" + uuid());
    }
    return new Source(own, "conformance-" + uuid());
  }

  /** A source of a user whom the server has never seen. */
  Source fresh() {
    if (!anyTokenIsAUser()) {
      throw new NotTestable("needs a user the server has never seen");
    }
    return anyone();
  }

  /** A source of a user whose scope is initialised. */
  Source initialised() {
    Source source = anyone();
    source.connect(false).ok();
    return source;
  }

  /** Without any header but the given ones. */
  Source bare(Map<String, String> only) {
    return new Source(only, "");
  }

  ObjectNode row(String op, String key, long base) {
    ObjectNode row =
        MAPPER.createObjectNode().put("schema", table().schema()).put("table", table().name());
    row.putObject("key").put(table().key(), key);
    return row.put("op", op).put("base_row_version", base);
  }

  ObjectNode insert(String key, long base) {
    return withPayload(row("INSERT", key, base), key);
  }

  ObjectNode update(String key, long base) {
    return withPayload(row("UPDATE", key, base), key);
  }

  ObjectNode delete(String key, long base) {
    return row("DELETE", key, base);
  }

  private ObjectNode withPayload(ObjectNode row, String key) {
    row.set("payload", table().payload().deepCopy().put(table().key(), key));
    return row;
  }

  static String requestHash(List<ObjectNode> rows) {
    ArrayNode all = MAPPER.createArrayNode();
    for (int i = 0; i < rows.size(); i++) {
      ObjectNode hashed = rows.get(i).deepCopy();
      hashed.put("base_row_version", rows.get(i).path("base_row_version").asText());
      hashed.put("row_ordinal", Integer.toString(i));
      if (!hashed.has("payload")) {
        hashed.set("payload", NullNode.getInstance());
      }
      all.add(hashed);
    }
    return sha256(canonical(all));
  }

  String bundleHash(JsonNode rows) {
    ArrayNode all = MAPPER.createArrayNode();
    for (JsonNode row : rows) {
      ObjectNode hashed = row.deepCopy();
      if (isJuly()) {
        hashed.put("row_ordinal", Integer.toString(all.size()));
        hashed.put("row_version", row.path("row_version").asText());
      } else {
        hashed.put("row_ordinal", all.size());
      }
      if (!hashed.has("payload")) {
        hashed.set("payload", NullNode.getInstance());
      }
      all.add(hashed);
    }
    String text = canonical(all);
    return sha256(
        isJuly()
            ? text
            : text.replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026")
                .replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029"));
  }

  private static String canonical(JsonNode node) {
    try {
      return new JsonCanonicalizer(MAPPER.writeValueAsString(node)).getEncodedString();
    } catch (IOException e) {
      throw new UncheckedIOException("JSON without canonical form", e);
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** One writer of one user. */
  final class Source {
    private final Map<String, String> user;
    final String id;

    private Source(Map<String, String> user, String id) {
      this.user = user;
      this.id = id;
    }

    /** Another writer of the same user. */
    Source sibling() {
      return new Source(user, "conformance-" + uuid());
    }

    Source named(String source) {
      return new Source(user, source);
    }

    Answer get(String path) {
      return send("GET", "sync/" + path, "");
    }

    Answer post(String path, String body) {
      return send("POST", "sync/" + path, body);
    }

    Answer delete(String path) {
      return send("DELETE", "sync/" + path, "");
    }

    Answer send(String method, String path, String body) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(base + path))
              .timeout(PATIENCE)
              .header("Content-Type", "application/json")
              .method(
                  method,
                  body.isEmpty() && !method.equals("POST")
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body));
      user.forEach(request::header);
      if (!id.isEmpty()) {
        request.header("Oversync-Source-ID", id);
      }
      try {
        HttpResponse<String> response =
            http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Answer(
            label(method, path),
            response.statusCode(),
            response.headers().firstValue("content-type").orElse("").toLowerCase(Locale.ROOT),
            response.body(),
            json(response.body()));
      } catch (IOException e) {
        throw new Verdicts.Broken(label(method, path) + " failed: " + e.getClass().getSimpleName());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new NotTestable("interrupted");
      }
    }

    /** The first lines of an event stream, which is then left. */
    List<String> watch(String query, int lines) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(base + "sync/watch" + query))
              .header("Oversync-Source-ID", id);
      user.forEach(request::header);
      try {
        HttpResponse<java.io.InputStream> response =
            http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        Verdicts.require(
            response.statusCode() == 200
                && response
                    .headers()
                    .firstValue("content-type")
                    .orElse("")
                    .startsWith("text/event-stream"),
            "GET sync/watch answered " + response.statusCode() + " without an event stream");
        List<String> read = new ArrayList<>();
        try (java.io.BufferedReader reader =
            new java.io.BufferedReader(
                new java.io.InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
          while (read.size() < lines) {
            String line = reader.readLine();
            Verdicts.require(line != null, "the event stream ended");
            read.add(line);
          }
        }
        return read;
      } catch (IOException e) {
        throw new Verdicts.Broken("GET sync/watch failed: " + e.getClass().getSimpleName());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new NotTestable("interrupted");
      }
    }

    Answer connect(boolean pending) {
      return post("connect", "{\"has_local_pending_rows\":" + pending + "}");
    }

    Answer create(long bundleId, long planned, String hash, String lease) {
      ObjectNode body =
          MAPPER
              .createObjectNode()
              .put("source_bundle_id", bundleId)
              .put("planned_row_count", planned)
              .put("canonical_request_hash", hash);
      if (!lease.isEmpty()) {
        body.put("initialization_id", lease);
      }
      return post("push-sessions", body.toString());
    }

    Answer create(long bundleId, long planned) {
      return create(bundleId, planned, "0".repeat(64), "");
    }

    Answer chunk(String pushId, long start, ObjectNode... rows) {
      ObjectNode body = MAPPER.createObjectNode().put("start_row_ordinal", start);
      body.putArray("rows").addAll(List.of(rows));
      return post("push-sessions/" + pushId + "/chunks", body.toString());
    }

    Answer commit(String pushId) {
      return post("push-sessions/" + pushId + "/commit", "");
    }

    String stage(long bundleId, ObjectNode... rows) {
      String pushId =
          create(bundleId, rows.length, requestHash(List.of(rows)), "").ok().string("push_id");
      chunk(pushId, 0, rows).ok();
      return pushId;
    }

    Answer push(long bundleId, ObjectNode... rows) {
      return commit(stage(bundleId, rows));
    }

    Answer replace(String previous, String next) {
      ObjectNode body = MAPPER.createObjectNode();
      body.putObject("source_replacement")
          .put("previous_source_id", previous)
          .put("new_source_id", next)
          .put("reason", "history_pruned");
      return post("snapshot-sessions", body.toString());
    }
  }

  private static String label(String method, String path) {
    return method
        + " "
        + path.replaceAll("\\?.*", "").replaceAll("(sessions|bundles)/[^/]*", "$1/*");
  }

  private static JsonNode json(String text) {
    try {
      JsonNode read = MAPPER.readTree(text);
      return read == null ? MissingNode.getInstance() : read;
    } catch (IOException none) {
      return MissingNode.getInstance();
    }
  }
}
