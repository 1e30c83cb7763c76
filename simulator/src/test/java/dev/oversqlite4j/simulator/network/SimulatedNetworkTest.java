package dev.oversqlite4j.simulator.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.ScriptedSeams;
import dev.oversqlite4j.simulator.seam.SimulatedCrash;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;

class SimulatedNetworkTest {

  private final ScriptedSeams world = new ScriptedSeams();
  private final List<String> served = new ArrayList<>();
  private Thread servedOn;

  private final HttpHandler echo =
      (method, target, headers, body) -> {
        servedOn = Thread.currentThread();
        served.add(method + " " + target);
        return new Reply(200, Map.of("Content-Type", "text/plain", "X-A", "1"), body);
      };

  @Test
  void twoHundredRequestsShareOneConnection() throws IOException {
    OkHttpClient client = network(echo, world).newClient();
    for (int i = 0; i < 200; i++) {
      assertEquals("body " + i, call(client, post("/sync/push-sessions/" + i, "body " + i)));
    }
    assertEquals(200, served.size());
    assertEquals(1, client.connectionPool().connectionCount());
    assertEquals(Thread.currentThread(), servedOn);
    assertEquals("reach SEND POST /sync/push-sessions/*", world.met.get(0));
    assertEquals("passed RECEIVE POST /sync/push-sessions/*", world.met.get(1));
    assertEquals(400, world.met.size());
  }

  @Test
  void labelsNameTheEndpointOnly() throws IOException {
    OkHttpClient client = network(echo, world).newClient();
    String id = "0190a5b2-7c1e-7d3f-8a4b-123456789abc";
    call(client, post("/sync/push-sessions/" + id + "/commit?token=secret", ""));
    call(client, post("/v1/rows/12/34/", ""));
    assertEquals("reach SEND POST /sync/push-sessions/*/commit", world.met.get(0));
    assertEquals("reach SEND POST /v1/rows/*/*/", world.met.get(2));
    assertEquals(
        List.of("POST /sync/push-sessions/" + id + "/commit?token=secret", "POST /v1/rows/12/34/"),
        served);
  }

