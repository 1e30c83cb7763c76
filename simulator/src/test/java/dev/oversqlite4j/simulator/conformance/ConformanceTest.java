package dev.oversqlite4j.simulator.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.conformance.Conformance.Report;
import dev.oversqlite4j.simulator.conformance.Finding.Verdict;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.SocketServer;
import dev.oversqlite4j.simulator.server.State;
import dev.oversqlite4j.simulator.server.WireHandler;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import dev.oversqlite4j.simulator.world.Business;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The kit finds nothing to complain of in the model, and each rule of it that is broken. */
class ConformanceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AtomicInteger ids = new AtomicInteger();

  private String uuid() {
    return String.format("%08x-0000-4000-8000-%012x", 0xc0de, ids.incrementAndGet());
  }

  private ModelServer model(Revision revision) {
    ModelServer model =
        new ModelServer(
            revision,
            Business.APP.serverSchema(),
            ServerLimits.july(),
            () -> 1_800_000_000_000L,
            this::uuid);
    model.offerWatch(State.WatchOffer.ON);
    return model;
  }

  private Report check(WireHandler handler, Map<String, String> headers) {
    return check(handler, headers, number -> true);
  }

  private Report check(
      WireHandler handler, Map<String, String> headers, Predicate<String> numbers) {
    ObjectNode row =
        JSON.createObjectNode().put("label", "<&>").put("count", "7").put("ratio", "0.5");
    try (SocketServer socket = SocketServer.start(handler, 0)) {
      return Conformance.check(
          socket.baseUri().toString(), headers, Map.of("measure", row), this::uuid, numbers);
    }
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void theModelHoldsEveryRule(Revision revision) {
    Report report = check(model(revision), Map.of());
    assertEquals(revision.label(), report.revision());
    assertEquals(List.of(), with(report, Verdict.BROKEN));
    // Exactly what a black box cannot see.
    assertEquals(
        5, report.count(Verdict.NOT_TESTABLE), with(report, Verdict.NOT_TESTABLE).toString());
    assertTrue(
        report.findings().stream()
            .filter(finding -> finding.verdict() == Verdict.INFERRED)
            .allMatch(finding -> finding.detail().equals("seen")));
    assertEquals(
        report.findings().size(),
        report.findings().stream().map(Finding::rule).distinct().count(),
        "a number is given twice");
  }

  @Test
  void aGivenTokenIsTheOnlyUser() {
    Report report = check(model(Revision.JULY_2026), Map.of("Authorization", "Bearer ada"));
    assertEquals(List.of(), with(report, Verdict.BROKEN));
    assertTrue(report.count(Verdict.NOT_TESTABLE) > 5);
  }

  private static List<Finding> with(Report report, Verdict verdict) {
    return report.findings().stream().filter(finding -> finding.verdict() == verdict).toList();
  }

  /** Breaks one rule of a server: sees the request and the right answer, gives another. */
  private interface Fault {
    WireResponse answer(WireRequest request, WireResponse right);
  }

  private static Arguments fault(String rule, String name, Fault fault) {
    return Arguments.of(rule, name, fault);
  }

  /** Answers of one endpoint with this status, edited. */
  private static Fault edit(String path, int status, Consumer<ObjectNode> change) {
    return (request, right) -> {
      if (right.status() != status || !request.path().matches("/syncx?/" + path)) {
        return right;
      }
      ObjectNode body = (ObjectNode) json(right);
      change.accept(body);
      return new WireResponse(
          status, right.headers(), body.toString().getBytes(StandardCharsets.UTF_8));
    };
  }

  /** One error of one endpoint becomes another status or code. */
  private static Fault instead(String path, String code, int status, String other) {
    return (request, right) -> {
      if (!request.path().matches("/sync/" + path)
          || !json(right).path("error").asText().equals(code)) {
        return right;
      }
      return new WireResponse(
          status,
          right.headers(),
          ("{\"error\":\"" + other + "\",\"message\":\"x\"}").getBytes(StandardCharsets.UTF_8));
    };
  }

  private static JsonNode json(WireResponse response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException plain) {
      return JSON.createObjectNode();
    }
  }

  /** Every fault in every revision that has the rule. */
  static Stream<Arguments> faults() {
    return Arrays.stream(Revision.values())
        .flatMap(
            revision ->
                rules()
                    .filter(fault -> isOf(revision, (String) fault.get()[0]))
                    .map(
                        fault ->
                            Arguments.of(
                                revision, fault.get()[0], fault.get()[1], fault.get()[2])));
  }

  private static boolean isOf(Revision revision, String rule) {
    return revision == Revision.JULY_2026
        || !rule.startsWith("6.1") && !Set.of("5.3.a", "4.3.a").contains(rule);
  }

  private static Stream<Arguments> rules() {
    String pushes = "push-sessions";
    String chunks = "push-sessions/[^/]*/chunks";
    String commits = "push-sessions/[^/]*/commit";
    String rows = "committed-bundles/[^/]*/rows";
    String snapshots = "snapshot-sessions";
    String snapshot = "snapshot-sessions/[^/]*";
    return Stream.of(
        fault("1.b", "a source id is not needed", instead("pull", "invalid_request", 409, "x")),
        fault(
            "2.2.a",
            "status says neither",
            edit("status", 200, body -> body.put("status", "fine"))),
        fault(
            "2.1.c",
            "two key columns",
            edit(
                "capabilities",
                200,
                body ->
                    ((ArrayNode) body.at("/registered_table_specs/0/sync_key_columns")).add("x"))),
        fault(
            "6.1.a",
            "a row that fits into no chunk",
            edit(
                "capabilities",
                200,
                body ->
                    ((ObjectNode) body.path("bundle_limits"))
                        .put("max_bytes_per_snapshot_row", 1L << 40))),
        fault(
            "2.3.d",
            "retry at once",
            edit(
                "connect",
                200,
                body -> body.replace("retry_after_seconds", JSON.getNodeFactory().numberNode(0)))),
        fault(
            "2.3.g",
            "a lease where nobody initialises",
            edit("connect", 200, body -> body.put("initialization_id", "x"))),
        fault(
            "2.4.c",
            "no lease expires",
            instead(pushes, "initialization_expired", 409, "initialization_expired")),
        fault(
            "2.4.e",
            "a lease too many",
            instead(pushes, "push_session_invalid", 409, "initialization_stale")),
        fault(
            "2.4.f",
            "gaps are pruned",
            instead(pushes, "source_sequence_out_of_order", 409, "history_pruned")),
        fault(
            "2.4.g", "another plan", edit(pushes, 200, body -> body.put("planned_row_count", 99))),
        fault(
            "2.4.i",
            "another bundle",
            edit(
                pushes,
                200,
                body -> {
                  if (body.has("bundle_seq")) {
                    body.put("bundle_seq", body.path("bundle_seq").asLong() + 1);
                  }
                })),
        fault(
            "5.3.a",
            "no hash in the commit",
            edit(commits, 200, body -> body.remove("canonical_request_hash"))),
        fault(
            "2.5.h",
            "rows may repeat",
            instead(chunks, "push_chunk_invalid", 400, "invalid_request")),
        fault(
            "2.5.i",
            "sessions expire instead",
            instead(chunks, "push_session_not_found", 410, "push_session_expired")),
        fault(
            "2.5.j",
            "chunks may repeat",
            instead(chunks, "push_chunk_out_of_order", 400, "push_chunk_invalid")),
        fault(
            "2.5.l",
            "ordinals from 1",
            edit(chunks, 200, body -> body.put("next_expected_row_ordinal", 9))),
        fault("2.6.c", "no row counted", edit(commits, 200, body -> body.put("row_count", 0))),
        fault(
            "2.6.e",
            "commits expire",
            instead(commits, "push_session_not_found", 410, "push_session_expired")),
        fault(
            "2.6.f",
            "data errors are the client's",
            instead(commits, "push_session_commit_failed", 400, "x")),
        fault(
            "2.6.h",
            "the server's row is kept back",
            edit(commits, 409, body -> ((ObjectNode) body.path("conflict")).remove("server_row"))),
        fault("3.4.b", "INSERT overwrites", instead(commits, "push_conflict", 200, "x")),
        fault("2.8.b", "ordinals from 1", edit(rows, 200, body -> body.put("next_row_ordinal", 7))),
        fault(
            "2.8.d",
            "bundles are pruned",
            instead(rows, "committed_bundle_not_found", 409, "history_pruned")),
        fault(
            "5.2.a",
            "rows changed after the commit",
            edit(rows, 200, body -> ((ObjectNode) body.at("/rows/0/payload")).put("label", "y"))),
        fault(
            "4.3.a",
            "numbers in July",
            edit(rows, 200, body -> ((ObjectNode) body.at("/rows/0/payload")).put("count", 7))),
        fault(
            "2.9.a",
            "no bundles of one's own",
            edit("pull", 200, body -> body.putArray("bundles"))),
        fault("2.9.d", "more for ever", edit("pull", 200, body -> body.put("has_more", true))),
        fault(
            "2.9.e",
            "empty instead of uninitialised",
            instead("pull", "scope_initializing", 409, "scope_uninitialized")),
        fault(
            "2.10.a",
            "frozen at 0",
            edit(snapshots, 200, body -> body.put("snapshot_bundle_seq", 0))),
        fault(
            "2.10.b",
            "unknown members pass",
            instead(snapshots, "snapshot_session_invalid", 200, "x")),
        fault(
            "2.10.e",
            "no successor",
            edit(pushes, 409, body -> body.remove("replaced_by_source_id"))),
        fault(
            "2.11.a",
            "cursors from 0",
            edit(snapshot, 200, body -> body.put("next_row_ordinal", 0))),
        fault(
            "6.1.b",
            "bytes of the payload only",
            edit(snapshot, 200, body -> body.put("byte_count", 3))),
        fault("6.1.c", "an unknown member", edit(snapshot, 200, body -> body.put("server", "x"))),
        fault(
            "6.1.d",
            "any budget will do",
            instead(snapshot, "snapshot_chunk_too_small", 400, "snapshot_chunk_invalid")),
        fault(
            "3.2.a",
            "sessions outlive their lease",
            instead(chunks, "initialization_stale", 404, "push_session_not_found")),
        fault(
            "3.4.g",
            "the last conflict is told",
            edit(
                commits,
                409,
                body -> ((ObjectNode) body.at("/conflict/key")).put("id", "another"))),
        fault(
            "2.9.g",
            "targets are clamped",
            edit("pull", 200, body -> body.put("stable_bundle_seq", 1))),
        fault(
            "2.10.j",
            "the replacement is looked at first",
            instead(snapshots, "scope_uninitialized", 400, "snapshot_session_invalid")),
        fault(
            "2.12.b",
            "sessions are anybody's",
            instead(snapshot, "snapshot_session_forbidden", 404, "snapshot_session_not_found")),
        fault(
            "2.13.b",
            "watch takes anything",
            instead("watch", "invalid_request", 503, "service_unavailable")));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("faults")
  void aBrokenRuleIsReported(Revision revision, String rule, String name, Fault fault) {
    ModelServer model = model(revision);
    WireHandler broken =
        new WireHandler() {
          @Override
          public WireResponse handle(WireRequest request) {
            WireResponse right = model.handle(request);
            boolean setup = request.path().equals("/sync/connect") && !rule.startsWith("2.3");
            return setup ? right : fault.answer(request, right);
          }

          @Override
          public Optional<String> nextHint(String user, long after, long waitMillis)
              throws InterruptedException {
            return model.nextHint(user, after, waitMillis);
          }
        };
    Report report = check(broken, Map.of(), rule::equals);
    Map<String, String> found =
        with(report, Verdict.BROKEN).stream()
            .collect(
                Collectors.toMap(Finding::rule, Finding::detail, (a, b) -> a, LinkedHashMap::new));
    assertTrue(found.containsKey(rule), found.toString());
  }

  /** Nothing a server stores is repeated in a finding. */
  @Test
  void findingsHoldNoData() {
    Report report =
        check(
            new WireHandler() {
              @Override
              public WireResponse handle(WireRequest request) {
                if (request.path().equals("/sync/capabilities")) {
                  return model(Revision.JULY_2026).handle(request);
                }
                return new WireResponse(
                    request.path().equals("/sync/connect") ? 200 : 418,
                    Map.of(),
                    "{\"error\":\"x\",\"row\":\"topsecret\"}".getBytes(StandardCharsets.UTF_8));
              }

              @Override
              public Optional<String> nextHint(String user, long after, long waitMillis) {
                return Optional.empty();
              }
            },
            Map.of());
    assertTrue(report.count(Verdict.BROKEN) > 10);
    assertEquals(
        List.of(),
        report.findings().stream()
            .filter(finding -> finding.detail().contains("topsecret"))
            .toList());
  }
}
