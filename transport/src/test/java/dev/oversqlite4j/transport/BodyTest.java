package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.SnapshotResponseTooLargeException;
import dev.oversqlite4j.SnapshotUnsupportedContentEncodingException;
import dev.oversqlite4j.TransientRetryExhaustedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import mockwebserver3.MockResponse;
import okio.Buffer;
import okio.BufferedSink;
import okio.GzipSink;
import okio.Okio;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How bodies are read: bounded, decompressed, and strictly decoded. */
class BodyTest {
  private static final int KIB = 1024;

  private final Wire wire = new Wire();

  @AfterEach
  void close() {
    wire.close();
  }

  static List<Wire.Call> calls() {
    return Wire.CALLS;
  }

  private void run(String name) {
    Wire.call(name).run().accept(wire.server);
  }

  private void undecodable(String name, byte[] body) {
    wire.answer(body);
    assertThrows(RemoteResponseDecodeException.class, () -> run(name));
  }

  private static MockResponse.Builder gzip(byte[] plain) throws IOException {
    Buffer compressed = new Buffer();
    try (BufferedSink sink = Okio.buffer(new GzipSink(compressed))) {
      sink.write(plain);
    }
    return new MockResponse.Builder().setHeader("Content-Encoding", "gzip").body(compressed);
  }

  private static byte[] padded(String json, int length) {
    byte[] bytes = new byte[length];
    java.util.Arrays.fill(bytes, (byte) ' ');
    byte[] start = json.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(start, 0, bytes, 0, start.length);
    return bytes;
  }

  @Test
  void limitsAreExact() {
    int chunk = 2000 + 10 + 64 * KIB;
    wire.answer(padded(Wire.CONNECT_ANSWER, 64 * KIB));
    run("connect");
    undecodable("connect", padded(Wire.CONNECT_ANSWER, 64 * KIB + 1));
    wire.answer(padded(Wire.CAPABILITIES_ANSWER, 4 * KIB * KIB));
    run("capabilities");
    undecodable("capabilities", padded(Wire.CAPABILITIES_ANSWER, 4 * KIB * KIB + 1));
    wire.answer(padded(Wire.SNAPSHOT_PAGE_ANSWER, chunk));
    run("snapshot page");
    wire.answer(padded(Wire.SNAPSHOT_PAGE_ANSWER, chunk + 1));
    SnapshotResponseTooLargeException e =
        assertThrows(SnapshotResponseTooLargeException.class, () -> run("snapshot page"));
    assertEquals(chunk, e.limit());
  }

  @Test
  void limitsHoldAfterDecompression() throws IOException {
    // 32 MiB of blanks are some 30 KiB compressed.
    wire.answer(gzip(padded(Wire.CONNECT_ANSWER, 32 * KIB * KIB)));
    assertThrows(RemoteResponseDecodeException.class, () -> run("connect"));
    wire.answer(gzip(padded(Wire.SNAPSHOT_ANSWER, 32 * KIB * KIB))).answer(204, "");
    assertThrows(SnapshotResponseTooLargeException.class, () -> run("create snapshot"));
    assertTrue(wire.sleeps.isEmpty());
  }

  @ParameterizedTest
  @MethodSource("calls")
  void gzipIsRead(Wire.Call call) throws IOException {
    wire.answer(gzip(call.answer().getBytes(StandardCharsets.UTF_8)));
    call.run().accept(wire.server);
  }

  @Test
  void gzipThatTheAppAskedForIsReadToo() throws IOException {
    try (Wire asking =
        new Wire(
            app ->
                app.addInterceptor(
                    chain ->
                        chain.proceed(
                            chain
                                .request()
                                .newBuilder()
                                .header("Accept-Encoding", "gzip")
                                .build())))) {
      asking.answer(gzip(Wire.PULL_ANSWER.getBytes(StandardCharsets.UTF_8)));
      Wire.call("pull").run().accept(asking.server);
    }
  }