  @Test
  void chunkedAndLargeBodiesArriveWhole() throws IOException {
    byte[] large = new byte[300_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31);
    }
    OkHttpClient client = network(echo, world).newClient();
    for (long declared : new long[] {large.length, -1}) {
      RequestBody body =
          new RequestBody() {
            @Override
            public MediaType contentType() {
              return null;
            }

            @Override
            public long contentLength() {
              return declared;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
              sink.write(large);
            }
          };
      try (Response response = client.newCall(request("/x").post(body).build()).execute()) {
        assertArrayEquals(large, response.body().bytes());
      }
    }
    assertEquals(1, client.connectionPool().connectionCount());
  }

  @Test
  void aLostRequestNeverReachesTheServer() throws IOException {
    OkHttpClient client =
        network(echo, world).newClientBuilder().retryOnConnectionFailure(false).build();
    world.fates.add(NetworkFate.DELIVER);
    world.fates.add(NetworkFate.LOSE_REQUEST);
    call(client, post("/first", "1"));
    assertThrows(SocketException.class, () -> call(client, post("/lost", "2")));
    assertEquals("3", call(client, post("/again", "3")));
    assertEquals(List.of("POST /first", "POST /again"), served);
  }

  @Test
  void aLostAnswerComesAfterTheEffect() throws IOException {
    OkHttpClient client =
        network(echo, world).newClientBuilder().retryOnConnectionFailure(false).build();
    world.fates.add(NetworkFate.DELIVER);
    world.fates.add(NetworkFate.LOSE_RESPONSE);
    call(client, post("/first", "1"));
    assertThrows(SocketException.class, () -> call(client, post("/unknown", "2")));
    assertEquals(List.of("POST /first", "POST /unknown"), served);
    assertEquals("passed RECEIVE POST /unknown", world.met.get(3));
  }

  /**
   * With OkHttp's default, {@code retryOnConnectionFailure(true)}, a POST on a pooled connection
   * whose answer is lost is sent again without a word: the server acts twice and the caller sees
   * one 200. On a fresh connection the caller gets the failure. This is why the transport turns the
   * default off.
   */
  @Test
  void okHttpSilentlyResendsOnAPooledConnectionByDefault() throws IOException {
    OkHttpClient client = network(echo, world).newClient();
    world.fates.add(NetworkFate.LOSE_RESPONSE);
    assertThrows(SocketException.class, () -> call(client, post("/fresh", "0")));
    assertEquals(List.of("POST /fresh"), served);

    served.clear();
    call(client, post("/first", "1"));
    world.fates.add(NetworkFate.LOSE_RESPONSE);
    assertEquals("2", call(client, post("/twice", "2")));
    assertEquals(List.of("POST /first", "POST /twice", "POST /twice"), served);
  }

  @Test
  void theAuthenticatorRunsOverTheSeam() throws IOException {
    HttpHandler guarded =
        (method, target, headers, body) -> {
          served.add(String.valueOf(headers.get("authorization")));
          return "Bearer fresh".equals(headers.get("authorization"))
              ? new Reply(200, Map.of(), body)
              : new Reply(401, Map.of("WWW-Authenticate", "Bearer"), new byte[0]);
        };
    OkHttpClient client =
        network(guarded, world)
            .newClientBuilder()
            .authenticator(
                (route, response) ->
                    response.request().newBuilder().header("Authorization", "Bearer fresh").build())
            .build();
    assertEquals("payload", call(client, post("/guarded", "payload")));
    assertEquals(List.of("null", "Bearer fresh"), served);
    assertEquals(1, client.connectionPool().connectionCount());
  }

  @Test
  void aCrashSurfacesAsItselfAndEndsTheNetwork() throws IOException {
    // 1: fresh connection, before the send. 2: before the receive. 3 and 4: on a pooled connection.
    int[] effects = {0, 1, 1, 2};
    for (int crashAt = 1; crashAt <= 4; crashAt++) {
      served.clear();
      ScriptedSeams crashing = new ScriptedSeams(crashAt);
      Incarnation process = new Incarnation(crashing);
      // The default of retrying is the harder case: the client must not retry a crash either.
      OkHttpClient client = new SimulatedNetwork(process, echo).newClient();
      if (crashAt > 2) {
        call(client, post("/first", "1"));
      }
      assertThrows(SimulatedCrash.class, () -> call(client, post("/commit", "2")));
      assertEquals(effects[crashAt - 1], served.size());
      assertTrue(process.isDead());
      assertThrows(SimulatedCrash.class, () -> call(client, post("/finally", "3")));
      assertEquals(effects[crashAt - 1], served.size());
      assertEquals(crashAt, crashing.met.size());
    }
  }

  @Test
  void aPooledConnectionOfADeadProcessIsDeadToo() throws IOException {
    Incarnation process = new Incarnation(world);
    OkHttpClient client = new SimulatedNetwork(process, echo).newClient();
    call(client, post("/first", "1"));
    process.die();
    assertThrows(SimulatedCrash.class, () -> call(client, post("/second", "2")));
    assertEquals(1, served.size());
  }

  @Test
  void anAnswerMayBreakOffOrEndTheConnection() throws IOException {
    List<Reply> replies =
        List.of(
            new Reply(200, Map.of("content-length", "10"), new byte[3]),
            new Reply(200, Map.of("Connection", "close"), new byte[] {'o', 'k'}),
            new Reply(204, Map.of(), new byte[0]));
    OkHttpClient client =
        network((method, target, headers, body) -> replies.get(served.size()), world).newClient();
    IOException broken = assertThrows(IOException.class, () -> call(client, post("/cut", "")));
    assertTrue(broken.getMessage().contains("unexpected end of stream"), broken::getMessage);
    served.add("cut");
    assertEquals("ok", call(client, post("/close", "")));
    assertEquals(0, client.connectionPool().connectionCount());
    served.add("close");
    assertEquals("", call(client, post("/empty", "")));
    assertEquals(1, client.connectionPool().connectionCount());
  }

  @Test
  void theTraceIsEqualAcrossRunsAndSeesOneByte() throws IOException {
    String one = traced("answer", Map.of("A", "1", "B", "2", "C", "3"));
    assertEquals(one, traced("answer", Map.of("C", "3", "B", "2", "A", "1")));
    assertNotEquals(one, traced("answes", Map.of("A", "1", "B", "2", "C", "3")));
  }

  private static String traced(String answer, Map<String, String> headers) throws IOException {
    ScriptedSeams world = new ScriptedSeams();
    byte[] body = answer.getBytes(StandardCharsets.UTF_8);
    OkHttpClient client =
        network((method, target, names, sent) -> new Reply(200, headers, body), world).newClient();
    call(client, post("/a", "x"));
    call(client, post("/b", "y"));
    return world.trace.hex();
  }

  @Test
  void nothingLeavesThisProcess() throws IOException {
    OkHttpClient client = network(echo, world).newClient();
    Request elsewhere = new Request.Builder().url("http://no.such.host.invalid/x").build();
    assertEquals("", call(client, elsewhere));
    assertFalse(served.isEmpty());
  }

  private static SimulatedNetwork network(HttpHandler server, ScriptedSeams world) {
    return new SimulatedNetwork(new Incarnation(world), server);
  }

  private static Request.Builder request(String target) {
    return new Request.Builder().url("http://sync.example" + target);
  }

  private static Request post(String target, String body) {
    return request(target).post(RequestBody.create(body, null)).build();
  }

  private static String call(OkHttpClient client, Request request) throws IOException {
    try (Response response = client.newCall(request).execute()) {
      return response.body().string();
    }
  }
}
