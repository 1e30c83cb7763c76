package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

class SocketServerTest {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private HttpRequest.Builder request(URI base, String target) {
    return HttpRequest.newBuilder(base.resolve(target))
        .header("Authorization", "Bearer ann")
        .header("Oversync-Source-ID", "tablet-1");
  }

  private HttpResponse<String> post(URI base, String target, String body) throws Exception {
    return http.send(
        request(base, target).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aWholePushOverARealSocket() throws Exception {
    Rig rig = new Rig();
    URI base;
    try (SocketServer socket = SocketServer.start(rig.server, 0)) {
      base = socket.baseUri();
      assertEquals(200, post(base, "sync/connect", "{}").statusCode());
      List<ObjectNode> rows = List.of(Rig.insertGadget(1, "Reel é"));
      ObjectNode create =
          Json.object()
              .put("source_bundle_id", 1)
              .put("planned_row_count", 1)
              .put("canonical_request_hash", Rig.hash(rows));
      String pushId =
          Json.parse(post(base, "sync/push-sessions", create.toString()).body())
              .path("push_id")
              .asText();
      ObjectNode chunk = Json.object().put("start_row_ordinal", 0);
      chunk.putArray("rows").addAll(rows);
      // Every character escaped: the server decodes path ids.
      String encoded = pushId.replace("-", "%2D");
      assertEquals(
          200,
          post(base, "sync/push-sessions/" + encoded + "/chunks", chunk.toString()).statusCode());
      HttpResponse<String> committed = post(base, "sync/push-sessions/" + pushId + "/commit", "");
      assertEquals("application/json", committed.headers().firstValue("content-type").orElse(""));
      assertEquals(1, Json.parse(committed.body()).path("bundle_seq").asLong());
      HttpResponse<String> pull =
          http.send(
              request(base, "sync/pull?after_bundle_seq=%30&max_bundles=1").build(),
              HttpResponse.BodyHandlers.ofString());
      assertTrue(pull.body().contains("Reel é"), pull.body());

      String snapshotId =
          Json.parse(post(base, "sync/snapshot-sessions", "").body()).path("snapshot_id").asText();
      HttpResponse<String> deleted =
          http.send(
              request(base, "sync/snapshot-sessions/" + snapshotId).DELETE().build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(204, deleted.statusCode());
      assertEquals("", deleted.body());
      assertEquals(404, post(base, "other", "{}").statusCode());
    }
    assertThrows(ConnectException.class, () -> post(base, "sync/connect", "{}"));
  }

  /** Spec 2.13: catch-up without source, then hints with it, then a clean end. */
  @Test
  void watchStreamsHintsUntilTheServerCloses() throws Exception {
    Rig rig = new Rig();
    rig.server.offerWatch(State.WatchOffer.ON);
    Rig.Client ann = rig.ready("ann", "tablet-1");
    ann.push(1, Rig.insertGadget(1, "x")).ok();
    try (SocketServer socket = SocketServer.start(rig.server, 0)) {
      HttpResponse<java.io.InputStream> watch =
          http.send(
              request(socket.baseUri(), "sync/watch").build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertEquals("text/event-stream", watch.headers().firstValue("content-type").orElse(""));
      try (java.io.BufferedReader lines =
          new java.io.BufferedReader(new java.io.InputStreamReader(watch.body()))) {
        assertEquals("event: bundle", lines.readLine());
        assertEquals("data: {\"bundle_seq\":1}", lines.readLine());
        assertEquals("", lines.readLine());
        ann.push(2, Rig.insertGadget(2, "x")).ok();
        assertEquals("event: bundle", lines.readLine());
        assertEquals(
            "data: {\"bundle_seq\":2,\"source_id\":\"tablet-1\",\"source_bundle_id\":2}",
            lines.readLine());
        assertEquals("", lines.readLine());
        socket.close();
        assertEquals(null, lines.readLine());
      }
    }
  }
}