  @Test
  void gzipThatIsNone() {
    for (int i = 0; i < 3; i++) {
      wire.answer(
          new MockResponse.Builder().setHeader("Content-Encoding", "gzip").body(Wire.PULL_ANSWER));
    }
    assertThrows(TransientRetryExhaustedException.class, () -> run("pull"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "deflate", "gzip, gzip", "zstd"})
  void otherEncodings(String encoding) {
    for (String name : List.of("pull", "commit", "connect")) {
      wire.answer(new MockResponse.Builder().setHeader("Content-Encoding", encoding).body("x"));
      assertThrows(RemoteResponseDecodeException.class, () -> run(name));
    }
    wire.answer(new MockResponse.Builder().setHeader("Content-Encoding", encoding).body("x"));
    assertThrows(SnapshotUnsupportedContentEncodingException.class, () -> run("snapshot page"));
  }

  @Test
  void identityIsNoEncoding() {
    wire.answer(
        new MockResponse.Builder()
            .setHeader("Content-Encoding", "identity")
            .body(Wire.CONNECT_ANSWER));
    run("connect");
  }

  /** A page over its bound is asked for again with fewer items, and so are the pages after it. */
  @Test
  void pagesThatAreTooLongShrink() {
    byte[] tooLong = padded(Wire.PULL_ANSWER, 32 * KIB * KIB + 1);
    wire.answer(tooLong).answer(Wire.PULL_ANSWER).answer(Wire.PULL_ANSWER);
    run("pull");
    wire.server.pull(Wire.SOURCE, 11, OptionalLong.of(12), Wire.IGNORED);
    assertEquals("/api/sync/pull?after_bundle_seq=11&max_bundles=1000", wire.taken().getTarget());
    assertEquals("/api/sync/pull?after_bundle_seq=11&max_bundles=500", wire.taken().getTarget());
    assertEquals(
        "/api/sync/pull?after_bundle_seq=11&max_bundles=500&target_bundle_seq=12",
        wire.taken().getTarget());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "7",
        "{",
        "{}}",
        "{} {}",
        "{}x",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":1e999999999999}",
        "{\"a\":\"\\ud800\"}",
        "{\"\\udc00\":1}",
        "{\"a\":\"\t\"}",
        "\ufeff{}",
        "/* */{}",
        "<html>"
      })
  void notTheJsonWeRead(String body) {
    undecodable("connect", body.getBytes(StandardCharsets.UTF_8));
    undecodable("pull", body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void escapedPairsAreText() {
    wire.answer(Wire.PULL_ANSWER.replace("Tape", "\\ud83d\\ude00"));
    run("pull");
  }

  @Test
  void invalidUtf8() {
    for (int[] bad : new int[][] {{0xff}, {0xc0, 0xaf}, {0xed, 0xa0, 0x80}, {0xe2, 0x82}}) {
      Buffer body = new Buffer().writeUtf8("{\"resolution\":\"");
      for (int b : bad) {
        body.writeByte(b);
      }
      undecodable("connect", body.writeUtf8("\"}").readByteArray());
    }
    undecodable("connect", Wire.CONNECT_ANSWER.getBytes(StandardCharsets.UTF_16));
    undecodable("connect", Wire.CONNECT_ANSWER.getBytes(StandardCharsets.UTF_16LE));
  }

  @Test
  void nestingIsBounded() {
    wire.answer(nested(127));
    run("connect");
    undecodable("connect", nested(128).getBytes(StandardCharsets.UTF_8));
    undecodable("connect", nested(20_000).getBytes(StandardCharsets.UTF_8));
  }

  private static String nested(int arrays) {
    return Wire.CONNECT_ANSWER.replaceFirst(
        "\\{", "{\"x\":" + "[".repeat(arrays) + "]".repeat(arrays) + ",");
  }

  @Test
  void numbersWithManyDigitsInPayloadsAreKept() {
    wire.answer(Wire.PULL_ANSWER.replace("\"3\"", "123456789012345678901234567890.5"));
    assertEquals(
        "123456789012345678901234567890.5",
        Wire.pulledRows(wire.server)
            .get(0)
            .payload()
            .orElseThrow()
            .get("qty")
            .decimalValue()
            .toString());
  }
}
