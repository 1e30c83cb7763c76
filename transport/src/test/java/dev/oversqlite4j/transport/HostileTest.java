package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.RefusedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Answers of a server that is broken or hostile, generated for every endpoint. Members that are
 * missing, doubled, of another type or out of range are {@link ResponseTest}'s.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileTest {
  private static final long KIB = 1024;

  static List<Wire.Call> calls() {
    return Wire.CALLS;
  }

  /** A complete HTTP answer whose JSON ends anywhere: never accepted, and no network failure. */
  @ParameterizedTest
  @MethodSource("calls")
  void truncatedAtEveryByte(Wire.Call call) {
    byte[] whole = call.answer().strip().getBytes(StandardCharsets.UTF_8);
    try (Wire wire = new Wire()) {
      for (int length = 0; length < whole.length; length++) {
        wire.always(Arrays.copyOf(whole, length));
        assertThrows(
            RemoteResponseDecodeException.class, () -> call.run().accept(wire.server), "" + length);
      }
    }
  }

  /** The connection ends before the announced length: a network failure, also while parsing. */
  @ParameterizedTest
  @MethodSource("calls")
  void cutInTheMiddle(Wire.Call call) {
    try (Wire wire = new Wire()) {
      for (int attempt = 0; attempt < 3; attempt++) {
        wire.answer(
            new MockResponse.Builder()
                .body(call.answer())
                .onResponseBody(SocketEffect.ShutdownConnection.INSTANCE));
      }
      assertThrows(TransientRetryExhaustedException.class, () -> call.run().accept(wire.server));
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void slowBodiesEndWithTheReadTimeout(Wire.Call call) {
    try (Wire wire = new Wire(app -> app.readTimeout(java.time.Duration.ofMillis(100)))) {
      for (int attempt = 0; attempt < 3; attempt++) {
        wire.answer(
            new MockResponse.Builder().body(call.answer()).throttleBody(4, 1, TimeUnit.HOURS));
      }
      assertThrows(TransientRetryExhaustedException.class, () -> call.run().accept(wire.server));
    }
  }

  /** Whatever another endpoint would answer. */
  @ParameterizedTest
  @MethodSource("calls")
  void theAnswerOfAnotherEndpoint(Wire.Call call) {
    try (Wire wire = new Wire()) {
      for (Wire.Call other : Wire.CALLS) {
        boolean sameShape =
            call.name().startsWith("create:") && other.name().startsWith("create:")
                || call.name().equals("commit") && other.answer().startsWith("{\"status\"")
                || call.name().equals("commit") && other.name().equals("committed rows");
        if (call != other && !sameShape) {
          wire.always(200, other.answer());
          assertThrows(
              OversqliteException.class, () -> call.run().accept(wire.server), other.name());
        }
      }
    }
  }

  /** Members that are huge: a long name, a long text, a long number, many members. */
  @ParameterizedTest
  @MethodSource("calls")
  void hugeMembers(Wire.Call call) {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 8_000; i++) {
      many.append("\"m").append(i).append("\":0,");
    }
    List<String> huge = new ArrayList<>();
    huge.add("\"" + "n".repeat(60_000) + "\":0,");
    huge.add("\"x\":" + "9".repeat(20_000) + ",");
    huge.add("\"x\":1e" + "9".repeat(500) + ",");
    huge.add("\"x\":" + "[".repeat(5_000) + "]".repeat(5_000) + ",");
    huge.add("\"x\":\"" + "y".repeat(5_000_000) + "\",");
    huge.add(many.toString());
    try (Wire wire = new Wire()) {
      for (String member : huge) {
        wire.always(200, call.answer().replaceFirst("\\{", "{" + member));
        try {
          call.run().accept(wire.server);
        } catch (OversqliteException | RefusedException documented) {
          assertNotEquals(TransientRetryExhaustedException.class, documented.getClass());
        }
      }
    }
  }

  /** Blanks, a text, rows, members, arrays that never end: read up to a bound, then refused. */
  @Test
  void endlessBodiesAreReadUpToABound() {
    long limit = 4 * KIB * KIB;
    for (String start :
        List.of("", "{\"x\":\"", "{\"rows\":[", "{\"rows\":[" + Wire.ROW_0, "[", "{\"x\":[[")) {
      for (String cycle : List.of(" ", "a", "[],", Wire.ROW_0 + ",", "\"a\":1,")) {
        Endless body = new Endless(start, cycle);
        assertThrows(
            RuntimeException.class,
            () ->
                Json.read(
                    SyncOperation.PULL_BUNDLES,
                    new BoundedStream(
                        body, limit, () -> new BodyTooLargeException(SyncOperation.PULL_BUNDLES)),
                    element ->
                        element.streaming(
                            "rows",
                            row -> {
                              row.whole();
                              return null;
                            })));
        assertTrue(body.read <= limit + 1, start + cycle + " " + body.read);
      }
    }
  }

  /** A bound that follows the heap: what is parsed takes several times what was sent. */
  @Test
  void boundsOfPagesFollowTheHeap() {
    assertEquals(32 * KIB * KIB, Limits.page(2, 6L << 30));
    assertEquals(2 * KIB * KIB, Limits.page(2, 64L << 20));
    assertEquals(8 * KIB * KIB, Limits.page(1, 64L << 20));
  }

  private static final class Endless extends InputStream {
    private final InputStream in;
    private long read;

    Endless(String start, String cycle) {
      byte[] repeated = cycle.repeat(1 + 8192 / cycle.length()).getBytes(StandardCharsets.UTF_8);
      in =
          new SequenceInputStream(
              new ByteArrayInputStream(start.getBytes(StandardCharsets.UTF_8)),
              new InputStream() {
                private int at;

                @Override
                public int read() {
                  return repeated[at++ % repeated.length] & 0xff;
                }

                @Override
                public int read(byte[] target, int offset, int length) {
                  at %= repeated.length;
                  int count = Math.min(length, repeated.length - at);
                  System.arraycopy(repeated, at, target, offset, count);
                  at += count;
                  return count;
                }
              });
    }

    @Override
    public int read() throws IOException {
      read++;
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = in.read(target, offset, length);
      read += Math.max(0, count);
      return count;
    }
  }

  /** Every way to write UTF-8 wrongly, also where a buffer ends. */
  @Test
  void utf8IsCheckedAcrossBuffers() {
    int[][] wrong = {
      {0x80},
      {0xc1, 0xbf},
      {0xe0, 0x9f, 0xbf},
      {0xed, 0xa0, 0x80},
      {0xf0, 0x8f, 0xbf, 0xbf},
      {0xf4, 0x90, 0x80, 0x80},
      {0xf5, 0x80, 0x80, 0x80},
      {0xe2, 0x82},
      {0xff}
    };
    for (int[] sequence : wrong) {
      for (int padding : new int[] {0, 7_998, 7_999, 8_000}) {
        Buffer body = new Buffer().writeUtf8("{\"x\":\"" + "y".repeat(padding));
        for (int b : sequence) {
          body.writeByte(b);
        }
        byte[] bytes = body.writeUtf8("\"}").readByteArray();
        assertThrows(
            RemoteResponseDecodeException.class,
            () -> Json.read(SyncOperation.CONNECT, bytes),
            Arrays.toString(sequence));
      }
    }
  }
}
