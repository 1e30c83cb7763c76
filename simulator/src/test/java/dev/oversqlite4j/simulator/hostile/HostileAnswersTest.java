package dev.oversqlite4j.simulator.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.simulator.hostile.HostileRig.Point;
import dev.oversqlite4j.simulator.hostile.HostileRig.Prepared;
import dev.oversqlite4j.simulator.hostile.Mutations.Mutation;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.world.Folders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a server answers, the database is left as it was and the caller gets a documented error
 * (property 26); an answer that may be wrong in what nobody reads does what the right one does.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileAnswersTest {

  private static final int CUTS = 8;
  private static final int ALWAYS = Integer.MAX_VALUE;
  private static final byte[] PORTAL =
      ("<!DOCTYPE html><title>Sign in</title>" + Mutations.MARK).getBytes(StandardCharsets.UTF_8);
  private static final int[] STATUSES = {
    201, 204, 206, 302, 400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 429, 500, 501, 502, 503,
    504, 511
  };

  private final Path folder = Folders.createInMemory();

  @AfterEach
  void deleteFiles() {
    Folders.delete(folder);
  }

  static Stream<Arguments> points() {
    return Arrays.stream(Revision.values())
        .flatMap(r -> Arrays.stream(Point.values()).map(p -> Arguments.of(r, p)));
  }

  /** What a server may claim and nobody can check: data, and what only a later answer belies. */
  private static boolean believable(Point point, String path) {
    return path.matches(
        switch (point) {
          // In June, a stable bundle below ours says that the server lost history.
          case PULL -> "/bundles/0(/rows.*)?|/stable_bundle_seq";
          case SNAPSHOT_CHUNK -> "/rows/0/(payload/.*|row_version)";
          case CONFLICT -> "/conflict/(server_row|base_row_version).*";
          case RETIRED -> "/replaced_by_source_id";
          case COMMIT, CREATE_COMMITTED -> "/bundle_(hash|seq)";
          case CONNECT_WITH_ROWS -> "/initialization_id";
          default -> "never";
        });
  }

  @ParameterizedTest
  @MethodSource("points")
  void membersThatAreMissingDoubledOfAnotherTypeOutOfRangeOrHuge(Revision revision, Point point) {
    try (Prepared prepared = new HostileRig(folder, revision).prepare(point)) {
      Reply right = prepared.right();
      int refused = 0;
      List<Mutation> all = Mutations.of(right.body());
      // The revisions take turns: most members are read by the same code.
      for (int i = revision.ordinal(); i < all.size(); i += Revision.values().length) {
        Mutation wrong = all.get(i);
        Reply answer = new Reply(right.status(), right.headers(), wrong.body());
        boolean believable = believable(point, wrong.path());
        refused += answered(prepared, answer, 1, wrong.toString(), believable) ? 1 : 0;
      }
      assertTrue(refused > 5, "only " + refused + " were refused");
    }
  }

  /** The JSON ends too early, as a whole HTTP answer and as one that breaks off. */
  @ParameterizedTest
  @MethodSource("points")
  void bodiesThatEndTooEarly(Revision revision, Point point) {
    try (Prepared prepared = new HostileRig(folder, revision).prepare(point)) {
      Reply right = prepared.right();
      int length = new String(right.body(), StandardCharsets.UTF_8).stripTrailing().length();
      // Every byte of every answer is cut at where no database is involved.
      for (int end = 0; end < length; end += 1 + length / CUTS) {
        byte[] cut = Arrays.copyOf(right.body(), end);
        assertRefused(prepared, new Reply(right.status(), right.headers(), cut), "up to " + end);
        Map<String, String> longer =
            Map.of("Content-Length", Integer.toString(length), "Connection", "close");
        assertRefused(prepared, new Reply(right.status(), longer, cut), "broken off at " + end);
      }
    }
  }

  /** What proxies, portals and other programs answer. */
  @ParameterizedTest
  @MethodSource("points")
  void answersOfSomethingElse(Revision revision, Point point) {
    Reply other;
    Revision otherRevision =
        revision == Revision.JUNE_2026 ? Revision.JULY_2026 : Revision.JUNE_2026;
    try (Prepared prepared = new HostileRig(folder, otherRevision).prepare(point)) {
      other = prepared.right();
    }
    try (Prepared prepared = new HostileRig(folder, revision).prepare(point)) {
      byte[] right = prepared.right().body();
      // Its ids and hashes are those of another account, too.
      answered(prepared, other, 1, "the other revision", true);
      for (byte[] body : otherBodies(right)) {
        assertRefused(prepared, new Reply(200, Map.of(), body), "another body");
      }
      for (String encoding : List.of("br", "deflate", "gzip", "gzip, gzip", "x")) {
        assertRefused(
            prepared, new Reply(200, Map.of("Content-Encoding", encoding), right), encoding);
      }
      for (int status : STATUSES) {
        // A 500 of a commit is about the rows, and searched for the one to blame (spec 4.4.8).
        if (!(status == 500 && (point == Point.COMMIT || point == Point.CONFLICT))) {
          assertRefused(prepared, new Reply(status, Map.of(), PORTAL), "status " + status);
        }
      }
    }
  }

  /** The rows are right, and not as many, or as long, as the session said. */
  @ParameterizedTest
  @EnumSource(Revision.class)
  void property47TotalsThatAreNotThoseOfTheRows(Revision revision) {
    try (Prepared prepared = new HostileRig(folder, revision).prepare(Point.SNAPSHOT)) {
      Reply right = prepared.right();
      String text = new String(right.body(), StandardCharsets.UTF_8);
      int tried = 0;
      // June's pages name no bytes, so that nobody can add them up.
      for (String total :
          revision == Revision.JUNE_2026
              ? List.of("row_count")
              : List.of("row_count", "byte_count")) {
        for (int more : new int[] {-1, 1}) {
          Matcher declared = Pattern.compile("\"" + total + "\":(\\d+)").matcher(text);
          if (declared.find()) {
            long other = Long.parseLong(declared.group(1)) + more;
            byte[] body =
                declared
                    .replaceFirst("\"" + total + "\":" + other)
                    .getBytes(StandardCharsets.UTF_8);
            Optional<OversqliteException> error =
                prepared.call(new Reply(right.status(), right.headers(), body), ALWAYS);
            String what = total + " " + more;
            assertTrue(error.isPresent(), what);
            assertEquals(prepared.before().get("thing"), prepared.content().get("thing"), what);
            prepared.reset();
            tried++;
          }
        }
      }
      assertNotEquals(prepared.afterwards().get("thing"), prepared.before().get("thing"));
      assertEquals(revision == Revision.JUNE_2026 ? 2 : 4, tried);
    }
  }

  private static List<byte[]> otherBodies(byte[] right) {
    String text = new String(right, StandardCharsets.UTF_8);
    byte[] invalid = text.replaceFirst("\"", "\"\u0001").getBytes(StandardCharsets.UTF_8);
    invalid[text.indexOf('"') + 1] = (byte) 0xff;
    return List.of(
        PORTAL,
        new byte[0],
        invalid,
        "null".getBytes(StandardCharsets.UTF_8),
        "[]".getBytes(StandardCharsets.UTF_8),
        "{}".getBytes(StandardCharsets.UTF_8),
        "{\"error\":\"history_pruned\",\"message\":\"\"}".getBytes(StandardCharsets.UTF_8),
        ("[" + text + "]").getBytes(StandardCharsets.UTF_8),
        (text + text).getBytes(StandardCharsets.UTF_8),
        ("\ufeff" + text).getBytes(StandardCharsets.UTF_8),
        text.getBytes(StandardCharsets.UTF_16LE));
  }

  private static void assertRefused(Prepared prepared, Reply wrong, String what) {
    assertTrue(
        answered(prepared, wrong, ALWAYS, what, false), () -> what + " was taken for an answer");
  }

  /**
   * One wrong answer.
   *
   * @param times how often it is given to a client that tries again
   * @return whether it was refused
   */
  private static boolean answered(
      Prepared prepared, Reply wrong, int times, String what, boolean believable) {
    Optional<OversqliteException> error = prepared.call(wrong, times);
    SortedMap<String, List<String>> after = prepared.content();
    error.ifPresent(e -> assertFalse(text(e).contains(Mutations.MARK), what));
    boolean refused = error.isPresent() && after.equals(prepared.before());
    if (!refused) {
      if (!believable) {
        assertEquals(prepared.afterwards(), after, what);
      }
      prepared.reset();
    }
    return refused;
  }

  private static String text(Throwable error) {
    return error == null ? "" : error + " " + text(error.getCause());
  }
}
